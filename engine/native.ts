/** The typed interface of the native addon (native/src/addon). Nothing else in the project loads the addon. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { addonAdvice, hasGlibc } from "./machine/addonAdvice.ts";

/** What the addon can do on this machine. */
export interface NativeInfo {
  version: string;
  /** "x64", "arm64", ... as the addon was compiled. */
  arch: string;
  /** The CPU features that the dispatcher looked for and found. */
  features: string[];
  /** Names of the kernel sets that can run here, slowest first; the first is always "scalar". */
  kernels: string[];
  /** The number of logical processors. */
  processors: number;
}

export interface SelfTestResult {
  kernel: string;
  ok: boolean;
  /** Empty when ok, else the first thing that differed. */
  detail: string;
}

/** How a pack stores the ternary matrices; see models/packFormat.ts. */
export type LayoutName = "t2" | "t16" | "b1";

export type HeadKind = "int8" | "f16";
export type ActivationKind = "int8" | "float";

export interface LoadOptions {
  /** Worker threads, 1..64. Default: one less than there are processors, which leaves one to the editor. */
  threads?: number;
  /** The output head. Default "int8". */
  head?: HeadKind;
  /** A name from {@link NativeInfo.kernels}. Default: the fastest set that passes its self-test. */
  kernel?: string;
  /**
   * The most tokens of a prompt and its text, at most the model's own context length. Default: that length, but keys
   * and values of one context take at most an eighth of the machine's memory and 2 GiB (4,096 tokens are always
   * allowed).
   */
  contextLength?: number;
  /**
   * How keys and values of prompts are stored. "f16" is the default. "int8", with a scale for each head and token,
   * takes half the memory and is read twice as fast. "f32" is for comparing with reference implementations.
   */
  kv?: "f16" | "int8" | "f32";
  /**
   * Memory for the keys and values of prompts, in 2^20 bytes. Default: an eighth of the machine's, at most 2048, and at
   * most what 32 whole contexts take. One whole context always fits, whatever the value is.
   */
  cacheMegabytes?: number;
}

export interface Sampling {
  /** 0 means greedy; of the other fields only the repetition penalty then counts. */
  temperature: number;
  /** 0 means off. */
  topK: number;
  /** 1 means off. */
  topP: number;
  /** 0 means off. */
  minP: number;
  /** 1 means off. It applies to the tokens among the last repetitionWindow ones. */
  repetitionPenalty: number;
  repetitionWindow: number;
  /** 32-bit unsigned. The same seed, model and prompt give the same text. */
  seed: number;
}

export const GREEDY: Sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  repetitionWindow: 64,
  seed: 0,
};

/** Lower numbers run first. A running job with a higher number pauses at once, within a forward pass. */
export const Priority = { inline: 0, chat: 1, warm: 2 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

export interface GenerateRequest {
  /** The whole prompt. Its longest prefix that is in the cache is not computed again. */
  tokens: Uint32Array;
  /** 0 means that only the prompt is computed (warm-up). */
  maxTokens: number;
  sampling: Sampling;
  /** Generation ends before the first of these strings, which is not part of the text. */
  stop: string[];
  /** Generation ends before any of these tokens. */
  stopTokens: Uint32Array;
  /**
   * Texts whose words are interpolated with the model's probabilities where they follow the same words (n-gram cache).
   * The first ends at the cursor and includes forcedPrefix; the others are whatever else is open, the most important
   * first. The probabilities in the result are then the interpolated ones. Default: none.
   */
  ngramTexts?: string[];
  /**
   * The repository's files, whose words are interpolated as well. The generation sees them as they are at the time of
   * the call. It needs ngramTexts, whose first text has the words before the cursor. Default: none.
   */
  repository?: RepositoryView;
  /**
   * Text that the output must begin with. It is not part of the result's text, and stop strings are looked for only
   * after it. At each step only tokens that agree with the rest of it can be chosen, so the first tokens may reach past
   * its end. A cursor inside a token is healed in this way: that token is left out of `tokens`, and its characters are
   * forced. The tokens used count towards maxTokens.
   */
  forcedPrefix?: string;
  /**
   * How many of the first tokens after the forced text are rated: their probabilities are computed and returned. An end
   * token counts. It costs the logits of the whole vocabulary for these tokens. Default 0.
   */
  ratedTokens?: number;
  /**
   * Generation stops before a token if the joint probability of the rated tokens, that token included, would fall below
   * this, 0..1. Default 0.
   */
  minConfidence?: number;
  /** Also return the logits, for comparisons. Default false. */
  keepLogits?: boolean;
  priority: Priority;
  /** Default "int8", as the models were trained. "float" is for comparing with reference implementations. */
  activations?: ActivationKind;
  /**
   * Guess the next tokens from the prompt and the text so far, and verify several in one pass where that has been worth
   * it. The tokens are the same either way. Default true.
   */
  drafts?: boolean;
  /** For measurements (teacher forcing): all is computed as usual, but these tokens are used instead of the chosen. */
  script?: Uint32Array;
  /** What the text may begin with (forced characters included), for example the rest of an earlier suggestion. */
  draft?: Uint32Array;
}

/** The files of an index as one generation sees them. */
export interface RepositoryView {
  index: NativeNgramIndex;
  /** Path of the file with the cursor. */
  path: string;
  /** Files of another family are left out. */
  family: number;
  /** Paths of files that are left out, because their text is among the ngramTexts. */
  hidden: string[];
  /**
   * The weights of one occurrence, 0..1 (1 is one in the open document): in the cursor's folder; in its subfolders, its
   * parent or anywhere below that, unless the parent is the paths' root; elsewhere in the repository; in a dependency.
   */
  weights: [sameFolder: number, sameTree: number, elsewhere: number, dependency: number];
}

/** A file of the index. */
export interface IndexedFile {
  /** Identifies the file. It has forward slashes, because nearness depends on the folders. */
  path: string;
  /** 0..65536. Only files of the same family find each other. */
  family: number;
  /** Default false. */
  isDependency?: boolean;
}

export interface NgramIndexStats {
  files: number;
  /** UTF-8 bytes of the files' texts; `indexBytes` is the memory that the index takes. */
  textBytes: number;
  indexBytes: number;
  /** Words of files that were replaced or removed, which {@link NativeNgramIndex.compact} frees. `words` includes them. */
  staleWords: number;
  words: number;
}

/**
 * The text of many files, which is searched by the words before the cursor (native/src/ngram). Changes are made off the
 * JavaScript thread, one after another.
 */
export interface NativeNgramIndex {
  /** Makes room for this many bytes of text before anything is added, so that the index need not grow step by step. */
  reserve(textBytes: number): void;
  /**
   * Adds or replaces a file. False when the index has no room for it; an older text of the file is then gone as well.
   */
  set(file: IndexedFile, text: string): Promise<boolean>;
  /** Removes a file. False when there is none. */
  remove(path: string): Promise<boolean>;
  clear(): Promise<boolean>;
  /** Frees the memory of stale words when they are more than a third of all. */
  compact(): Promise<boolean>;
  stats(): NgramIndexStats;
  /**
   * Microseconds of each of so many look-ups, at places spread over the text of a file, which is hidden from them. It holds
   * the thread: for benchmarks.
   */
  measureLookUps(file: IndexedFile, text: string, count: number): Float64Array;
}

export type EndReason = "stop-text" | "stop-token" | "unsure" | "length" | "context" | "cancelled";

/** Where the computing time of a generation went, in milliseconds. */
export interface PhaseTimes {
  /** Ternary matrix products. */
  bodyMs: number;
  attentionMs: number;
  /** The output norm and the output matrix. */
  headMs: number;
  /** Embedding, norms, rotation, activation. */
  otherMs: number;
  /** Bytes of the output matrix that were read, for all tokens together. */
  headBytes: number;
}

/** What a generation cost. */
export interface GenerationStats {
  promptTokens: number;
  /** Tokens of the prompt that were found in the cache. */
  cachedTokens: number;
  /** Tokens of the prompt that were computed. */
  prefilledTokens: number;
  /** Tokens computed after the prompt; of drafts only the accepted ones. */
  decodedTokens: number;
  /** Tokens that were guessed and verified. */
  draftedTokens: number;
  /** How many of the guessed tokens were right. */
  acceptedTokens: number;
  /** Milliseconds in the queue. */
  queueMs: number;
  /** Milliseconds of prefill. */
  prefillMs: number;
  /** Milliseconds of decoding. */
  decodeMs: number;
}

export interface GenerateResult extends GenerationStats {
  text: string;
  tokens: Uint32Array;
  /** The probabilities of the rated tokens, in order. An end token, or one that fell below minConfidence, comes last. */
  probabilities: Float32Array;
  /**
   * Empty unless kept. [tokens x vocab]: the model's logits from which each token was chosen, including an end token or
   * one that fell below minConfidence, before the interpolation with the n-gram cache.
   */
  logits: Float32Array;
  reason: EndReason;
  prefillPhases: PhaseTimes;
  decodePhases: PhaseTimes;
}

export interface Generation {
  /** Stops the computation within a layer. `done` then resolves with "cancelled". */
  cancel(): void;
  done: Promise<GenerateResult>;
}

export interface ModelConfig {
  vocabSize: number;
  hiddenSize: number;
  layerCount: number;
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  ffnSize: number;
  contextLength: number;
  tiedHead: boolean;
}

export interface SpecialTokens {
  /** Each id is -1 when the vocabulary has no such token. */
  bos: number;
  eos: number;
  eot: number;
  fimPrefix: number;
  fimSuffix: number;
  fimMiddle: number;
  addBos: boolean;
}

export interface EncodeOptions {
  /** Whether to begin with BOS. Default false. */
  bos?: boolean;
  /**
   * Whether to recognise control tokens that are written out in the text. Default false: they are encoded like any
   * text.
   */
  special?: boolean;
}

export interface NativeTokenizer {
  readonly size: number;
  readonly special: SpecialTokens;
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** Control tokens give nothing, and bytes that are not UTF-8 give U+FFFD. */
  decode(tokens: Uint32Array): string;
  /** The id of the token that is exactly this text, or -1. */
  idOf(text: string): number;
}

export interface ModelMemory {
  weightBytes: number;
  headBytes: number;
  /** Bytes of the prompts in the cache; `kvBudgetBytes` is the most that they may take. */
  kvBytes: number;
  kvBudgetBytes: number;
}

export interface NativeModel {
  readonly config: ModelConfig;
  readonly tokenizer: NativeTokenizer;
  readonly kernel: string;
  readonly threads: number;
  readonly memory: ModelMemory;
  /** `onText` gets complete UTF-8 characters only, in order, before `done` resolves. */
  generate(request: GenerateRequest, onText?: (text: string) => void): Generation;
  /** The float32 logits [tokens.length x vocabSize] of every position, computed without the cache. */
  logits(tokens: Uint32Array, activations: ActivationKind): Promise<Float32Array>;
  /** Forgets all cached prompts. */
  clearCache(): void;
  /** Cancels running jobs, then frees the memory. Later calls throw. */
  close(): Promise<void>;
}

export interface CeilingOptions {
  threads: number;
  /** The kernel set whose multiply-add instruction is measured: one of {@link NativeInfo.kernels}. */
  kernel: string;
  /** Memory to read. Default 512. */
  megabytes?: number;
  /** How many passes are measured; their median counts. Default 5. */
  passes?: number;
}

/** What the machine can do at this moment with all of the threads. */
export interface Ceilings {
  /** 10^9 bytes per second, read from memory. */
  readGBs: number;
  /** 10^9 8-bit multiply-adds per second. */
  macGMACs: number;
}

export interface NativeAddon {
  info(): NativeInfo;
  /** The known-answer test: compares every kernel set that can run here with answers stored in the source. */
  selfTest(): SelfTestResult[];
  /**
   * The fastest layouts of ternary weights, and of weights that are all -1 or 1, with the kernel set that {@link loadModel}
   * would choose for the same `kernel`. Every set reads all layouts. Throws when the kernel set cannot run here.
   */
  preferredLayouts(kernel?: string): { layout: LayoutName; binaryLayout: LayoutName };
  /** Throws an Error with one line that says what is wrong. */
  createTokenizer(vocabulary: Uint8Array): NativeTokenizer;
  /** An empty index that takes at most so many bytes of memory. */
  createNgramIndex(maxBytes: number): NativeNgramIndex;
  /** Reads and verifies a pack off the JavaScript thread. Rejects with one line that names file and field. */
  loadModel(path: string, options?: LoadOptions): Promise<NativeModel>;
  /** Takes about a second. Rejects with one line when the kernel set cannot run here or the memory is refused. */
  measureCeilings(options: CeilingOptions): Promise<Ceilings>;
  /**
   * From then on this process cannot start a program, begin to listen, or look into another process; sockets that
   * listen already continue. It cannot be undone. Returns "", or the reason why nothing was given up (only Linux can do
   * this).
   */
  confine(): string;
}

/** The addon could not be loaded; the message says what to do. */
export class AddonError extends Error {
  override name = "AddonError";
}

/** The addon for this system in the package. The C library matters only where there is a choice. */
function shippedAddon(root: string): string {
  const path = (system: string) => `${root}/build/${system}-${process.arch}/sterna.node`;
  const forMusl = path("alpine");
  return process.platform === "linux" && existsSync(forMusl) && !hasGlibc() ? forMusl : path(process.platform);
}

/**
 * Loads the addon: the one that was built here, or the one for this system in the package, or the one that STERNA_ADDON
 * names (in tests).
 *
 * @param root folder of the package (the extension's folder, or the repository).
 * @throws AddonError when the file is missing or the system refuses it.
 */
export function loadAddon(root: string): NativeAddon {
  const built = `${root}/build/Release/sterna.node`;
  const shipped = shippedAddon(root);
  const path = process.env.STERNA_ADDON || (existsSync(built) ? built : shipped);
  try {
    return createRequire(`${root}/package.json`)(path) as NativeAddon;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const { platform, arch } = process;
    const isClone = existsSync(`${root}/native`);
    const place = { path, exists: existsSync(path), reason, platform, arch, hasGlibc: hasGlibc(), isClone };
    throw new AddonError(addonAdvice(place));
  }
}
