/**
 * What the user has dismissed. No proposal of the same rule comes again, and no other proposal at the same place, as
 * long as its line and the lines above and below it stay the same.
 */
import type { Proposal } from "./proposal.ts";

/** How many rules, and how many places, are remembered; the oldest are forgotten first. */
const MOST = 500;

type Dismissed = Pick<Proposal, "rule" | "uri" | "surroundings">;

export class Dismissals {
  readonly #rules = new Set<string>();
  readonly #places = new Set<string>();

  add(proposal: Dismissed): void {
    this.addRule(proposal.rule);
    remember(this.#places, keyOf(proposal));
  }

  addRule(rule: string): void {
    remember(this.#rules, rule);
  }

  hasRule(rule: string): boolean {
    return this.#rules.has(rule);
  }

  has(proposal: Dismissed): boolean {
    return this.#rules.has(proposal.rule) || this.#places.has(keyOf(proposal));
  }
}

function keyOf({ uri, surroundings }: Dismissed): string {
  return `${uri}\0${surroundings}`;
}

function remember(set: Set<string>, key: string): void {
  set.delete(key);
  set.add(key);
  if (set.size <= MOST) return;
  const [oldest] = set;
  if (oldest !== undefined) set.delete(oldest);
}
