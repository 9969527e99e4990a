/**
 * The native interface in memory. It says what a script makes of the prompt, in pieces with turns of the event loop
 * between them, obeys stop strings, length and cancellation, and keeps one cached prompt per priority.
 */
import type {
  EndReason,
  GenerateRequest,
  GenerateResult,
  Generation,
  IndexedFile,
  LoadOptions,
  ModelConfig,
  NativeAddon,
  NativeModel,
  NativeNgramIndex,
  NgramIndexStats,
} from "../../../engine/native.ts";
import { commonPrefix, type FakeTokenizer, fimTokenizer } from "./fakeTokenizer.ts";
import type { ManualPace } from "./manualPace.ts";

export interface Job {
  request: GenerateRequest;
  prompt: string;
  /** Tokens generated so far. */
  decoded: number;
  /** How it ended; undefined while it runs. */
  reason: EndReason | undefined;
}

const CONFIG: ModelConfig = {
  vocabSize: 100_000,
  hiddenSize: 256,
  layerCount: 4,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 64,
  ffnSize: 704,
  contextLength: 512,
  tiedHead: true,
};

export class FakeModel implements NativeModel {
  readonly config: ModelConfig;
  readonly kernel = "fake";
  readonly threads = 1;
  readonly memory = { weightBytes: 0, headBytes: 0, kvBytes: 0, kvBudgetBytes: 0 };
  /** Requests for text, in the order in which they came. */
  readonly jobs: Job[] = [];
  /** Requests that only compute a prompt. */
  readonly warmed: Job[] = [];
  closed = false;
  /** The most jobs of one priority that ever ran at the same time. */
  mostAtOnce = 0;
  #running = 0;
  readonly tokenizer: FakeTokenizer;
  readonly #script: (prompt: string) => string;
  readonly #beforeToken: (prompt: string) => Promise<void>;
  readonly #cache = new Map<number, Uint32Array>();

  /**
   * @param script what is generated after a prompt; special tokens in it are shown as <id>.
   * @param pieceMs milliseconds per generated token; may depend on the prompt.
   * @param pace decides when each token comes, in place of pieceMs.
   */
  constructor(
    script: (prompt: string) => string,
    options: {
      tokenizer?: FakeTokenizer;
      pieceMs?: number | ((prompt: string) => number);
      pace?: ManualPace;
      contextLength?: number;
    } = {},
  ) {
    this.#script = script;
    this.tokenizer = options.tokenizer ?? fimTokenizer();
    const { pieceMs = 0, pace } = options;
    const wait = typeof pieceMs === "number" ? () => pieceMs : pieceMs;
    this.#beforeToken = (prompt) => pace?.next() ?? new Promise((resolve) => setTimeout(resolve, wait(prompt)));
    this.config = { ...CONFIG, contextLength: options.contextLength ?? CONFIG.contextLength };
  }

  generate(request: GenerateRequest, onText?: (text: string) => void): Generation {
    if (this.closed) {
      throw new Error("The model is closed.");
    }
    const job: Job = { request, prompt: this.tokenizer.show(request.tokens), decoded: 0, reason: undefined };
    // A freshly loaded model is checked with a prompt of BOS alone.
    const isCheck = request.tokens.length === 1 && request.tokens[0] === this.tokenizer.special.bos;
    if (!isCheck) {
      (request.maxTokens > 0 ? this.jobs : this.warmed).push(job);
    }
    let cancelled = false;
    return {
      cancel: () => {
        cancelled = true;
      },
      done: this.#run(job, onText, () => cancelled),
    };
  }

  async #run(job: Job, onText: ((text: string) => void) | undefined, isCancelled: () => boolean) {
    const { request } = job;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    const cachedTokens = commonPrefix(request.tokens, this.#cache.get(request.priority) ?? new Uint32Array());
    this.#cache.set(request.priority, request.tokens);
    const said = request.maxTokens > 0 ? this.#script(job.prompt) : "";
    const forced = request.forcedPrefix ?? "";
    const whole = said.startsWith(forced) ? said.slice(forced.length) : said;
    const stopAt = Math.min(...request.stop.map((stop) => whole.indexOf(stop)).filter((index) => index >= 0));
    const pieces = this.tokenizer.encode(Number.isFinite(stopAt) ? whole.slice(0, stopAt) : whole);
    let reason: EndReason = Number.isFinite(stopAt) ? "stop-text" : "stop-token";
    let count = 0;
    for (; ; count++) {
      await this.#beforeToken(job.prompt);
      if (isCancelled()) {
        reason = "cancelled";
        break;
      }
      if (count === pieces.length) {
        break;
      }
      if (count === request.maxTokens) {
        reason = "length";
        break;
      }
      job.decoded++;
      onText?.(this.tokenizer.decode(pieces.slice(count, count + 1)));
    }
    this.#running--;
    job.reason = reason;
    const tokens = pieces.slice(0, count);
    const result: GenerateResult = {
      text: this.tokenizer.decode(tokens),
      tokens,
      logits: new Float32Array(),
      probabilities: new Float32Array(Math.min(count, request.ratedTokens ?? 0)).fill(1),
      reason,
      promptTokens: request.tokens.length,
      cachedTokens,
      prefilledTokens: request.tokens.length - cachedTokens,
      decodedTokens: count,
      draftedTokens: 0,
      acceptedTokens: 0,
      queueMs: 0,
      // Like a machine with 1,000 tokens per second.
      prefillMs: request.tokens.length - cachedTokens,
      decodeMs: 0,
      prefillPhases: { bodyMs: 0, attentionMs: 0, headMs: 0, otherMs: 0, headBytes: 0 },
      decodePhases: { bodyMs: 0, attentionMs: 0, headMs: 0, otherMs: 0, headBytes: 0 },
    };
    return result;
  }

  logits(): Promise<Float32Array> {
    return Promise.reject(new Error("The fake has no logits."));
  }

  clearCache(): void {
    this.#cache.clear();
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** An index that remembers the files in it, and nothing of their text. */
export class FakeNgramIndex implements NativeNgramIndex {
  readonly files = new Map<string, { file: IndexedFile; text: string }>();
  /** Characters of text beyond which files are refused. */
  room = Number.POSITIVE_INFINITY;

  reserve(): void {}

  async set(file: IndexedFile, text: string): Promise<boolean> {
    this.files.delete(file.path);
    const used = [...this.files.values()].reduce((sum, other) => sum + other.text.length, 0);
    if (used + text.length > this.room) return false;
    this.files.set(file.path, { file, text });
    return true;
  }

  async remove(path: string): Promise<boolean> {
    return this.files.delete(path);
  }

  async clear(): Promise<boolean> {
    this.files.clear();
    return true;
  }

  async compact(): Promise<boolean> {
    return true;
  }

  stats(): NgramIndexStats {
    const textBytes = [...this.files.values()].reduce((sum, { text }) => sum + text.length, 0);
    return { files: this.files.size, textBytes, indexBytes: 3 * textBytes, staleWords: 0, words: textBytes / 4 };
  }

  measureLookUps(_: IndexedFile, __: string, count: number): Float64Array {
    return new Float64Array(count);
  }
}

/** An addon that loads the given models, one after another. */
export function fakeAddon(load: (path: string, options?: LoadOptions) => NativeModel): NativeAddon {
  return {
    info: () => ({ version: "0", arch: "fake", features: [], kernels: ["scalar"], processors: 1 }),
    selfTest: () => [{ kernel: "scalar", ok: true, detail: "" }],
    measureCeilings: () => Promise.resolve({ readGBs: 0, macGMACs: 0 }),
    createTokenizer: () => fimTokenizer(),
    createNgramIndex: () => new FakeNgramIndex(),
    preferredLayouts: () => ({ layout: "t2", binaryLayout: "t2" }),
    loadModel: async (path, options) => load(path, options),
    confine: () => "",
  };
}
