/** The timings of one request. */
import type { AnswerStats } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { CompletionTimings } from "../protocol/completion.ts";

export class Stopwatch {
  readonly #clock: Clock;
  readonly #start: number;
  #debounceMs = 0;
  /** Milliseconds from the end of the debounce to the end of the generation. */
  #generationMs = 0;
  #result: AnswerStats | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#start;
  }

  endDebounce(): void {
    this.#debounceMs = this.elapsedMs;
  }

  endGeneration(result: AnswerStats): void {
    this.#result = result;
    this.#generationMs = this.elapsedMs - this.#debounceMs;
  }

  timings(): CompletionTimings {
    const result = this.#result;
    return {
      totalMs: this.elapsedMs,
      debounceMs: this.#debounceMs,
      // The time that is neither prefill nor decoding was spent waiting for earlier requests and for the native runtime.
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
