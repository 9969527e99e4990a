/** What `sterna bench --incremental` found. Milliseconds are those that the caller waits, medians where one number. */
import type { Percentiles } from "../../replay/summary.ts";
import type { RepeatingText } from "./repeating.ts";
import { figure, plainTable, type Table } from "./table.ts";

export interface Beside {
  keystrokes: number;
  firstTokenMs: Percentiles;
  idleFirstTokenMs: Percentiles;
  /** Of the medians, and of the worst keystroke. */
  overIdle: number;
  worstOverIdle: number;
  /** Of the chat request, its text the same: what was given up and done again. */
  workOverUndisturbed: number;
}

export interface IncrementalReport {
  shape: string;
  isa: string;
  threads: number;
  /** Behind 1,000 cached tokens: 8 new ones to the first token. */
  firstTokenMs: number;
  /** A prompt of 8 tokens and nothing else. */
  prefill8Ms: number;
  /** What the engine computes for 8 tokens behind 1,000. */
  prefill8BehindMs: number;
  firstTokenOverPrefill8: number;
  firstTokenOverPrefill8Behind: number;
  /** The same 8 tokens, and 16 of text. */
  text16Ms: number;
  /** One decoded token there. */
  stepMs: number;
  /** Over 8 tokens behind 1,000 and 15 steps. */
  text16OverSteps: number;
  /** A pass over so many tokens, and the head for the last, over a pass over one. */
  passCost: Record<string, number>;
  /** From a cancellation to the start of the next job. */
  cancelDecodeMs: Percentiles;
  cancelPrefillMs: Percentiles;
  besideChat: Beside;
  besidePrefill: Beside;
  /**
   * Speed over that without drafts: of code that repeats itself (a given text, which the model is made to write), of
   * drafts of which 11 of 12 tokens are right, of random text.
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
