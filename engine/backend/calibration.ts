/**
 * How fast this machine computes prompts with the loaded model, measured.
 */
import { type GenerateResult, GREEDY, type NativeModel, Priority } from "../native.ts";
import { affordablePrompt } from "../prompt/budget.ts";

/** Shorter runs measure the overhead rather than the speed. */
const FEWEST_TOKENS = 16;
/** Weight of a new figure. Other programs come and go: the last few prompts tell what the next one will cost. */
const WEIGHT = 0.2;
const CALIBRATION_TOKENS = 64;

export class PrefillSpeed {
  #tokensPerSecond: number;
  #promptTokens: number;
  readonly #learns: boolean;

  /**
   * @param tokensPerSecond until something was measured.
   * @param learns false: for good, whatever is measured.
   */
  constructor(tokensPerSecond: number, learns = true) {
    this.#tokensPerSecond = tokensPerSecond;
    this.#learns = learns;
    this.#promptTokens = affordablePrompt(tokensPerSecond);
  }

  get tokensPerSecond(): number {
    return this.#tokensPerSecond;
  }

  /** Tokens that a completion's prompt may have. Changes rarely: every change costs a cold prompt. */
  get promptTokens(): number {
    return this.#promptTokens;
  }

  /** Learns from a request that has run. */
  observe({ prefilledTokens, prefillMs }: Pick<GenerateResult, "prefilledTokens" | "prefillMs">): void {
    if (!this.#learns || prefilledTokens < FEWEST_TOKENS || !(prefillMs > 0)) {
      return;
    }
    const measured = (1000 * prefilledTokens) / prefillMs;
    this.#tokensPerSecond += WEIGHT * (measured - this.#tokensPerSecond);
    this.#promptTokens = affordablePrompt(this.#tokensPerSecond, this.#promptTokens);
  }
}

/** Measures a freshly loaded model: one short prompt to warm up, one to measure. Leaves the cache empty. */
export async function calibrate(model: NativeModel): Promise<PrefillSpeed> {
  const run = (first: number) =>
    model.generate({
      // Any tokens do: the arithmetic does not depend on them.
      tokens: Uint32Array.from({ length: CALIBRATION_TOKENS }, (_, i) => (first + i) % model.config.vocabSize),
      maxTokens: 0,
      sampling: GREEDY,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.inline,
    }).done;
  await run(0);
  const { prefilledTokens, prefillMs } = await run(1);
  model.clearCache();
  return new PrefillSpeed(prefillMs > 0 ? (1000 * prefilledTokens) / prefillMs : Number.MAX_SAFE_INTEGER);
}
