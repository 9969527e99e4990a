/**
 * Who answers: a model in this process, or a server. Completion and chat know this face alone. A local backend owns
 * tokens, prompts, token healing, the n-gram cache, drafts and probabilities; a remote one owns HTTP.
 */
import type { GenerationStats, RepositoryView } from "../native.ts";
import type { PromptChunk } from "../prompt/chunks.ts";
import type { ChatMessage } from "../protocol/chat.ts";
import type { ModelSummary } from "../protocol/status.ts";
import type { CursorContext } from "../text/cursor.ts";

/** How an answer ended: by itself or at a stop, where the model was no longer sure, at its greatest length, on request. */
export type EndReason = "end" | "unsure" | "length" | "cancelled";

/** What an answer cost. Tokens are a server's own count where it gives one, else an estimate. */
export type AnswerStats = GenerationStats;

export interface Answer extends AnswerStats {
  text: string;
  reason: EndReason;
}

/** How sure the model is of a piece of a text, given everything before it. */
export interface Piece {
  /** Where it ends in the text, in UTF-16 units. */
  end: number;
  /** 0..1; 1 where it was not computed. */
  probability: number;
}

export interface CompletionAnswer extends Answer {
  /** One for each token of the text; at least one that covers all of it. */
  pieces: readonly Piece[];
  /** Tokens before the first piece: they only write again what is before the cursor. */
  healedTokens: number;
}

/** Work in progress. */
export interface Run<R> {
  /** Stops it within milliseconds. `done` then resolves with the reason "cancelled". */
  cancel(): void;
  /** Rejects with one line for people. */
  done: Promise<R>;
}

/** Work that is ready to begin: its prompt is built, and nothing is computed until it is called. */
export type Prepared<R> = (onText?: (text: string) => void) => Run<R>;

/**
 * Stands for an open document of one window. The prompts of a document append to one another, and what a backend keeps for
 * that hangs on this object: a new one begins anew.
 */
export type PromptOwner = object;

/** A place in a document. */
export interface PromptPlace {
  owner: PromptOwner;
  context: CursorContext;
  /** Tokens that the completion of a line may have. */
  maxTokens: number;
  /** Pieces of other files for the prompt, the newest last; called where they are chosen anew. */
  relatedChunks(): readonly PromptChunk[];
}

export interface CompletionRequest extends PromptPlace {
  /** A block may be longer than a line, and is not ended by a line feed. */
  shape: "line" | "block";
  /** Below this probability nothing is shown; 0 where everything is, and no probabilities are wanted. */
  minimumConfidence: number;
  /** Texts whose words are mixed into what the model expects, the most important first; undefined for none. */
  ngramTexts?: () => readonly string[];
  /** The repository's text, whose words are mixed in as well; only together with {@link ngramTexts}. */
  repository?: RepositoryView;
  /** What an earlier request has said for this place: it may come again, and is verified faster than it is written. */
  expected?: string;
  /** Nobody waits for it yet: it runs when nothing else does. */
  isAhead: boolean;
}

export interface ChatRequest {
  messages: readonly ChatMessage[];
  /** What the answer begins with, already written; it is no part of the answer's text. */
  opening: string;
  /** The opening is an answer that was broken off, rather than a form that the answer is to have. */
  isContinued: boolean;
  maxTokens: number;
  /** The answer ends before any of these, besides what the model's family has. */
  stop: readonly string[];
  /** Code repeats its names: there a penalty for repetitions does harm. */
  isCode: boolean;
  /** A model that can may think aloud before it answers; what it thinks is no part of the answer. Default false. */
  isThinking?: boolean;
  /** Told what the answer waits for, in one sentence for people; "" when it begins. */
  onActivity?(text: string): void;
}

export interface Capabilities {
  /** False where the model was trained on code alone, and will only go on writing. */
  chat: boolean;
  /** Tokens that a prompt and its answer may have together. */
  contextTokens: number;
  /** What the open files say is mixed into completions: then nothing has to be copied out of them besides. */
  ngramCache: boolean;
  /** Families of languages that the model was trained on; undefined where it was trained on all that are common. */
  languages?: readonly string[];
}

export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Host that the text is sent to; undefined where it stays on this machine. */
  readonly destination: string | undefined;
  /** Bytes of memory that the weights take here. */
  readonly weightBytes: number;
  /** Tokens of prompt that are computed in a second. */
  readonly prefillTokensPerSecond: number;

  complete(request: CompletionRequest): Prepared<CompletionAnswer>;
  /** Computes the prompt of a place ahead of need. */
  warm(place: PromptPlace): Prepared<Answer>;
  chat(request: ChatRequest): Prepared<Answer>;
  /** Computes the beginning of a conversation ahead of need. */
  warmChat(messages: readonly ChatMessage[]): Prepared<Answer>;

  countTokens(text: string): number;
  /** Tokens that a message takes in a conversation, and a conversation without messages. */
  messageTokens(message: ChatMessage): number;
  readonly emptyChatTokens: number;

  summary(): ModelSummary;
  close(): Promise<void>;
}

/** The backend to ask, or why there is none, in one line for people. */
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
