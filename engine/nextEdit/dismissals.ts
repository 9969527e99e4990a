/**
 * What the user turned away: nothing of the same rule comes again, and nothing else on the same line as long as it
 * stays what it was.
 */
import type { Proposal } from "./proposal.ts";

/** So many are remembered, the latest ones. */
const MOST = 500;

type Dismissed = Pick<Proposal, "rule" | "uri" | "line">;

export class Dismissals {
  readonly #rules = new Set<string>();
  readonly #lines = new Set<string>();

  add(proposal: Dismissed): void {
    this.addRule(proposal.rule);
    remember(this.#lines, keyOf(proposal));
  }

  addRule(rule: string): void {
    remember(this.#rules, rule);
  }

  has(proposal: Dismissed): boolean {
    return this.#rules.has(proposal.rule) || this.#lines.has(keyOf(proposal));
  }
}

function keyOf({ uri, line }: Dismissed): string {
  return `${uri}\0${line}`;
}

function remember(set: Set<string>, key: string): void {
  set.delete(key);
  set.add(key);
  if (set.size <= MOST) return;
  const [oldest] = set;
  if (oldest !== undefined) set.delete(oldest);
}
