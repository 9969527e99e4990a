/**
 * What the user turned away: nothing of the same rule comes again, and nothing else at the same place as long as it
 * and the lines beside it stay what they were.
 */
import type { Proposal } from "./proposal.ts";

/** So many are remembered, the latest ones. */
const MOST = 500;

type Dismissed = Pick<Proposal, "rule" | "uri" | "place">;

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

  has(proposal: Dismissed): boolean {
    return this.#rules.has(proposal.rule) || this.#places.has(keyOf(proposal));
  }
}

function keyOf({ uri, place }: Dismissed): string {
  return `${uri}\0${place}`;
}

function remember(set: Set<string>, key: string): void {
  set.delete(key);
  set.add(key);
  if (set.size <= MOST) return;
  const [oldest] = set;
  if (oldest !== undefined) set.delete(oldest);
}
