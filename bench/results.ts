/** Reads and merges the stored results in bench/results.json, from which RESULTS.md and the picture are made. */
import { readFileSync } from "node:fs";
import type { Report } from "../engine/cli/bench/report.ts";

/** One figure of this engine and of llama.cpp, measured alternately; medians. */
export interface PeerRow {
  threads: number;
  /** "prefill" with the length of the prompt, or "decode" with the length of the context. */
  kind: "prefill" | "decode";
  tokens: number;
  /** The type of the file that llama.cpp reads; absent in results of only TQ2_0. */
  type?: string;
  /** The type of the file that this engine reads, where it is another one. */
  ownType?: string;
  /** Tokens per second. */
  sterna: number;
  llama: number;
  /** The median of the rounds' ratios. */
  ratio: number;
}

interface OwnResults {
  date: string;
  command: string;
  reports: Report[];
}

interface PeerResults {
  date: string;
  command: string;
  version: string;
  rows: PeerRow[];
}

export interface Results {
  machine: string;
  own?: OwnResults;
  peers?: PeerResults;
  /** The shapes of Ternary-Bonsai, with two threads; possibly of another machine than the rest. */
  bonsai?: { machine: string; own?: OwnResults; peers?: PeerResults & { shape: string } };
}

/** Whether a shape's weights have a scale per group, and its results a table of their own. */
export function isBonsai(shape: string): boolean {
  return shape.startsWith("bonsai-");
}

/** The stored results without those of 2B4T of another machine; those of Bonsai have a machine of their own. */
export function readResults(file: string, machine: string): Results {
  const kept = storedResults(file);
  if (kept === undefined) return { machine };
  return kept.machine === machine ? kept : { machine, ...(kept.bonsai && { bonsai: kept.bonsai }) };
}

/** All stored results. */
export function storedResults(file: string): Results | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  return JSON.parse(text) as Results;
}

/** Results with a fresh report of a shape of Bonsai in place of the shape's last one; none of another machine is kept. */
export function withBonsai(results: Results, machine: string, fresh: Partial<Results["bonsai"] & object>): Results {
  const kept = results.bonsai?.machine === machine ? results.bonsai : { machine };
  const shapes = new Set(fresh.own?.reports.map(({ shape }) => shape));
  const reports = [
    ...(kept.own?.reports.filter(({ shape }) => !shapes.has(shape)) ?? []),
    ...(fresh.own?.reports ?? []),
  ];
  const own = fresh.own && { ...fresh.own, reports: reports.sort((a, b) => a.bodyMB - b.bodyMB) };
  return { ...results, bonsai: { ...kept, ...fresh, ...(own && { own }), machine } };
}

/** Replaces the entries with the same number of threads and keeps the others, in ascending order. */
export function merge<T extends { threads: number }>(kept: readonly T[], fresh: readonly T[]): T[] {
  const replaced = new Set(fresh.map(({ threads }) => threads));
  return [...kept.filter(({ threads }) => !replaced.has(threads)), ...fresh].sort((a, b) => a.threads - b.threads);
}
