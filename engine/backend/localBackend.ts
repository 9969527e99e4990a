/** The backend of a model in this process: builds its prompts, and turns its tokens into text with probabilities. */
import { type GenerateRequest, type GenerateResult, GREEDY, type NativeModel, Priority } from "../native.ts";
import { builtinFim } from "../prompt/builtinFim.ts";
import { chatSampling } from "../prompt/chatSampling.ts";
import { type ChatProfile, chatProfile } from "../prompt/chatTemplate.ts";
import { continuation } from "../prompt/continuation.ts";
import type { CompletionProfile } from "../prompt/profile.ts";
import type { ChatMessage } from "../protocol/chat.ts";
import type { ModelSummary } from "../protocol/status.ts";
import { answeredAfterThoughts } from "./answeredAfterThoughts.ts";
import type {
  Answer,
  Backend,
  Capabilities,
  ChatRequest,
  CompletionAnswer,
  CompletionRequest,
  EndReason,
  Piece,
  Prepared,
  PromptPlace,
} from "./backend.ts";
import type { PrefillSpeed } from "./calibration.ts";
import { PromptStates } from "./promptStates.ts";

/**
 * The probability of every token is computed if the output matrix has at most this many elements. A probability needs all
 * logits, whereas the likeliest token can be found by reading only a part of the matrix.
 */
const CHEAP_HEAD = 32 << 20;
const ALL_TOKENS = 1 << 20;
/** A block may have this many times as many tokens as a line. */
const BLOCK_TOKENS = 3;
/**
 * When the probability of every token is computed, generation goes on until the text is less likely than this. The unlikely
 * end is not shown at first, but may be shown once the user has typed the text before it.
 */
const TAIL_CONFIDENCE = 0.005;
/** Families of the languages that the built-in model was trained on (training/languages.py). */
export const TRAINED_LANGUAGES: readonly string[] =
  "javascript python java go rust c csharp php kotlin ruby shellscript css markdown html sql yaml json toml".split(" ");
/** How many tokens an answer may have in addition, for the thoughts before it. */
const THINKING_TOKENS = 2048;
/** The share of the context that an answer with thoughts may take at most. */
const THINKING_SHARE = 0.75;

export interface LocalBackendOptions {
  name: string;
  native: NativeModel;
  speed: PrefillSpeed;
  /** The chat template in the model's file. */
  chatTemplate?: string;
  /** `general.architecture` of the model's file; "", the default, means unknown. */
  architecture?: string;
  /** The tokens that a prompt and its answer may have together. Default: the native engine's limit. */
  contextTokens?: number;
  /** The seeds of sampled answers. Default: random, so that a question that is asked again gets another answer. */
  seed?: () => number;
  /** In measurements and tests, replaces the chat profile that follows from the vocabulary. */
  chat?: ChatProfile;
  /** Whether to use the n-gram cache. Default: only with the built-in model. */
  ngramCache?: boolean;
}

export class LocalBackend implements Backend {
  readonly name: string;
  readonly native: NativeModel;
  readonly capabilities: Capabilities;
  readonly destination = undefined;
  readonly #speed: PrefillSpeed;
  readonly #prompts: PromptStates;
  readonly #chat: ChatProfile;
  readonly #architecture: string;
  readonly #seed: () => number;
  /**
   * The number of tokens of a completion whose probability is computed: all, or only the first if all would cost too much.
   */
  readonly #ratedTokens: number;

  constructor(options: LocalBackendOptions) {
    const { name, native, speed, chatTemplate = "", chat, ngramCache } = options;
    this.#architecture = options.architecture ?? "";
    this.#seed = options.seed ?? (() => Math.floor(Math.random() * 2 ** 32));
    this.name = name;
    this.native = native;
    this.#speed = speed;
    const isSmall = native.config.vocabSize * native.config.hiddenSize <= CHEAP_HEAD;
    const fillIn = builtinFim(native.tokenizer);
    const profile: CompletionProfile = fillIn ?? continuation(native.tokenizer);
    this.#prompts = new PromptStates(profile);
    this.#chat = chat ?? chatProfile(native.tokenizer, chatTemplate);
    this.#ratedTokens = isSmall ? ALL_TOKENS : 1;
    this.capabilities = {
      chat: this.#chat.answers,
      contextTokens: options.contextTokens ?? native.config.contextLength,
      // The n-gram cache was measured only with the built-in model.
      ngramCache: ngramCache ?? (isSmall && fillIn !== undefined),
      // The built-in model is the only one of its size. It was trained on no other languages.
      ...(isSmall && fillIn !== undefined && { languages: TRAINED_LANGUAGES }),
    };
  }

  get weightBytes(): number {
    return this.native.memory.weightBytes;
  }

  get prefillTokensPerSecond(): number {
    return this.#speed.tokensPerSecond;
  }

  get emptyChatTokens(): number {
    return this.#chat.emptyTokens;
  }

  complete(request: CompletionRequest): Prepared<CompletionAnswer> {
    const { shape, maxTokens, minimumConfidence, ngramTexts, repository, expected, isAhead } = request;
    const prompt = this.#prompt(request);
    const rated = minimumConfidence > 0 ? this.#ratedTokens : 0;
    const least = rated > 1 ? TAIL_CONFIDENCE : minimumConfidence;
    const { tokenizer } = this.native;
    const job: GenerateRequest = {
      ...(expected !== undefined && { draft: tokenizer.encode(prompt.forced + expected) }),
      tokens: prompt.tokens,
      maxTokens: shape === "block" ? maxTokens * BLOCK_TOKENS : maxTokens,
      forcedPrefix: prompt.forced,
      ...(ngramTexts !== undefined && { ngramTexts: [...ngramTexts()] }),
      ...(repository !== undefined && { repository }),
      sampling: GREEDY,
      stop: shape === "block" ? [] : ["\n"],
      stopTokens: prompt.stopTokens,
      ratedTokens: rated,
      minConfidence: least,
      priority: isAhead ? Priority.warm : Priority.inline,
    };
    const answer = (result: GenerateResult): CompletionAnswer => {
      if (!isAhead) this.#speed.observe(result);
      const pieces = piecesOf(result, prompt.forced, (tokens) => tokenizer.decode(tokens));
      return { ...answerOf(result), pieces, healedTokens: result.tokens.length - pieces.length };
    };
    return this.#prepared(job, answer);
  }

  warm(place: PromptPlace): Prepared<Answer> {
    return this.#warmed(this.#prompt(place).tokens);
  }

  chat(request: ChatRequest): Prepared<Answer> {
    const { messages, opening, stop, isCode } = request;
    const { contextTokens } = this.capabilities;
    // Thoughts come before the answer, so an answer whose beginning is given cannot have any.
    const isThinking = request.isThinking === true && this.#chat.thinks && opening === "";
    const most = Math.max(request.maxTokens, Math.floor(contextTokens * THINKING_SHARE));
    const maxTokens = isThinking ? Math.min(request.maxTokens + THINKING_TOKENS, most) : request.maxTokens;
    const prompt = this.#chat.build([...messages], contextTokens - maxTokens, { opening, isThinking });
    const job: GenerateRequest = {
      tokens: prompt.tokens,
      maxTokens,
      sampling: isCode ? GREEDY : chatSampling(this.#architecture, isThinking, this.#seed()),
      stop: [...prompt.stop, ...stop],
      stopTokens: prompt.stopTokens,
      priority: Priority.chat,
    };
    const answer = (result: GenerateResult): Answer => {
      this.#speed.observe(result);
      return answerOf(result);
    };
    const start = this.#prepared(job, answer);
    return this.#chat.thinks ? answeredAfterThoughts(start, request) : start;
  }

  warmChat(messages: readonly ChatMessage[]): Prepared<Answer> {
    return this.#warmed(this.#chat.build([...messages], this.capabilities.contextTokens).tokens);
  }

  countTokens(text: string): number {
    return this.native.tokenizer.encode(text).length;
  }

  messageTokens(message: ChatMessage): number {
    return this.#chat.cost(message);
  }

  summary(): ModelSummary {
    const { contextTokens, chat } = this.capabilities;
    return {
      name: this.name,
      kernel: this.native.kernel,
      threads: this.native.threads,
      chat,
      ...(this.#chat.thinks && { thinks: true }),
      contextLength: contextTokens,
      prefillTokensPerSecond: Math.round(this.#speed.tokensPerSecond),
      promptTokens: Math.min(this.#speed.promptTokens, contextTokens),
    };
  }

  close(): Promise<void> {
    return this.native.close();
  }

  #prompt(place: PromptPlace) {
    return this.#prompts.build(place, this.capabilities.contextTokens, this.#speed.promptTokens);
  }

  #warmed(tokens: Uint32Array): Prepared<Answer> {
    const job: GenerateRequest = {
      tokens,
      maxTokens: 0,
      sampling: GREEDY,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.warm,
    };
    return this.#prepared(job, (result) => {
      if (result.reason !== "cancelled") this.#speed.observe(result);
      return answerOf(result);
    });
  }

  #prepared<R>(job: GenerateRequest, answer: (result: GenerateResult) => R): Prepared<R> {
    return (onText) => {
      const { cancel, done } = this.native.generate(job, onText);
      return { cancel, done: done.then(answer) };
    };
  }
}

const REASONS: Record<GenerateResult["reason"], EndReason> = {
  "stop-text": "end",
  "stop-token": "end",
  unsure: "unsure",
  length: "length",
  context: "length",
  cancelled: "cancelled",
};

function answerOf(result: GenerateResult): Answer {
  const { text, reason, promptTokens, cachedTokens, prefilledTokens, decodedTokens } = result;
  const { draftedTokens, acceptedTokens, queueMs, prefillMs, decodeMs } = result;
  return {
    text,
    reason: REASONS[reason],
    promptTokens,
    cachedTokens,
    prefilledTokens,
    decodedTokens,
    draftedTokens,
    acceptedTokens,
    queueMs,
    prefillMs,
    decodeMs,
  };
}

/**
 * The pieces of a generated text.
 *
 * @param forced the text that the generation was forced to begin with, which is not part of the text.
 */
export function piecesOf(
  { tokens, probabilities }: Pick<GenerateResult, "tokens" | "probabilities">,
  forced: string,
  decode: (tokens: Uint32Array) => string,
): Piece[] {
  const pieces: Piece[] = [];
  let rated = 0;
  for (let count = 1; count <= tokens.length; count++) {
    // All tokens so far are decoded together, because a character may be spread over several of them.
    const end = decode(tokens.subarray(0, count)).length - forced.length;
    // The engine rates only tokens that reach past the forced text.
    if (end > 0) pieces.push({ end, probability: probabilities[rated++] ?? 1 });
  }
  return pieces;
}
