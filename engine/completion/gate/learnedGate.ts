/**
 * The gate that was learned from replays of commits: how likely a text is right up to each place where it may be cut, and
 * which cut is worth the most in saved keystrokes.
 */

import { featuresOf } from "./features.ts";
import { type Forest, probabilityOf, scoreOf } from "./forest.ts";
import type { Candidate, Gate } from "./gate.ts";
import type { GateHistory } from "./history.ts";

export interface GatePolicy {
  /** How many keystrokes a wrong character on the screen costs: the higher, the less is shown. */
  price: number;
  /** What became of earlier suggestions. */
  history?: GateHistory;
}

/**
 * A new suggestion must save at least this many keystrokes, after subtracting one for Tab. Ghost text that is already
 * visible may stay even if less is left of it; it then counts as at least END_WORTH saved keystrokes.
 */
const FEWEST_SAVED = 2;
const END_WORTH = 0.5;

/** The probability that a candidate is right up to each place where it may be cut, the shortest part first. */
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
      // Characters that are on the screen already cost nothing more.
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
    if (bestEnd > typed) history?.recordDecision(text.slice(typed, bestEnd), bestProbability);
    return bestEnd;
  };
}

/** Keys that typing a text takes: Enter brings the indentation along. */
export function keysOf(text: string): number {
  return text.trimEnd().replace(/\n[ \t]*/g, "\n").length;
}
