/**
 * The interface to whoever answers: a model in this process, or a server. Completion and chat know only this interface.
 * A local backend is responsible for tokens, prompts, token healing, the n-gram cache, drafts and probabilities; a
 * remote one for HTTP.
 */
import type { GenerationStats, RepositoryView } from "../native.ts";
import type { PromptChunk } from "../prompt/chunks.ts";
import type { ChatMessage } from "../protocol/chat.ts";
import type { ModelSummary } from "../protocol/status.ts";
import type { CursorContext } from "../text/cursor.ts";

/**
 * How an answer ended: by itself or at a stop, because the model was no longer sure, at its maximum length, or on
 * request.
 */
export type EndReason = "end" | "unsure" | "length" | "cancelled";

/** What an answer cost. Tokens are the server's own count if it gives one, else an estimate. */
export type AnswerStats = GenerationStats;

export interface Answer extends AnswerStats {
  text: string;
  reason: EndReason;
}

/** How sure the model is of a piece of a text, given everything before it. */
export interface Piece {
  /** Where the piece ends in the text, in UTF-16 units. */
  end: number;
  /** 0..1; 1 if it was not computed. */
  probability: number;
}

export interface CompletionAnswer extends Answer {
  /** One for each token of the text; at least one, which covers the whole text. */
  pieces: readonly Piece[];
  /** How many tokens come before the first piece; they only repeat what is before the cursor. */
  healedTokens: number;
}

/** Work in progress. */
export interface Run<R> {
  /** Stops it within milliseconds. `done` then resolves with the reason "cancelled". */
  cancel(): void;
  /** Rejects with one line for people. */
  done: Promise<R>;
}

/** Work that is ready to start: its prompt has been built, and nothing is computed until this is called. */
export type Prepared<R> = (onText?: (text: string) => void) => Run<R>;

/**
 * Represents an open document of one window. The prompts of a document append to one another, and a backend attaches
 * what it keeps for this to the object. A new object starts anew.
 */
export type PromptOwner = object;

/** A place in a document. */
export interface PromptPlace {
  owner: PromptOwner;
  context: CursorContext;
  /** The most tokens that the completion of a line may have. */
  maxTokens: number;
  /** Returns pieces of other files for the prompt, the newest last; called when they are chosen anew. */
  relatedChunks(): readonly PromptChunk[];
}

export interface CompletionRequest extends PromptPlace {
  /** A block may be longer than a line, and does not end with a line feed. */
  shape: "line" | "block";
  /** A text less likely than this is not shown. 0 shows everything, and no probabilities are needed. */
  minimumConfidence: number;
  /**
   * Texts whose words are interpolated with the model's probabilities, the most important first; undefined for none.
   */
  ngramTexts?: () => readonly string[];
  /** The repository's text, which is interpolated as well; only together with {@link ngramTexts}. */
  repository?: RepositoryView;
  /** What an earlier request answered for this place. It may come again, and verifying is faster than generating. */
  expected?: string;
  /** Whether nobody waits for it yet, so that it runs only when nothing else does. */
  isAhead: boolean;
}

export interface ChatRequest {
  messages: readonly ChatMessage[];
  /** The beginning of the answer, which is written already and is not part of the answer's text. */
  opening: string;
  /** Whether the opening is an answer that was interrupted, and not a form that the answer must have. */
  isContinued: boolean;
  maxTokens: number;
  /** The answer ends before any of these, in addition to those of the model's family. */
  stop: readonly string[];
  /** Whether the answer is code, which repeats names, so that a penalty for repetitions would do harm. */
  isCode: boolean;
  /**
   * Whether a model that can think aloud may do so before it answers; its thoughts are not part of the answer. Default
   * false.
   */
  isThinking?: boolean;
  /** Called with what the answer waits for, in one sentence for people; "" when it begins. */
  onActivity?(text: string): void;
}

export interface Capabilities {
  /** False when the model was trained on code alone and can only continue a text. */
  chat: boolean;
  /** The tokens that a prompt and its answer may have together. */
  contextTokens: number;
  /**
   * Whether completions are interpolated with the open files, so that nothing has to be copied from these separately.
   */
  ngramCache: boolean;
  /** Families of languages that the model was trained on; undefined when it knows all common ones. */
  languages?: readonly string[];
}

export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Host that text is sent to; undefined when it stays on this machine. */
  readonly destination: string | undefined;
  /** Bytes of memory that the weights take on this machine. */
  readonly weightBytes: number;
  /** Tokens of a prompt computed per second. */
  readonly prefillTokensPerSecond: number;

  complete(request: CompletionRequest): Prepared<CompletionAnswer>;
  /** Computes the prompt of a place in advance. */
  warm(place: PromptPlace): Prepared<Answer>;
  chat(request: ChatRequest): Prepared<Answer>;
  /** Computes the beginning of a conversation in advance. */
  warmChat(messages: readonly ChatMessage[]): Prepared<Answer>;

  countTokens(text: string): number;
  /** The tokens that a message takes in a conversation; below, those of a conversation without messages. */
  messageTokens(message: ChatMessage): number;
  readonly emptyChatTokens: number;

  summary(): ModelSummary;
  close(): Promise<void>;
}

/** The backend to ask, or the reason why there is none, in one line for people. */
export type BackendChoice = { kind: "ready"; backend: Backend } | { kind: "none"; reason: string };

export const NO_STATS: AnswerStats = {
  promptTokens: 0,
  cachedTokens: 0,
  prefilledTokens: 0,
  decodedTokens: 0,
  draftedTokens: 0,
  acceptedTokens: 0,
  queueMs: 0,
  prefillMs: 0,
  decodeMs: 0,
};
