/**
 * What a replay reports: a row per keystroke, and the figures over all of them.
 */
import type { AnswerSource, SilenceReason } from "../protocol/completion.ts";
import type { Key } from "./script.ts";

export interface Row {
  /** Index of the event in the script; of the last one it stands for when a suggestion was accepted. */
  event: number;
  file: number;
  key: Key | "accept";
  /**
   * What went before: "flow" another keystroke in the same place, "open" a file shown for the first time, "return" a file
   * shown before, with the cursor where it was, "past" arrow keys over closing brackets, "jump" any other move.
   */
  after: "flow" | "open" | "return" | "past" | "jump";
  /** "typed-through": the suggestion of an earlier keystroke still stood there. */
  source: AnswerSource | "none";
  /** Why there was none. */
  reason?: SilenceReason;
  detail?: string;
  promptTokens: number;
  prefilled: number;
  decoded: number;
  /** Tokens guessed for the text, and how many of them were right. */
  drafted: number;
  accepted: number;
  /** Milliseconds from the end of the debounce; undefined when the model was not asked. */
  firstTokenMs?: number;
  /** The same to the answer; undefined when nothing was shown. */
  textMs?: number;
  /** Characters newly shown, and how many of them, from the first on, were what came next. */
  shown: number;
  matched: number;
}

export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

export interface Summary {
  /** Keys pressed, those that accepted a suggestion among them. */
  keystrokes: number;
  /** Keystrokes after which a suggestion stood there. */
  suggestionsShown: number;
  sources: Record<string, number>;
  silences: Record<string, number>;
  prefilledPerKeystroke: Percentiles;
  decodedPerKeystroke: Percentiles;
  firstTokenMs: Percentiles;
  textMs: Percentiles;
  matchedCharacters: number;
  shownCharacters: number;
  /** Keystrokes that accepting saved, and wrong characters shown, per 100 keystrokes of the script. */
  savedPer100: number;
  wrongPer100: number;
  draftedTokens: number;
  acceptedTokens: number;
}

/** @param saved keystrokes of the script that accepted suggestions made needless, less the keys that accepted them. */
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

/** What the answers of one source came to. */
export interface SourceSummary {
  source: string;
  suggestions: number;
  /** Of all suggestions. */
  share: number;
  shown: number;
  matched: number;
  /** Milliseconds to the text, beyond the debounce. */
  p50: number;
  p90: number;
  p95: number;
}

/** By source, the most frequent first. */
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

/** By nearest rank; zeros for an empty list. */
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
