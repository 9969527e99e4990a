/**
 * The typed face of the native addon (native/src/addon). Nothing else in the project loads it.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { addonAdvice, hasGlibc } from "./machine/addonAdvice.ts";

/** What the addon can do on this machine. */
export interface NativeInfo {
  version: string;
  /** "x64", "arm64", ... as the addon was compiled. */
  arch: string;
  /** CPU features the dispatcher looked at and found. */
  features: string[];
  /** Names of the kernel sets that can run here, slowest first; the first is always "scalar". */
  kernels: string[];
  /** Logical processors. */
  processors: number;
}

export interface SelfTestResult {
  kernel: string;
  ok: boolean;
  /** Empty when ok, else the first thing that differed. */
  detail: string;
}

/** How a pack stores the ternary matrices; see models/packFormat.ts. */
export type LayoutName = "t2" | "t16";

export type HeadKind = "int8" | "f16";
export type ActivationKind = "int8" | "float";

export interface LoadOptions {
  /** Worker threads, 1..64. Default: number of processors less one, 1..64 (leaves one to the editor). */
  threads?: number;
  /** Output head. Default "int8". */
  head?: HeadKind;
  /** A name out of {@link NativeInfo.kernels}; default the fastest that passes its self-test. */
  kernel?: string;
  /**
   * Most tokens of a prompt and its text; upper bound: the model's own context length. Default: that, but keys and values
   * of one context take at most an eighth of the machine's memory and 2 GiB (4,096 tokens always may).
   */
  contextLength?: number;
  /**
   * How keys and values of prompts are kept. "int8", with a scale for each head and token, takes half the memory of
   * "f16", the default, and is read twice as fast; "f32" is for comparisons with references.
   */
  kv?: "f16" | "int8" | "f32";
  /**
   * Memory for the keys and values of prompts, in 2^20 bytes. Default: an eighth of the machine's, at most 2048, and at
   * most what 32 whole contexts take. One whole context always fits, whatever it says.
   */
  cacheMegabytes?: number;
}

export interface Sampling {
  /** 0 = greedy; the other fields but repetitionPenalty are then ignored. */
  temperature: number;
  /** 0 = off. */
  topK: number;
  /** 1 = off. */
  topP: number;
  /** 0 = off. */
  minP: number;
  /** 1 = off; applied to tokens among the last repetitionWindow ones. */
  repetitionPenalty: number;
  repetitionWindow: number;
  /** 32-bit unsigned. Same seed, same model, same prompt: same text. */
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

/** Lower runs first; a running job of a higher number pauses at once, within a pass. */
export const Priority = { inline: 0, chat: 1, warm: 2 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

export interface GenerateRequest {
  /** The whole prompt. Its longest prefix that is in the cache is not computed again. */
  tokens: Uint32Array;
  /** 0 = prefill only (warming). */
  maxTokens: number;
  sampling: Sampling;
  /** Generation ends before the first of these strings; it is not part of the text. */
  stop: string[];
  /** Generation ends before any of these tokens. */
  stopTokens: Uint32Array;
  /**
   * Texts whose words are interpolated with what the model expects, where they follow the same words (n-gram cache). The
   * first ends at the cursor, forcedPrefix included; the others are whatever else is open, the most important first.
   * The probabilities are then the interpolated ones. Default none.
   */
  ngramTexts?: string[];
  /**
   * The repository's files, whose words are interpolated as well. The generation sees them as they are when it is asked
   * for. Needs ngramTexts, whose first text holds the words before the cursor. Default none.
   */
  repository?: RepositoryView;
  /**
   * Text that the output must begin with; it is no part of the result's text, and stop strings are looked for after it.
   * At each step only tokens that agree with what is left of it can be chosen, so the first tokens may reach past its
   * end: a cursor inside a token is healed by leaving that token out of `tokens` and forcing its characters. The tokens
   * it takes count towards maxTokens.
   */
  forcedPrefix?: string;
  /**
   * The probability of so many of the first tokens after the forced text is computed; an end token counts. Default 0.
   * Costs the logits of the whole vocabulary at those tokens.
   */
  ratedTokens?: number;
  /**
   * Generation ends before the rated token with which all rated ones together would be less likely than this, 0..1.
   * Default 0.
   */
  floor?: number;
  /** Give out the logits, too: for comparisons. Default false. */
  keepLogits?: boolean;
  priority: Priority;
  /** Default "int8", as the models were trained; "float" is for comparison with references. */
  activations?: ActivationKind;
  /**
   * Guess the next tokens from the prompt and the text so far, and verify several in one pass where that has paid.
   * Default true. The tokens are the same either way.
   */
  drafts?: boolean;
  /**
   * For measurements of a known text: everything is computed, and then these tokens are taken in place of the chosen ones.
   */
  script?: Uint32Array;
  /** What the text may begin with (forced characters included), for instance the rest of an earlier suggestion. */
  draft?: Uint32Array;
}

/** The files of an index as one generation sees them. */
export interface RepositoryView {
  index: NativeNgramIndex;
  /** Of the file that the cursor is in. */
  path: string;
  /** Files of another family are left out. */
  family: number;
  /** Paths of files that are left out, because their text is among the ngramTexts. */
  hidden: string[];
  /**
   * What one occurrence weighs, 0..1, where one in the open document weighs 1: in a file of the same folder, in one of
   * the folders around it, elsewhere in the repository, in a dependency.
   */
  weights: [sameFolder: number, sameTree: number, elsewhere: number, dependency: number];
}

/** A file of the index. */
export interface IndexedFile {
  /** Identifies it; with forward slashes, because nearness follows from the folders. */
  path: string;
  /** 0..65536; files of one family find each other. */
  family: number;
  /** Default false. */
  isDependency?: boolean;
}

export interface NgramIndexStats {
  files: number;
  /** UTF-8 bytes of the files' texts, and bytes that the index takes. */
  textBytes: number;
  indexBytes: number;
  /** Words of files that were replaced or removed, which {@link NativeNgramIndex.compact} gives back; and of all. */
  staleWords: number;
  words: number;
}

/**
 * The text of many files, found by the words before the cursor (native/src/ngram). Changes are made off the JavaScript
 * thread, one after another.
 */
export interface NativeNgramIndex {
  /** Makes room for so many bytes of text, where nothing was added yet; spares the index its growing. */
  reserve(textBytes: number): void;
  /** Adds a file or replaces it. False when the index has no room for it; an older text of it is gone all the same. */
  set(file: IndexedFile, text: string): Promise<boolean>;
  /** False when there is no such file. */
  remove(path: string): Promise<boolean>;
  clear(): Promise<boolean>;
  /** Gives back the memory of stale words, where they are more than a third of all. */
  compact(): Promise<boolean>;
  stats(): NgramIndexStats;
}

export type EndReason = "stop-text" | "stop-token" | "unsure" | "length" | "context" | "cancelled";

/** Where the computing time of a generation went, in milliseconds. */
export interface PhaseTimes {
  /** Ternary matrix products. */
  bodyMs: number;
  attentionMs: number;
  /** Output norm and output matrix. */
  headMs: number;
  /** Embedding, norms, rotation, activation. */
  otherMs: number;
  /** Bytes of the output matrix that were read, over all tokens. */
  headBytes: number;
}

/** What a generation cost. */
export interface GenerationStats {
  promptTokens: number;
  /** Of the prompt, found in the cache. */
  cachedTokens: number;
  /** Of the prompt, computed now. */
  prefilledTokens: number;
  /** Computed after the prompt; of drafts, the accepted tokens. */
  decodedTokens: number;
  /** Tokens guessed and verified, and how many of them were right. */
  draftedTokens: number;
  acceptedTokens: number;
  /** Milliseconds waiting for its turn / computing the prompt / computing the rest. */
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
}

export interface GenerateResult extends GenerationStats {
  text: string;
  tokens: Uint32Array;
  /** Of the rated tokens, in order; an end token or a refused one comes last. */
  probabilities: Float32Array;
  /**
   * [tokens x vocab]: the model's, out of which each token was chosen, an end token or a refused one included; before the
   * interpolation with the n-gram cache; empty unless kept.
   */
  logits: Float32Array;
  reason: EndReason;
  prefillPhases: PhaseTimes;
  decodePhases: PhaseTimes;
}

export interface Generation {
  /** Stops the arithmetic, within a layer. `done` then resolves with "cancelled". */
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
  /** -1 where the vocabulary has none. */
  bos: number;
  eos: number;
  eot: number;
  fimPrefix: number;
  fimSuffix: number;
  fimMiddle: number;
  addBos: boolean;
}

export interface EncodeOptions {
  /** Put BOS first. Default false. */
  bos?: boolean;
  /** Recognise control tokens written out in the text. Default false: text is text. */
  special?: boolean;
}

export interface NativeTokenizer {
  readonly size: number;
  readonly special: SpecialTokens;
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** Control tokens come out as nothing, bytes that are no UTF-8 as U+FFFD. */
  decode(tokens: Uint32Array): string;
  /** Id of the token that is exactly this text, or -1. */
  idOf(text: string): number;
}

export interface ModelMemory {
  weightBytes: number;
  headBytes: number;
  /** Of the prompts in the cache, and at most. */
  kvBytes: number;
  kvBudgetBytes: number;
}

export interface NativeModel {
  readonly config: ModelConfig;
  readonly tokenizer: NativeTokenizer;
  readonly kernel: string;
  readonly threads: number;
  readonly memory: ModelMemory;
  /** `onText` gets whole UTF-8 characters only, in order, before `done` resolves. */
  generate(request: GenerateRequest, onText?: (text: string) => void): Generation;
  /** float32 logits [tokens.length x vocabSize] of every position. Bypasses the cache. */
  logits(tokens: Uint32Array, activations: ActivationKind): Promise<Float32Array>;
  /** Forgets all cached prompts. */
  clearCache(): void;
  /** Frees the memory once running jobs are cancelled. Later calls throw. */
  close(): Promise<void>;
}

export interface CeilingOptions {
  threads: number;
  /** The kernel set whose multiply-add instruction is measured: one of {@link NativeInfo.kernels}. */
  kernel: string;
  /** Memory to read. Default 512. */
  megabytes?: number;
  /** The median of so many passes counts. Default 5. */
  passes?: number;
}

/** What the machine can do at this moment, with all of the threads. */
export interface Ceilings {
  /** 10^9 bytes a second read from memory. */
  readGBs: number;
  /** 10^9 8-bit multiply-adds a second. */
  macGMACs: number;
}

export interface NativeAddon {
  info(): NativeInfo;
  /** Known-answer test: every kernel set that can run here against answers stored in the source. */
  selfTest(): SelfTestResult[];
  /**
   * The layout of the weights that this machine computes fastest, with the kernel set that {@link loadModel} would
   * choose for the same `kernel`. Every kernel set reads all layouts. Throws when the kernel set cannot run here.
   */
  preferredLayout(kernel?: string): LayoutName;
  /** Throws an Error with one line that says what is wrong. */
  createTokenizer(vocabulary: Uint8Array): NativeTokenizer;
  /** An empty index that takes at most so many bytes of memory. */
  createNgramIndex(maxBytes: number): NativeNgramIndex;
  /** Reads and verifies a pack off the JavaScript thread. Rejects with one line that names file and field. */
  loadModel(path: string, options?: LoadOptions): Promise<NativeModel>;
  /** Takes about a second. Rejects with one line when the kernel set cannot run here or the memory is refused. */
  measureCeilings(options: CeilingOptions): Promise<Ceilings>;
  /**
   * From then on this process can start no program, listen nowhere and look into no other process; what listens already
   * goes on. Cannot be taken back. Returns "", or why nothing was given up (only Linux can).
   */
  confine(): string;
}

/** The addon could not be loaded; the message says what to do. */
export class AddonError extends Error {
  override name = "AddonError";
}

/** The addon of the package for this system. Which C library this is matters only where there is a choice. */
function shippedAddon(root: string): string {
  const path = (system: string) => `${root}/build/${system}-${process.arch}/sterna.node`;
  const forMusl = path("alpine");
  return process.platform === "linux" && existsSync(forMusl) && !hasGlibc() ? forMusl : path(process.platform);
}

/**
 * Loads the addon that was built here, or the one for this system that came with the package, or another build of it
 * that STERNA_ADDON names (tests).
 *
 * @param root folder that holds the package (the extension's folder, or the repository).
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
