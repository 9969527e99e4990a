/**
 * One keystroke's way from the cursor to a suggestion, or to a named reason for silence.
 */

import type { Clock } from "../clock.ts";
import { type CursorContext, cursorContext } from "../cursor.ts";
import type { Documents } from "../documents.ts";
import type { LoadedModel } from "../model.ts";
import { type GenerateResult, GREEDY, Priority } from "../native.ts";
import type { CompleteParams, CompleteResult, CompletionTimings, CursorPlace, SilenceReason } from "../protocol.ts";
import type { Scheduler } from "../scheduler.ts";
import { postprocess } from "./postprocess/index.ts";
import { Prompts } from "./prompts.ts";
import { debounceFor } from "./timing.ts";
import { Warmer } from "./warming.ts";

/** Rest of the fingers after which the place behind a suggestion is warmed. In the flow of typing it would be wasted. */
const IDLE_MS = 250;
/** The same after a move of the cursor: an arrow key that is held down goes through many places. */
const ARRIVED_MS = 30;

export interface CompletionSettings {
  maxTokens: number;
  debounceMs: number;
  /** Compute prompts ahead of need. Default true. */
  warming?: boolean;
}

export interface CompletionDependencies {
  documents: Documents;
  scheduler: Scheduler;
  clock: Clock;
  /** The loaded model, or the line that says why there is none. */
  model(): LoadedModel | string;
  settings(): CompletionSettings;
}

export class CompletionService {
  readonly #deps: CompletionDependencies;
  readonly #prompts = new Prompts();
  readonly #warmer: Warmer;

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
    this.#warmer = new Warmer(deps.scheduler, deps.clock);
  }

  /** Tokens computed ahead of need so far. */
  get warmedTokens(): number {
    return this.#warmer.tokens;
  }

  /** Forgets what is kept of a document. */
  forget(uri: string): void {
    this.#prompts.forget(uri);
    this.#warmer.cancel(uri);
  }

  /** No document is shown any more. */
  left(): void {
    this.#warmer.cancel();
  }

  /** A document is shown, or the cursor is elsewhere in it: typing is likely to go on there. */
  moved(place: CursorPlace): void {
    const model = this.#deps.model();
    const context = this.#context(place);
    if (typeof model === "string" || typeof context === "string") {
      return;
    }
    const { maxTokens, warming = true } = this.#deps.settings();
    if (!warming) {
      return;
    }
    this.#warmer.warm(
      place.uri,
      model,
      ARRIVED_MS,
      () => this.#prompts.build(place.uri, model, context, maxTokens).tokens,
    );
  }

  /** Never rejects: what goes wrong is a silence with the reason "failed". */
  async complete(params: CompleteParams, signal: AbortSignal): Promise<CompleteResult> {
    const clock = new Stopwatch(this.#deps.clock);
    try {
      return await this.#run(params, signal, clock);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { kind: "silent", reason: "failed", detail, timings: clock.timings() };
    }
  }

  async #run(params: CompleteParams, signal: AbortSignal, clock: Stopwatch): Promise<CompleteResult> {
    const silent = (reason: SilenceReason, detail?: string): CompleteResult => ({
      kind: "silent",
      reason,
      ...(detail === undefined ? {} : { detail }),
      timings: clock.timings(),
    });

    const early = this.#context(params);
    if (typeof early === "string") {
      return silent(early);
    }
    if (params.trigger === "automatic" && /^[\p{L}\p{N}_$]/u.test(early.restOfLine)) {
      return silent("middle-of-word");
    }
    const settings = this.#deps.settings();
    const waited = await this.#deps.clock.wait(debounceFor(params.trigger, settings.debounceMs), signal);
    clock.debounced();
    if (!waited) {
      return silent("cancelled");
    }
    // The text may have changed during the wait.
    const context = this.#context(params);
    if (typeof context === "string") {
      return silent(context);
    }
    const model = this.#deps.model();
    if (typeof model === "string") {
      return silent("not-ready", model);
    }

    const prompt = this.#prompts.build(params.uri, model, context, settings.maxTokens);
    const outcome = await this.#deps.scheduler.inline(
      () =>
        model.native.generate({
          tokens: prompt.tokens,
          maxTokens: settings.maxTokens,
          forcedPrefix: prompt.forced,
          sampling: GREEDY,
          stop: ["\n"],
          stopTokens: prompt.stopTokens,
          priority: Priority.inline,
        }),
      signal,
    );
    if (outcome.result !== undefined) {
      clock.generated(outcome.result);
      model.speed.observe(outcome.result);
      this.#warmer.computed(prompt.tokens.subarray(0, outcome.result.cachedTokens + outcome.result.prefilledTokens));
    }
    if (outcome.kind === "cancelled" || signal.aborted) {
      return silent("cancelled");
    }
    const verdict = postprocess(outcome.result.text.replace(/\r.*$/s, ""), context);
    if (verdict.kind === "drop") {
      return silent(verdict.reason);
    }
    if (settings.warming ?? true) {
      const accepted = insert(context, verdict.suggestion.text);
      this.#warmer.warm(
        params.uri,
        model,
        IDLE_MS,
        () => this.#prompts.build(params.uri, model, accepted, settings.maxTokens).tokens,
      );
    }
    return { kind: "shown", source: "model", ...verdict.suggestion, timings: clock.timings() };
  }

  #context(params: CursorPlace): CursorContext | SilenceReason {
    const lookup = this.#deps.documents.at(params.uri, params.version);
    switch (lookup.kind) {
      case "unknown":
        return "unknown-document";
      case "outdated":
        return "outdated";
      case "found":
        return cursorContext(lookup.document, params.offset);
    }
  }
}

/** The place after the suggestion is accepted. */
function insert(context: CursorContext, text: string): CursorContext {
  return { ...context, prefix: context.prefix + text };
}

/** Collects the timings of one request. */
class Stopwatch {
  readonly #clock: Clock;
  readonly #start: number;
  #debounceMs = 0;
  /** From the end of the debounce to that of the generation. */
  #generationMs = 0;
  #result: GenerateResult | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  debounced(): void {
    this.#debounceMs = this.#clock.now() - this.#start;
  }

  generated(result: GenerateResult): void {
    this.#result = result;
    this.#generationMs = this.#clock.now() - this.#start - this.#debounceMs;
  }

  timings(): CompletionTimings {
    const result = this.#result;
    return {
      totalMs: this.#clock.now() - this.#start,
      debounceMs: this.#debounceMs,
      // What was neither prompt nor text: the wait for the requests before it, and for the engine's turn.
      queueMs: result === undefined ? 0 : Math.max(0, this.#generationMs - result.prefillMs - result.decodeMs),
      prefillMs: result?.prefillMs ?? 0,
      decodeMs: result?.decodeMs ?? 0,
      promptTokens: result?.promptTokens ?? 0,
      cachedTokens: result?.cachedTokens ?? 0,
      prefilledTokens: result?.prefilledTokens ?? 0,
      decodedTokens: result?.decodedTokens ?? 0,
    };
  }
}
