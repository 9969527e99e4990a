/** The outcomes of the requests since activation: for the status item, the log, and the API that tests use. */
import type { CompleteResult, CompletionTimings } from "../../engine/protocol/completion.ts";
import type { SternaApi } from "../api.ts";
import type { Silence } from "./silenceSentences.ts";

export class RequestHistory {
  readonly counts: ReturnType<SternaApi["counts"]> = { shown: 0, accepted: 0, silent: {} };
  lastTimings: CompletionTimings | undefined;
  lastSilence: Silence | undefined;
  lastShown: ReturnType<SternaApi["lastShown"]>;

  answered(result: CompleteResult, uri: string): void {
    if (result.kind === "shown") {
      this.lastShown = { uri, text: result.text, source: result.source };
      this.counts.shown++;
      this.lastSilence = undefined;
    } else {
      if (result.reason !== "cancelled") this.lastShown = undefined;
      this.silent(result.reason);
    }
    if (result.timings !== undefined && result.timings.promptTokens > 0) {
      this.lastTimings = result.timings;
    }
  }

  silent(reason: Silence): void {
    this.lastSilence = reason;
    this.counts.silent[reason] = (this.counts.silent[reason] ?? 0) + 1;
  }
}
