/** A completion service over a model that says what a test scripts. */
import type { BackendChoice } from "../../../engine/backend/backend.ts";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import type { Clock } from "../../../engine/clock.ts";
import { CompletionService } from "../../../engine/completion/completionService.ts";
import type { CompleteParams, CompleteResult } from "../../../engine/protocol/completion.ts";
import type { CursorPosition } from "../../../engine/protocol/documents.ts";
import { IdleSkippingClock } from "../../../engine/replay/idleSkippingClock.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { FakeModel } from "./fakeModel.ts";
import type { ManualClock } from "./manualClock.ts";

export const URI = "file:///a.ts";

/** By default with a clock that jumps over every wait while nothing is computed. */
export function setup(
  script: (prompt: string) => string,
  {
    usesNgramCache = false,
    clock: manual,
    ...options
  }: ConstructorParameters<typeof FakeModel>[1] & { usesNgramCache?: boolean; clock?: ManualClock } = {},
) {
  const native = new FakeModel(script, options);
  const documents = new Documents();
  const settings = { maxTokens: 24, debounceMs: 5 };
  const speed = new PrefillSpeed(1000);
  const backend = new LocalBackend({ name: "fake", native, speed, ngramCache: usesNgramCache });
  let choice: BackendChoice = { kind: "ready", backend };
  let version = 0;
  const scheduler = new Scheduler(() => jumping.changed());
  const isComputing = () => Object.values(scheduler.load).some(({ running }) => running > 0);
  const jumping = new IdleSkippingClock(isComputing, { computingTakesTime: false });
  const clock: Clock = manual ?? jumping;
  const late: CursorPosition[] = [];
  const service = new CompletionService({
    documents,
    scheduler,
    clock,
    backend: () => choice,
    settings: () => settings,
    onLate: (place) => late.push(place),
  });
  return {
    native,
    /** The places for which the answer was said to be late for the editor's list. */
    late,
    documents,
    service,
    settings,
    clock,
    /** Opens the document with the cursor at ^ and returns the request for that place. */
    requestAt(marked: string, trigger: CompleteParams["trigger"] = "automatic"): CompleteParams {
      const text = marked.replace("^", "");
      documents.open({ uri: URI, path: "a.ts", languageId: "typescript", version: ++version, text });
      return { uri: URI, version, offset: marked.indexOf("^"), trigger };
    },
    withoutModel(why: string): void {
      choice = { kind: "none", reason: why };
    },
  };
}

/** The reason of a silence, or what is shown. */
export function reason(result: CompleteResult): string {
  return result.kind === "silent" ? result.reason : `shown ${result.text}`;
}
