import type { Report } from "../../../engine/cli/bench/report.ts";

const PHASES = { bodyMs: 20, attentionMs: 1, headMs: 12, otherMs: 1, headBytes: 328e6 };

/** A report whose ceilings are 50 tokens/s of decode and 100 of prefill. */
export function report(changes: Partial<Report> = {}): Report {
  return {
    shape: "2b4t",
    isa: "avx2",
    threads: 2,
    readCeilingGBs: 40,
    macPeakGMACs: 200,
    prefill: { "1": 20, "128": 80, "512": 75 },
    batchCost: { "1": 1, "2": 1.25 },
    decode: { "0": 40, "1024": 30 },
    bodyShareOfReadCeiling: 0.9,
    decodeShareOfRoofline: 0.8,
    prefillShareOfPeak: 0.75,
    matmulShareOfPeak: 0.9,
    prefillShares: { "512": { prefill: 0.75, matmul: 0.9 } },
    headMs: 12,
    headF16Ms: 20,
    phases: { "0": PHASES },
    loadMs: 600,
    firstTokenMs: 800,
    peakMemoryMB: 1600,
    peakContext: 2048,
    bodyMB: 500,
    headReadMB: 300,
    bodyMacs: 2e9,
    ...changes,
  };
}
