/** Sums up a replay: it has one row for each keystroke, and figures over all of them. */
import type { AnswerSource, SilenceReason } from "../protocol/completion.ts";
import type { Key } from "./script.ts";

export interface Row {
  /** Index of the event in the script; when a suggestion was accepted, of the last event that it replaced. */
  event: number;
  file: number;
  key: Key | "accept";
  /**
   * What preceded the keystroke: "flow" means another keystroke in the same place, "open" a file shown for the first
   * time, "return" a file shown again with the cursor where it was, "past" arrow keys over closing brackets, and "jump"
   * any other move.
   */
  after: "flow" | "open" | "return" | "past" | "jump";
  /** Source of the answer. "typed-through" means that the suggestion of an earlier keystroke was still shown. */
  source: AnswerSource | "none";
  /** Why there was no answer. */
  reason?: SilenceReason;
  detail?: string;
  promptTokens: number;
  prefilled: number;
  decoded: number;
  /** The number of drafted tokens; below, how many of them were right. */
  drafted: number;
  accepted: number;
  /** Milliseconds from the end of the debounce to the first token; undefined when the model was not asked. */
  firstTokenMs?: number;
  /** Milliseconds from the end of the debounce to the answer; undefined when nothing was shown. */
  textMs?: number;
  /** Number of characters newly shown, and how many of them, counted from the first, were typed next. */
  shown: number;
  matched: number;
}

export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

export interface Summary {
  /** Number of keys pressed, including those that accepted a suggestion. */
  keystrokes: number;
  /** Number of keystrokes after which a suggestion was shown. */
  suggestionsShown: number;
  sources: Record<string, number>;
  silences: Record<string, number>;
  prefilledPerKeystroke: Percentiles;
  decodedPerKeystroke: Percentiles;
  firstTokenMs: Percentiles;
  textMs: Percentiles;
  matchedCharacters: number;
  shownCharacters: number;
  /** Keystrokes saved by accepting, and wrong characters shown, per 100 keystrokes of the script. */
  savedPer100: number;
  wrongPer100: number;
  draftedTokens: number;
  acceptedTokens: number;
}

/** @param saved keystrokes of the script that accepted suggestions saved, minus the keys that accepted them. */
export function summarise(rows: readonly Row[], saved: number): Summary {
  const count = (names: (string | undefined)[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const name of names) if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const shown = rows.filter((row) => row.source !== "none");
  const total = (pick: (row: Row) => number) => rows.reduce((sum, row) => sum + pick(row), 0);
  const shownCharacters = total((row) => row.shown);
  const matchedCharacters = total((row) => row.matched);
  const scripted = rows.length + saved;
  const per100 = (value: number) => (scripted === 0 ? 0 : round((100 * value) / scripted));
  return {
    keystrokes: rows.length,
    suggestionsShown: shown.length,
    sources: count(shown.map((row) => row.source)),
    silences: count(rows.map((row) => row.reason)),
    prefilledPerKeystroke: percentiles(rows.map((row) => row.prefilled)),
    decodedPerKeystroke: percentiles(rows.map((row) => row.decoded)),
    firstTokenMs: percentiles(rows.flatMap((row) => row.firstTokenMs ?? [])),
    textMs: percentiles(rows.flatMap((row) => row.textMs ?? [])),
    matchedCharacters,
    shownCharacters,
    savedPer100: per100(saved),
    wrongPer100: per100(shownCharacters - matchedCharacters),
    draftedTokens: total((row) => row.drafted),
    acceptedTokens: total((row) => row.accepted),
  };
}

/**
 * The figures that depend on the speed of the machine: times; drafts, whose number depends on how much time they save;
 * and the cache's memory, because more tokens are decoded when a stop is noticed later.
 */
const BY_SPEED = ["firstTokenMs", "textMs", "drafted", "accepted", "draftedTokens", "acceptedTokens", "cache"] as const;

/** A row or summary without these figures. The rest is the same in every replay in steps. */
export function countsOf<T extends Row | Summary>(figures: T): Omit<T, (typeof BY_SPEED)[number]> {
  const counts: Record<string, unknown> = { ...figures };
  for (const name of BY_SPEED) delete counts[name];
  return counts as Omit<T, (typeof BY_SPEED)[number]>;
}

/** The figures of the answers from one source. */
export interface SourceSummary {
  source: string;
  suggestions: number;
  /** Share of all suggestions. */
  share: number;
  shown: number;
  matched: number;
  /** Milliseconds from the end of the debounce to the text. */
  p50: number;
  p90: number;
  p95: number;
}

/** The figures by source, the most frequent first. */
export function bySource(rows: readonly Row[]): SourceSummary[] {
  const shown = rows.filter((row) => row.source !== "none");
  const sources = [...new Set(shown.map((row) => row.source))].map((source) => {
    const own = shown.filter((row) => row.source === source);
    const total = (pick: (row: Row) => number) => own.reduce((sum, row) => sum + pick(row), 0);
    const times = own.flatMap((row) => row.textMs ?? []);
    return {
      source,
      suggestions: own.length,
      share: own.length / shown.length,
      shown: total((row) => row.shown),
      matched: total((row) => row.matched),
      p50: percentile(times, 0.5),
      p90: percentile(times, 0.9),
      p95: percentile(times, 0.95),
    };
  });
  return sources.sort((a, b) => b.suggestions - a.suggestions);
}

/** Percentiles by nearest rank; zeros for an empty list. */
export function percentiles(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p90: percentile(values, 0.9), p99: percentile(values, 0.99) };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
