/** Single measurements on a loaded model. */
import { type GenerateResult, GREEDY, type NativeModel, Priority } from "../../native.ts";

/**
 * Token ids for a measurement. The arithmetic does not depend on them. The ids of two seeds differ at every position,
 * so that no prompt finds a prefix of another one in the cache.
 */
export function tokensOf(length: number, vocabSize: number, seed: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => (seed * 104729 + i * 7919) % vocabSize);
}

/** A greedy generation without drafts, with one pass per token, that always runs up to `maxTokens`. */
export async function generate(model: NativeModel, tokens: Uint32Array, maxTokens: number): Promise<GenerateResult> {
  const request = { tokens, maxTokens, sampling: GREEDY, stop: [], stopTokens: new Uint32Array() };
  const result = await model.generate({ ...request, drafts: false, priority: Priority.chat }).done;
  if (result.tokens.length !== maxTokens) {
    throw new Error(`the generation ended after ${result.tokens.length} of ${maxTokens} tokens (${result.reason})`);
  }
  return result;
}

/** Decodes after one context, whose prompt is computed once and then found in the cache. */
export class DecodeContext {
  readonly length: number;
  readonly #model: NativeModel;
  readonly #prompt: Uint32Array;

  /** @param length tokens of context before the first decoded one; 0 counts as the one token that a model needs */
  constructor(model: NativeModel, length: number, seed: number) {
    this.length = length;
    this.#model = model;
    this.#prompt = tokensOf(Math.max(1, length), model.config.vocabSize, seed);
  }

  async fill(): Promise<void> {
    await generate(this.#model, this.#prompt, 0);
  }

  /** Decodes `count` tokens after the context. */
  async decode(count: number): Promise<GenerateResult> {
    const result = await generate(this.#model, this.#prompt, count + 1);
    if (result.prefilledTokens > 1) throw new Error(`the context of ${this.length} tokens has left the cache`);
    return result;
  }

  /** Milliseconds of `count` more tokens after the context, without the output head. */
  async extend(count: number, seed: number): Promise<number> {
    const { vocabSize } = this.#model.config;
    const tokens = new Uint32Array(this.#prompt.length + count);
    tokens.set(this.#prompt);
    tokens.set(tokensOf(count, vocabSize, seed), this.#prompt.length);
    const result = await generate(this.#model, tokens, 0);
    if (result.prefilledTokens !== count) throw new Error(`${result.prefilledTokens} tokens computed, not ${count}`);
    return result.prefillMs;
  }
}
