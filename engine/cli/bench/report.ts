/** The result of a benchmark of one model with one number of threads. */
import type { PhaseTimes } from "../../native.ts";
import { decodeCeiling, prefillCeiling } from "./roofline.ts";
import { figure, percent, plainTable, type Table } from "./table.ts";

export interface Report {
  shape: string;
  /** Name of the kernel set. */
  isa: string;
  threads: number;
  /** Read ceiling of the memory in 10^9 bytes per second. */
  readCeilingGBs: number;
  /** Peak of the kernel set's instruction in 10^9 multiply-adds per second. */
  macPeakGMACs: number;
  /** The same for matrix tiles (AMX), when they are used; shares of the peak still refer to the peak of vectors. */
  tilePeakGMACs?: number;
  /** Tokens per second by prompt length, including one pass of the head. */
  prefill: Record<string, number>;
  /** Time of M tokens after a cached context divided by that of one token, by M; without the head. */
  batchCost: Record<string, number>;
  /** Tokens per second by context length. */
  decode: Record<string, number>;
  /** Bandwidth at which decode reads the ternary matrices, as a share of the read ceiling. */
  bodyShareOfReadCeiling: number;
  /** Decode speed at a short context, as a share of what reading body and head at the read ceiling would give. */
  decodeShareOfRoofline: number;
  /** Multiply-adds per second of a long prefill's ternary matrices, as a share of the peak, over its whole time. */
  prefillShareOfPeak: number;
  /** The same, over only the time of the ternary products. */
  matmulShareOfPeak: number;
  /** Both shares, by prompt length. */
  prefillShares: Record<string, { prefill: number; matmul: number }>;
  /** Milliseconds of the output head per token, and of a scan of the f16 head measured alongside. */
  headMs: number;
  headF16Ms: number;
  /** Milliseconds per decoded token, by context length. */
  phases: Record<string, PhaseTimes>;
  /** Milliseconds to load the model, with the file in the page cache. */
  loadMs: number;
  /** Milliseconds from the start of a process to its first token. */
  firstTokenMs: number;
  /** Peak memory, in 10^6 bytes, of a process that generates after `peakContext` tokens. */
  peakMemoryMB: number;
  peakContext: number;
  bodyMB: number;
  /** Bytes of the output head that are read per token, in 10^6 bytes. */
  headReadMB: number;
  /** Multiply-adds of one token in the body. */
  bodyMacs: number;
}

/** Tokens per second that the ceilings allow. */
export function ceilingsOf(report: Report): { decode: number; prefill: number } {
  return {
    decode: decodeCeiling((report.bodyMB + report.headReadMB) * 1e6, report.readCeilingGBs),
    prefill: prefillCeiling(report.bodyMacs, report.macPeakGMACs),
  };
}

/** One row per figure, with its share of the ceiling where there is one. */
export function reportTable(report: Report): Table {
  const ceilings = ceilingsOf(report);
  const rows: string[][] = [
    ["read ceiling", `${figure(report.readCeilingGBs)} GB/s`, ""],
    ["multiply-add peak", `${figure(report.macPeakGMACs)} GMAC/s`, ""],
    ...(report.tilePeakGMACs === undefined
      ? []
      : [["multiply-add peak of tiles", `${figure(report.tilePeakGMACs)} GMAC/s`, ""]]),
  ];
  for (const [length, rate] of Object.entries(report.prefill)) {
    const share = report.prefillShares[length]?.prefill ?? rate / ceilings.prefill;
    rows.push([`prefill ${length}`, `${figure(rate)} tokens/s`, percent(share)]);
  }
  for (const [length, { matmul }] of Object.entries(report.prefillShares)) {
    rows.push([`prefill ${length}, ternary products alone`, "", percent(matmul)]);
  }
  for (const [count, cost] of Object.entries(report.batchCost)) {
    if (count !== "1") rows.push([`${count} tokens in one pass`, `${figure(cost)} x one`, ""]);
  }
  for (const [length, rate] of Object.entries(report.decode)) {
    rows.push([`decode at context ${length}`, `${figure(rate)} tokens/s`, percent(rate / ceilings.decode)]);
  }
  rows.push(
    ["decode, ternary matrices alone", "", percent(report.bodyShareOfReadCeiling)],
    [
      "output head, per token",
      `${figure(report.headMs)} ms`,
      percent(report.headReadMB / report.headMs / report.readCeilingGBs),
    ],
    ["f16 head in the same run, per token", `${figure(report.headF16Ms)} ms`, ""],
    ["load, page cache warm", `${figure(report.loadMs)} ms`, ""],
    ["process start to first token", `${figure(report.firstTokenMs)} ms`, ""],
    ["body in memory", `${figure(report.bodyMB)} MB`, ""],
    [`peak memory at context ${report.peakContext}`, `${figure(report.peakMemoryMB)} MB`, ""],
  );
  return { head: [`${report.isa}, ${threadsText(report.threads)}`, "measured", "of the ceiling"], rows };
}

export function threadsText(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

export function reportText(report: Report): string {
  return `Synthetic model of the shape ${report.shape}\n\n${plainTable(reportTable(report))}`;
}
