/** The stored results, bench/results.json, from which RESULTS.md and the picture are made. */
import { readFileSync } from "node:fs";
import type { Report } from "../engine/cli/bench/report.ts";

/** One figure of this engine and of llama.cpp, measured alternately; medians. */
export interface PeerRow {
  threads: number;
  /** "prefill" with the length of the prompt, or "decode" with the length of the context. */
  kind: "prefill" | "decode";
  tokens: number;
  /** Tokens per second. */
  sterna: number;
  llama: number;
  /** The median of the rounds' ratios. */
  ratio: number;
}

export interface Results {
  machine: string;
  own?: { date: string; command: string; reports: Report[] };
  peers?: { date: string; command: string; version: string; rows: PeerRow[] };
}

/** The stored results, or none when they are from another machine. */
export function readResults(file: string, machine: string): Results {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { machine };
  }
  const kept = JSON.parse(text) as Results;
  return kept.machine === machine ? kept : { machine };
}

/** Replaces the entries with the same number of threads and keeps the others, in ascending order. */
export function merge<T extends { threads: number }>(kept: readonly T[], fresh: readonly T[]): T[] {
  const replaced = new Set(fresh.map(({ threads }) => threads));
  return [...kept.filter(({ threads }) => !replaced.has(threads)), ...fresh].sort((a, b) => a.threads - b.threads);
}
