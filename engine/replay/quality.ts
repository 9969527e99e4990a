/**
 * What suggestions are worth to somebody who types: keys saved, against wrong characters shown.
 */
import type { Played } from "./player.ts";
import { bySource } from "./summary.ts";

/** Sums over sessions, of which figures are made. */
export interface Tally {
  /** Keystrokes of the script, those that accepting made needless among them. */
  keys: number;
  /** Keystrokes that accepting made needless, less the keys that accepted. */
  saved: number;
  /** Characters newly shown, and how many of them, from the first on, were what came next. */
  shown: number;
  matched: number;
  /** Suggestions that appeared, or grew, and those of which everything new was right. */
  suggestions: number;
  right: number;
  /** Suggestions that were accepted, and their characters. */
  accepted: number;
  kept: number;
  /** By the source of an answer: suggestions that stood there, characters newly shown, and right ones. */
  sources: Record<string, { suggestions: number; shown: number; matched: number }>;
}

export interface Quality {
  keys: number;
  /** Per 100 keys. */
  savedPer100: number;
  wrongPer100: number;
  keptPer100: number;
  acceptedPer100: number;
  /** Share of the characters shown that came next, and of the suggestions of which all was right, in percent. */
  rightCharacters: number;
  rightSuggestions: number;
}

export function emptyTally(): Tally {
  return { keys: 0, saved: 0, shown: 0, matched: 0, suggestions: 0, right: 0, accepted: 0, kept: 0, sources: {} };
}

/** Adds a session to the sums. */
export function addTo(tally: Tally, { rows, saved, accepted, kept }: Played): void {
  tally.keys += rows.length + saved;
  tally.saved += saved;
  tally.accepted += accepted;
  tally.kept += kept;
  for (const { shown, matched } of rows) {
    if (shown <= 0) continue;
    tally.suggestions++;
    tally.shown += shown;
    tally.matched += matched;
    if (matched === shown) tally.right++;
  }
  for (const { source, suggestions, shown, matched } of bySource(rows)) {
    const sum = tally.sources[source] ?? { suggestions: 0, shown: 0, matched: 0 };
    tally.sources[source] = {
      suggestions: sum.suggestions + suggestions,
      shown: sum.shown + shown,
      matched: sum.matched + matched,
    };
  }
}

export function qualityOf(tally: Tally): Quality {
  const per100 = (value: number) => round(tally.keys === 0 ? 0 : (100 * value) / tally.keys);
  const percent = (part: number, whole: number) => round(whole === 0 ? 0 : (100 * part) / whole);
  return {
    keys: tally.keys,
    savedPer100: per100(tally.saved),
    wrongPer100: per100(tally.shown - tally.matched),
    keptPer100: per100(tally.kept),
    acceptedPer100: per100(tally.accepted),
    rightCharacters: percent(tally.matched, tally.shown),
    rightSuggestions: percent(tally.right, tally.suggestions),
  };
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
