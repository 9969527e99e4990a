/**
 * One keystroke's way from the cursor to a suggestion, or to a named reason for silence.
 */

import { type CursorContext, cursorContext } from "../cursor.ts";
import type { Documents } from "../documents.ts";
import type { LoadedModel } from "../model.ts";
import { type GenerateResult, GREEDY, Priority } from "../native.ts";
import { type PromptMemory, promptBudget } from "../prompt/profile.ts";
import type { CompleteParams, CompleteResult, CompletionTimings, SilenceReason } from "../protocol.ts";
import type { Scheduler } from "../scheduler.ts";
import { withoutHeld } from "./held.ts";
import { postprocess } from "./postprocess/index.ts";
import { debounceFor, quiet } from "./timing.ts";

export interface CompletionSettings {
  maxTokens: number;
  debounceMs: number;
}

export interface CompletionDependencies {
  documents: Documents;
  scheduler: Scheduler;
  /** The loaded model, or the line that says why there is none. */
  model(): LoadedModel | string;
  settings(): CompletionSettings;
}

export class CompletionService {
  readonly #deps: CompletionDependencies;
  /** Of the last prompt of each document, so that the next one can append to it. */
  readonly #memory = new Map<string, { model: LoadedModel; memory: PromptMemory }>();

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
  }

  /** Forgets what is kept of a document. */
  forget(uri: string): void {
    this.#memory.delete(uri);
  }

  /** Never rejects: what goes wrong is a silence with the reason "failed". */
  async complete(params: CompleteParams, signal: AbortSignal): Promise<CompleteResult> {
    const clock = new Clock();
    try {
      return await this.#run(params, signal, clock);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { kind: "silent", reason: "failed", detail, timings: clock.timings() };
    }
  }

  async #run(params: CompleteParams, signal: AbortSignal, clock: Clock): Promise<CompleteResult> {
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
    const waited = await quiet(debounceFor(params.trigger, settings.debounceMs), signal);
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

    const prompt = this.#prompt(params.uri, model, context, settings.maxTokens);
    const outcome = await this.#deps.scheduler.inline(
      () =>
        model.native.generate({
          tokens: prompt.tokens,
          maxTokens: settings.maxTokens,
          sampling: GREEDY,
          stop: ["\n"],
          stopTokens: prompt.stopTokens,
          priority: Priority.inline,
        }),
      signal,
    );
    if (outcome.result !== undefined) {
      clock.generated(outcome.result);
    }
    if (outcome.kind === "cancelled" || signal.aborted) {
      return silent("cancelled");
    }
    const text = withoutHeld(outcome.result.text, prompt.held, context.prefix);
    if (text === undefined) {
      return silent("continues-word");
    }
    const verdict = postprocess(text.replace(/\r.*$/s, ""), context);
    if (verdict.kind === "drop") {
      return silent(verdict.reason);
    }
    return { kind: "shown", ...verdict.suggestion, timings: clock.timings() };
  }

  #context(params: CompleteParams): CursorContext | SilenceReason {
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

  #prompt(uri: string, model: LoadedModel, context: CursorContext, maxTokens: number) {
    const kept = this.#memory.get(uri);
    const budget = promptBudget(model.native.config, maxTokens);
    const prompt = model.completion.build(context, budget, kept?.model === model ? kept.memory : undefined);
    this.#memory.set(uri, { model, memory: prompt.memory });
    return prompt;
  }
}

/** Collects the timings of one request. */
class Clock {
  readonly #start = performance.now();
  #debounceMs = 0;
  #result: GenerateResult | undefined;

  debounced(): void {
    this.#debounceMs = performance.now() - this.#start;
  }

  generated(result: GenerateResult): void {
    this.#result = result;
  }

  timings(): CompletionTimings {
    const result = this.#result;
    return {
      totalMs: performance.now() - this.#start,
      debounceMs: this.#debounceMs,
      queueMs: result?.queueMs ?? 0,
      prefillMs: result?.prefillMs ?? 0,
      decodeMs: result?.decodeMs ?? 0,
      promptTokens: result?.promptTokens ?? 0,
      cachedTokens: result?.cachedTokens ?? 0,
      prefilledTokens: result?.prefilledTokens ?? 0,
      decodedTokens: result?.decodedTokens ?? 0,
    };
  }
}
