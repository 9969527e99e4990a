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
 * How an answer ended: by itself or at a stop string ("end"), because its joint probability fell below the minimum ("unsure"),
 * at its maximum length, or because it was cancelled.
 */
export type EndReason = "end" | "unsure" | "length" | "cancelled";

/** What an answer cost. For a server's answer, the tokens are the server's own count if it gives one, else an estimate. */
export type AnswerStats = GenerationStats;

export interface Answer extends AnswerStats {
  text: string;
  reason: EndReason;
}

/** A piece of a text, usually a token, with its probability given everything before it. */
export interface Piece {
  /** Where the piece ends in the text, in UTF-16 units. */
  end: number;
  /** 0..1; 1 if it was not computed. */
  probability: number;
}

export interface CompletionAnswer extends Answer {
  /** One piece for each token of the text, or a single one for the whole text where the tokens are not known. */
  pieces: readonly Piece[];
  /** How many tokens come before the first piece. They only repeat the half word before the cursor (token healing). */
  healedTokens: number;
}

/** Work in progress. */
export interface Run<R> {
  /** Stops it within milliseconds. `done` then resolves with the reason "cancelled". */
  cancel(): void;
  /** Rejects with one line for people. */
  done: Promise<R>;
}

/** Work that is ready to start: its prompt has been built. Calling it starts the computation. */
export type Prepared<R> = (onText?: (text: string) => void) => Run<R>;

/**
 * Represents an open document of one window. Each prompt of a document appends to an earlier one, and a backend keeps
 * what it needs for that under this object (in a WeakMap). With a new object the document's prompts start anew.
 */
export type PromptOwner = object;

/** A place in a document. */
export interface PromptPlace {
  owner: PromptOwner;
  context: CursorContext;
  /** The most tokens that the completion of a line may have. */
  maxTokens: number;
  /**
   * Returns chunks of other files for the prompt, the newest last. Called only when a prompt cannot append to another.
   */
  relatedChunks(): readonly PromptChunk[];
}

export interface CompletionRequest extends PromptPlace {
  /** A block may be longer than a line, and does not end with a line feed. */
  shape: "line" | "block";
  /**
   * Where only the first token is rated, there is no answer if that token is less likely than this. Where every token is
   * rated, it matters only that this is above 0, because the gate decides what is shown. With 0 no probabilities are
   * computed. A server ignores it.
   */
  minimumConfidence: number;
  /**
   * Texts whose words are interpolated with the model's probabilities, the most important first; undefined for none.
   */
  ngramTexts?: () => readonly string[];
  /** The repository's text, which is interpolated as well; only together with {@link ngramTexts}. */
  repository?: RepositoryView;
  /** What an earlier request answered for this place. It may come again, and verifying is faster than generating. */
  expected?: string;
  /** Whether it is computed in advance: nobody waits for it, so it runs only when nothing else does. */
  isAhead: boolean;
}

export interface ChatRequest {
  messages: readonly ChatMessage[];
  /** The text with which the answer is made to begin. It is not repeated in the answer's text. */
  opening: string;
  /** Whether the opening is an interrupted answer that is to be continued. Otherwise it gives the answer its form. */
  isContinued: boolean;
  maxTokens: number;
  /** The answer ends before any of these, in addition to those of the model's family. */
  stop: readonly string[];
  /**
   * Whether the answer is code. Then there is no penalty for repetition, because code repeats names, and nothing is random.
   */
  isCode: boolean;
  /**
   * Whether a model that can think aloud may do so before it answers; its thoughts are not part of the answer. Default
   * false.
   */
  isThinking?: boolean;
  /** Called with what the model thinks before it answers, piece by piece. */
  onThought?(text: string): void;
  /** Called with the reason why there is no text yet, in one sentence for people; with "" when the text begins. */
  onActivity?(text: string): void;
}

export interface Capabilities {
  /** Whether the model can chat. One that was trained on code alone can only continue a text. */
  chat: boolean;
  /** How many tokens a prompt and its answer may have together. */
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
  /** The host that text is sent to; undefined when it stays on this machine. */
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
  /** How many tokens a message takes in a conversation. */
  messageTokens(message: ChatMessage): number;
  /** How many tokens a conversation takes without any message. */
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
