/** Measures how fast this machine computes prompts with the loaded model. */
import { type GenerateResult, GREEDY, type NativeModel, Priority } from "../native.ts";
import { affordablePrompt } from "../prompt/budget.ts";

/** Shorter runs would measure the overhead and not the speed. */
const FEWEST_TOKENS = 16;
/** The weight of a new speed in the running mean. Other programs come and go, so only the last few prompts count. */
const WEIGHT = 0.2;
const CALIBRATION_TOKENS = 64;

export class PrefillSpeed {
  #tokensPerSecond: number;
  #promptTokens: number;
  readonly #learns: boolean;

  /**
   * @param tokensPerSecond the speed until something has been measured.
   * @param learns whether measured speeds change it. Default true.
   */
  constructor(tokensPerSecond: number, learns = true) {
    this.#tokensPerSecond = tokensPerSecond;
    this.#learns = learns;
    this.#promptTokens = affordablePrompt(tokensPerSecond);
  }

  get tokensPerSecond(): number {
    return this.#tokensPerSecond;
  }

  /**
   * The tokens that a completion's prompt may have. It changes rarely, because after every change a prompt has to be
   * computed from its beginning.
   */
  get promptTokens(): number {
    return this.#promptTokens;
  }

  /** Takes the speed of a finished request into account. */
  observe({ prefilledTokens, prefillMs }: Pick<GenerateResult, "prefilledTokens" | "prefillMs">): void {
    if (!this.#learns || prefilledTokens < FEWEST_TOKENS || !(prefillMs > 0)) {
      return;
    }
    const measured = (1000 * prefilledTokens) / prefillMs;
    this.#tokensPerSecond += WEIGHT * (measured - this.#tokensPerSecond);
    this.#promptTokens = affordablePrompt(this.#tokensPerSecond, this.#promptTokens);
  }
}

/** Measures a freshly loaded model with one short prompt to warm up and one to measure. Leaves the cache empty. */
export async function calibrate(model: NativeModel): Promise<PrefillSpeed> {
  const run = (first: number) =>
    model.generate({
      // Any tokens will do, because the arithmetic does not depend on them.
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
