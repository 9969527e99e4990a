/** One request of the editor, while it is answered. */
import type { CompleteParams, CompleteResult, SilenceReason } from "../protocol/completion.ts";
import type { Stopwatch } from "./stopwatch.ts";

export interface CompletionCall {
  readonly params: CompleteParams;
  readonly signal: AbortSignal;
  readonly watch: Stopwatch;
}

type Silence = Extract<CompleteResult, { kind: "silent" }>;

export function silent({ watch }: CompletionCall, reason: SilenceReason, detail?: string): Silence {
  return { kind: "silent", reason, ...(detail === undefined ? {} : { detail }), timings: watch.timings() };
}
