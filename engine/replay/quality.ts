/**
 * Measures what suggestions are worth to a person who types: how many keys they save, and how many wrong characters
 * show.
 */
import type { Played } from "./player.ts";
import { bySource } from "./summary.ts";

/** Sums over sessions, from which the figures are computed. */
export interface Tally {
  /** Keystrokes of the script, including those that accepted suggestions saved. */
  keys: number;
  /** Keystrokes that accepted suggestions saved, minus the keys that accepted them. */
  saved: number;
  /** The number of characters newly shown; below, how many of them, counted from the first, were typed next. */
  shown: number;
  matched: number;
  /** The number of suggestions that appeared or grew; below, of those whose new part was completely right. */
  suggestions: number;
  right: number;
  /** The number of accepted suggestions; below, of their characters. */
  accepted: number;
  kept: number;
  /** For each source of answers: suggestions shown, characters newly shown, and right characters. */
  sources: Record<string, { suggestions: number; shown: number; matched: number }>;
}

export interface Quality {
  keys: number;
  /** Keys saved per 100 keys. */
  savedPer100: number;
  wrongPer100: number;
  keptPer100: number;
  acceptedPer100: number;
  /** The percentage of shown characters that were typed next; below, of suggestions that were completely right. */
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
