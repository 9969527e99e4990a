/**
 * The gate that was learned from replays of commits: how likely a text is right up to each place where it may be cut, and
 * which cut is worth the most to somebody who types.
 */

import { featuresOf } from "./features.ts";
import { type Forest, probabilityOf, scoreOf } from "./forest.ts";
import type { Candidate, Gate } from "./gate.ts";
import type { GateHistory } from "./history.ts";

export interface GatePolicy {
  /** Keys that a wrong character on the screen costs: the higher, the more is kept back. */
  price: number;
  /** What became of earlier suggestions. */
  history?: GateHistory;
}

/** What saves less after Tab is not shown, but what is on the screen may be typed to its end. */
const FEWEST_SAVED = 2;
/** Keys that such an end is worth. */
const END_WORTH = 0.5;

/** How likely a candidate is right up to each place where it may be cut, the shortest first. */
export function rate(candidate: Candidate, forest: Forest, bias: number): { end: number; probability: number }[] {
  let least = 1;
  return (candidate.features ?? featuresOf(candidate)).map(({ end, values }) => {
    // A longer text is never likelier than its beginning.
    least = Math.min(least, probabilityOf(scoreOf(forest, values) + bias));
    return { end, probability: least };
  });
}

export function learnedGate(forest: Forest, { price, history }: GatePolicy): Gate {
  return (candidate) => {
    const { text, typed, onScreen } = candidate;
    let best = 0;
    let bestProbability = 0;
    let bestEnd = typed;
    let wrong = 0;
    let from = typed;
    for (const { end, probability } of rate(candidate, forest, history?.bias ?? 0)) {
      // What is on the screen already has been paid for.
      const fresh = end - Math.max(from, typed + onScreen);
      if (fresh > 0) wrong += fresh * (1 - probability);
      from = end;
      const saved = keysOf(text.slice(typed, end)) - 1;
      if (saved < FEWEST_SAVED && end > typed + onScreen) continue;
      const worth = probability * Math.max(saved, END_WORTH) - price * wrong;
      if (worth > best) {
        best = worth;
        bestEnd = end;
        bestProbability = probability;
      }
    }
    if (bestEnd > typed) history?.decided(text.slice(typed, bestEnd), bestProbability);
    return bestEnd;
  };
}

/** Keys that typing a text takes: Enter brings the indentation along. */
export function keysOf(text: string): number {
  return text.trimEnd().replace(/\n[ \t]*/g, "\n").length;
}
