/** Measures what a keystroke costs on top of a cached prompt, also while another request runs. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type GenerateRequest,
  type GenerateResult,
  type Generation,
  GREEDY,
  loadAddon,
  type NativeModel,
  Priority,
} from "../../native.ts";
import { packageRoot } from "../../packageRoot.ts";
import { Random } from "../../replay/random.ts";
import { percentiles } from "../../replay/summary.ts";
import { packOf } from "../loadModel.ts";
import type { Beside, IncrementalReport } from "./incrementalReport.ts";
import type { MeasureOptions } from "./measure.ts";
import { median, significant } from "./median.ts";
import { REPEATING, type RepeatingText, tokensOfText } from "./repeating.ts";
import { tokensOf } from "./runs.ts";
import { syntheticModel } from "./shape.ts";

const CACHED = 1000;
const NEW = 8;
const TEXT = 16;
/** Some of these tokens are cached, so that a cancellation can hit any part of the prefill within a reasonable time. */
const LONG_PROMPT = 2000;
const CHAT_PROMPT = 400;
const CHAT_TEXT = 64;
const CHAT_PREFILL = 1200;
const DRAFTED_TEXT = 36;
/** In a draft that is nearly right, one of this many tokens is wrong. */
const WRONG_EVERY = 12;
/** Most tokens that are generated of a text that repeats itself, after its first third. */
const REPEATED_TEXT = 160;
/** Milliseconds between keystrokes. */
const PAUSE_MS = 60;
const BATCHES = [2, 4, 8];

export async function measureIncremental(options: MeasureOptions): Promise<IncrementalReport> {
  const { shape, threads, kernel, quick } = options;
  const pack = await packOf(await syntheticModel(shape), { kernel });
  const addon = loadAddon(packageRoot());
  const model = await addon.loadModel(pack, { threads, ...(kernel !== undefined && { kernel }) });
  try {
    if (model.config.contextLength < LONG_PROMPT + TEXT) {
      throw new Error(`The context of this shape is ${model.config.contextLength}; ${LONG_PROMPT + TEXT} are needed.`);
    }
    return await new Incremental(model, quick ? 5 : 11).run(shape);
  } finally {
    await model.close();
  }
}

function mapTexts<T, U>(texts: Record<RepeatingText, T>, change: (value: T) => U): Record<RepeatingText, U> {
  return { table: change(texts.table), switch: change(texts.switch), testFile: change(texts.testFile) };
}

class Incremental {
  readonly #model: NativeModel;
  readonly #rounds: number;
  readonly #random = new Random(1);
  readonly #cached: Uint32Array;
  readonly #texts = mapTexts(REPEATING, tokensOfText);
  #seed = 1000;

  constructor(model: NativeModel, rounds: number) {
    this.#model = model;
    this.#rounds = rounds;
    this.#cached = this.#fresh(CACHED);
  }

  async run(shape: string): Promise<IncrementalReport> {
    await this.#done({ tokens: this.#cached, maxTokens: 1 });
    const typed = await this.#typed();
    const cancelDecode = await this.#cancels(20, 60, () => ({ tokens: this.#typing(), maxTokens: 200 }));
    const half = this.#fresh(LONG_PROMPT / 2);
    await this.#done({ tokens: half, maxTokens: 0 });
    const cancelPrefill = await this.#cancels(5, 400, () => ({ tokens: this.#behind(half), maxTokens: 1 }));
    const chat = await this.#beside(CHAT_PROMPT, CHAT_TEXT);
    const prefill = await this.#beside(CHAT_PREFILL, 1);
    return {
      shape,
      isa: this.#model.kernel,
      threads: this.#model.threads,
      ...typed,
      cancelDecodeMs: percentiles(cancelDecode),
      cancelPrefillMs: percentiles(cancelPrefill),
      besideChat: chat,
      besidePrefill: prefill,
      drafts: await this.#drafts(),
    };
  }

  /** Alternates between a keystroke and the measurements that it is compared with. */
  async #typed() {
    const first: number[] = [];
    const text: number[] = [];
    const step: number[] = [];
    const alone: number[] = [];
    const compute: number[] = [];
    const batches: Record<string, number[]> = {};
    for (let round = 0; round < this.#rounds; round++) {
      const one = await this.#timed({ tokens: this.#typing(), maxTokens: 1 });
      first.push(one.ms);
      compute.push(one.result.prefillMs);
      alone.push((await this.#timed({ tokens: this.#fresh(NEW), maxTokens: 1 })).ms);
      const many = await this.#timed({ tokens: this.#typing(), maxTokens: TEXT });
      text.push(many.ms);
      step.push(many.result.decodeMs / many.result.decodedTokens);
      for (const count of [1, ...BATCHES]) {
        const { result } = await this.#timed({ tokens: this.#behind(this.#cached, count), maxTokens: 1 });
        if (result.prefilledTokens !== count) {
          throw new Error(`${result.prefilledTokens} tokens computed, not ${count}`);
        }
        const times = batches[count] ?? [];
        times.push(result.prefillMs);
        batches[count] = times;
      }
    }
    const single = median(batches[1] ?? []);
    return {
      firstTokenMs: significant(median(first)),
      prefill8Ms: significant(median(alone)),
      prefill8BehindMs: significant(median(compute)),
      firstTokenOverPrefill8: significant(median(first) / median(alone)),
      firstTokenOverPrefill8Behind: significant(median(first) / median(compute)),
      text16Ms: significant(median(text)),
      stepMs: significant(median(step)),
      text16OverSteps: significant(median(text) / (median(compute) + (TEXT - 1) * median(step))),
      passCost: Object.fromEntries(
        BATCHES.map((count) => [count, significant(median(batches[count] ?? []) / single, 3)]),
      ),
    };
  }

  /** Milliseconds from a cancellation, `from` to `to` ms after a job's start, to the start of the next job. */
  async #cancels(from: number, to: number, request: () => Partial<GenerateRequest>): Promise<number[]> {
    const waits: number[] = [];
    for (let i = 0; i < 12 * this.#rounds; i++) {
      const running = this.#start(request());
      await sleep(this.#random.between(from, to));
      running.cancel();
      const { queueMs } = await this.#done({ tokens: this.#cached.subarray(0, 2), maxTokens: 1 });
      if ((await running.done).reason === "cancelled") waits.push(queueMs);
    }
    if (waits.length === 0) throw new Error("everything had ended before it was cancelled");
    return waits;
  }

  /** Keystrokes while a chat request with a new prompt runs: how long they wait, and what they cost the request. */
  async #beside(promptTokens: number, maxTokens: number): Promise<Beside> {
    const chat = { tokens: this.#fresh(promptTokens), maxTokens, priority: Priority.chat, drafts: false };
    const idle: number[] = [];
    const busy: number[] = [];
    for (let i = 0; i < 2 * this.#rounds; i++) {
      idle.push((await this.#timed({ tokens: this.#typing(), maxTokens: 1 })).ms);
    }
    let isRunning = true;
    const running = this.#start(chat).done.finally(() => {
      isRunning = false;
    });
    for (;;) {
      await sleep(this.#random.between(60, 300));
      if (!isRunning) break;
      busy.push((await this.#timed({ tokens: this.#typing(), maxTokens: 1 })).ms);
    }
    const disturbed = await running;
    const undisturbed = await this.#done(chat);
    const other = await this.#done({ ...chat, tokens: this.#fresh(promptTokens), maxTokens: 1 });
    if (String(disturbed.tokens) !== String(undisturbed.tokens)) {
      throw new Error("the chat's text differs from the undisturbed one");
    }
    return {
      keystrokes: busy.length,
      firstTokenMs: percentiles(busy),
      idleFirstTokenMs: percentiles(idle),
      overIdle: significant(median(busy) / median(idle), 3),
      worstOverIdle: significant(Math.max(...busy) / median(idle), 3),
      workOverUndisturbed: significant(
        (disturbed.prefillMs + disturbed.decodeMs) / (other.prefillMs + undisturbed.decodeMs),
        3,
      ),
    };
  }

  /**
   * Speed with drafts divided by that without, alternating: for nearly right drafts, and for text without a pattern.
   */
  async #drafts() {
    const nearlyRight: number[] = [];
    const patternless: number[] = [];
    for (let round = 0; round < this.#rounds; round++) {
      const tokens = this.#typing();
      const plain = await this.#timed({ tokens, maxTokens: DRAFTED_TEXT });
      const draft = plain.result.tokens.map((token, i) => (i % WRONG_EVERY === WRONG_EVERY - 1 ? 1 : token));
      const drafted = await this.#timed({ tokens, maxTokens: DRAFTED_TEXT, draft, drafts: true });
      const sampling = { ...GREEDY, temperature: 4, seed: round };
      const random = await this.#timed({ tokens, maxTokens: DRAFTED_TEXT, sampling });
      const randomDrafted = await this.#timed({ tokens, maxTokens: DRAFTED_TEXT, sampling, drafts: true });
      for (const [one, other] of [
        [plain, drafted],
        [random, randomDrafted],
      ] as const) {
        if (String(one.result.tokens) !== String(other.result.tokens)) throw new Error("a draft changed the text");
      }
      nearlyRight.push(plain.ms / drafted.ms);
      patternless.push(random.result.decodeMs / randomDrafted.result.decodeMs);
    }
    const repeating = mapTexts(REPEATING, (): number[] => []);
    for (let round = 0; round < Math.min(3, this.#rounds); round++) {
      for (const name of Object.keys(repeating) as RepeatingText[]) {
        repeating[name].push(await this.#repeating(this.#texts[name]));
      }
    }
    return {
      nearlyRight: significant(median(nearlyRight), 3),
      patternless: significant(median(patternless), 3),
      ...mapTexts(repeating, (gains) => significant(median(gains), 3)),
    };
  }

  /**
   * Speed with drafts divided by that without, when a model continues this text after its first third. The synthetic
   * model would write something else, so it computes every token as usual and then the token of the text is taken. In
   * the first run the engine still learns what a pass costs and which drafts are right; later runs use what it has
   * learnt.
   */
  async #repeating(text: Uint32Array): Promise<number> {
    const start = Math.floor(text.length / 3);
    const script = text.subarray(start, start + REPEATED_TEXT);
    const request = { tokens: Uint32Array.of(...this.#cached, ...text.subarray(0, start)), script };
    const plain = await this.#done({ ...request, maxTokens: script.length });
    const drafted = await this.#done({ ...request, maxTokens: script.length, drafts: true });
    if (String(drafted.tokens) !== String(script)) throw new Error("a draft changed the text");
    return plain.decodeMs / drafted.decodeMs;
  }

  #fresh(length: number): Uint32Array {
    return tokensOf(length, this.#model.config.vocabSize, this.#seed++);
  }

  /** A prompt and what was typed after it. */
  #behind(prompt: Uint32Array, count = prompt.length): Uint32Array {
    return Uint32Array.of(...prompt, ...this.#fresh(count));
  }

  #typing(): Uint32Array {
    return this.#behind(this.#cached, NEW);
  }

  #start(request: Partial<GenerateRequest>): Generation {
    return this.#model.generate({
      tokens: this.#cached,
      maxTokens: 1,
      sampling: GREEDY,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.inline,
      drafts: false,
      ...request,
    });
  }

  #done(request: Partial<GenerateRequest>): Promise<GenerateResult> {
    return this.#start(request).done;
  }

  /** Milliseconds as seen by the caller. */
  async #timed(request: Partial<GenerateRequest>): Promise<{ ms: number; result: GenerateResult }> {
    await sleep(PAUSE_MS);
    const start = performance.now();
    const result = await this.#done(request);
    return { ms: performance.now() - start, result };
  }
}
