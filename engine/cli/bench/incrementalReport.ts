/**
 * The result of `sterna bench --incremental`. Times are milliseconds that the caller waits; single numbers are medians.
 */
import type { Percentiles } from "../../replay/summary.ts";
import type { RepeatingText } from "./repeating.ts";
import { figure, plainTable, type Table } from "./table.ts";

export interface Beside {
  keystrokes: number;
  firstTokenMs: Percentiles;
  idleFirstTokenMs: Percentiles;
  /** Ratio of the medians, and that of the worst keystroke. */
  overIdle: number;
  worstOverIdle: number;
  /** Work of the chat request divided by that of an undisturbed one with the same text; the excess was done twice. */
  workOverUndisturbed: number;
}

export interface IncrementalReport {
  shape: string;
  isa: string;
  threads: number;
  /** Time to the first token for 8 new tokens after 1,000 cached ones. */
  firstTokenMs: number;
  /** Time to the first token of a prompt of only 8 tokens. */
  prefill8Ms: number;
  /** Time that the engine computes for 8 tokens after 1,000 cached ones. */
  prefill8BehindMs: number;
  firstTokenOverPrefill8: number;
  firstTokenOverPrefill8Behind: number;
  /** Time for the same 8 tokens and 16 generated ones. */
  text16Ms: number;
  /** Time of one decoded token at that context. */
  stepMs: number;
  /** Ratio to the time of 8 tokens after 1,000 plus that of 15 decode steps. */
  text16OverSteps: number;
  /**
   * Time of a pass over this many tokens, with the head for the last one, divided by the time of a pass over one token.
   */
  passCost: Record<string, number>;
  /** Time from a cancellation to the start of the next job. */
  cancelDecodeMs: Percentiles;
  cancelPrefillMs: Percentiles;
  besideChat: Beside;
  besidePrefill: Beside;
  /**
   * Speed with drafts divided by that without: for code that repeats itself (a given text, which the model is made to
   * write), for drafts of which 11 of 12 tokens are right, and for random text.
   */
  drafts: { nearlyRight: number; patternless: number } & Record<RepeatingText, number>;
}

export function incrementalText(report: IncrementalReport): string {
  const name = `Synthetic model of the shape ${report.shape}, ${report.isa}, ${report.threads} threads`;
  return `${name}\n\n${plainTable(incrementalTable(report))}`;
}

export function incrementalTable(r: IncrementalReport): Table {
  const ms = (value: number) => `${figure(value)} ms`;
  const times = (value: number) => `${figure(value)} x`;
  const beside = (what: string, b: Beside) => [
    [`first token while a chat ${what}`, ms(b.firstTokenMs.p50), `${times(b.overIdle)} idle`],
    ["  at worst", "", `${times(b.worstOverIdle)} idle`],
    ["  the chat's computation", "", `${times(b.workOverUndisturbed)} undisturbed`],
  ];
  return {
    head: ["", "measured", "compared"],
    rows: [
      [
        "1,000 tokens cached, 8 new: first token",
        ms(r.firstTokenMs),
        `${times(r.firstTokenOverPrefill8)} 8 tokens alone`,
      ],
      ["", "", `${times(r.firstTokenOverPrefill8Behind)} their computation`],
      ["  16 tokens of text", ms(r.text16Ms), `${times(r.text16OverSteps)} the steps`],
      ...Object.entries(r.passCost).map(([count, cost]) => [`${count} tokens in one pass`, "", `${times(cost)} one`]),
      ["free after a cancellation in decode, p99", ms(r.cancelDecodeMs.p99), ""],
      ["  in a prefill of 2,000 tokens, p99", ms(r.cancelPrefillMs.p99), ""],
      ...beside("writes", r.besideChat),
      ...beside("reads its prompt", r.besidePrefill),
      ["drafts in a given text: a table", "", times(r.drafts.table)],
      ["  in a switch", "", times(r.drafts.switch)],
      ["  in a test file", "", times(r.drafts.testFile)],
      ["drafts of which 11 of 12 tokens are right", "", times(r.drafts.nearlyRight)],
      ["drafts in random text", "", times(r.drafts.patternless)],
    ],
  };
}
