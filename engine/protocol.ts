/**
 * Every message between the extension and the engine process: the one file that both sides import.
 *
 * JSON-RPC 2.0 by vscode-jsonrpc over the IPC channel of the forked child. The extension sends `initialize` first;
 * until it is answered, nothing else is sent. Versions must be equal, because both sides ship in one package: a
 * mismatch means a half-updated installation. Requests can be cancelled ($/cancelRequest); the engine exits when the
 * channel closes.
 */
import { NotificationType, NotificationType0, ProgressType, RequestType, RequestType0 } from "vscode-jsonrpc";

export const PROTOCOL_VERSION = 1;

export interface InitializeParams {
  protocolVersion: number;
  /** Package root that holds build/ and models/. */
  root: string;
  /** Folder for packed models; created when missing. */
  storage: string;
  settings: EngineSettings;
}

export interface EngineSettings {
  /** Path of a GGUF file, or "" for the built-in model. */
  model: string;
  /** 0 = chosen by the engine. */
  threads: number;
  /** Memory for what was computed of prompts, in 2^20 bytes. 0 = chosen by the engine. */
  cacheMegabytes: number;
  /** Longest inline completion in tokens. */
  maxTokens: number;
  /** Milliseconds of quiet after a keystroke before the model is asked. */
  debounceMs: number;
}

export interface InitializeResult {
  protocolVersion: number;
  processId: number;
}

export const initialize = new RequestType<InitializeParams, InitializeResult, void>("initialize");
export const configure = new NotificationType<EngineSettings>("configure");
export const shutdown = new RequestType0<null, void>("shutdown");

// --- status: engine -> extension ---------------------------------------------------------------------------------

export type EngineState = "starting" | "ready" | "working" | "failed";

export interface ModelSummary {
  name: string;
  /** Name of the kernel set in use. */
  kernel: string;
  threads: number;
  /** False when the model only continues code: answers of the chat are then not to be expected. */
  chat: boolean;
  /** Tokens of a prompt computed in a second, as measured here; decides how long prompts may be. */
  prefillTokensPerSecond: number;
  /** Tokens a completion's prompt may have. */
  promptTokens: number;
}

/** Jobs of one kind. */
export interface LaneLoad {
  running: number;
  waiting: number;
}

/** What the engine has to do: inline completion goes before chat, chat before warming. */
export interface Load {
  inline: LaneLoad;
  chat: LaneLoad;
  /** Prompts computed ahead of need. */
  warming: LaneLoad;
}

export interface Status {
  state: EngineState;
  /** One line for people, e.g. "importing model", or what went wrong and what to do. */
  detail: string;
  /** Present once a model is loaded. */
  model?: ModelSummary;
  /** Present while a model is loaded. Warming alone leaves the state at "ready". */
  load?: Load;
}

export const status = new NotificationType<Status>("status");

// --- documents: extension -> engine, as a language client mirrors them -------------------------------------------

export interface DocumentOpen {
  uri: string;
  /** Path relative to the workspace folder, with forward slashes; the file name when it lies outside. */
  path: string;
  languageId: string;
  version: number;
  text: string;
}

/** Offsets count UTF-16 code units, as VS Code does. */
export interface TextChange {
  offset: number;
  length: number;
  text: string;
}

export interface DocumentChange {
  uri: string;
  /**
   * The version that the changes apply to: that of the last open or change sent. VS Code may merge edits and skip
   * numbers, so consecutive versions need not differ by one.
   */
  baseVersion: number;
  version: number;
  /** In the order VS Code reports them: each offset refers to the text after the changes before it in this list. */
  changes: TextChange[];
}

export const documentOpened = new NotificationType<DocumentOpen>("document/open");
export const documentChanged = new NotificationType<DocumentChange>("document/change");
export interface CursorPlace {
  uri: string;
  version: number;
  /** UTF-16 offset of the cursor. */
  offset: number;
}

/** The document is shown, or the cursor moved without typing: its prompt is computed ahead. */
export const cursorMoved = new NotificationType<CursorPlace>("document/cursor");
/** No document is shown any more: nothing is computed ahead. */
export const cursorLeft = new NotificationType0("document/left");
export const documentClosed = new NotificationType<{ uri: string }>("document/close");

// --- inline completion -------------------------------------------------------------------------------------------

export interface CompleteParams {
  uri: string;
  /** The version the cursor refers to; the engine answers "outdated" when its mirror differs. */
  version: number;
  /** UTF-16 offset of the cursor. */
  offset: number;
  /** "manual" skips the debounce. */
  trigger: "automatic" | "manual";
}

/** Why nothing was shown. The status item turns each into a sentence. */
export type SilenceReason =
  | "cancelled"
  | "outdated"
  | "unknown-document"
  | "not-ready"
  | "middle-of-word"
  | "model-silent"
  | "only-whitespace"
  | "repeats-suffix"
  | "prose"
  | "duplicates-next-line"
  | "repetitive"
  | "failed";

/** Where an answer comes from. */
export type AnswerSource =
  /** The suggestion on the screen, whose beginning was typed. */
  | "typed-through"
  /** An earlier suggestion. */
  | "cache"
  /** A request that was running for an earlier keystroke. */
  | "in-flight"
  | "model";

export interface CompletionTimings {
  /** Milliseconds: whole request, debounce in it, waiting for the engine, prompt computation, decoding. */
  totalMs: number;
  debounceMs: number;
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
  promptTokens: number;
  cachedTokens: number;
  prefilledTokens: number;
  decodedTokens: number;
}

export type CompleteResult =
  | {
      kind: "shown";
      source: AnswerSource;
      /** Inserted in place of [offset, offset + replaceLength). */
      text: string;
      /** UTF-16 units after the cursor that the text replaces (closers that it repeats). */
      replaceLength: number;
      timings: CompletionTimings;
    }
  | { kind: "silent"; reason: SilenceReason; detail?: string; timings?: CompletionTimings };

export const complete = new RequestType<CompleteParams, CompleteResult, void>("complete");

// --- chat --------------------------------------------------------------------------------------------------------

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatParams {
  messages: ChatMessage[];
  maxTokens: number;
  /** Token of the {@link chatText} progress on which the text is streamed. */
  progressToken: number;
}

export interface ChatResult {
  text: string;
  reason: "end" | "length" | "cancelled";
  promptTokens: number;
  cachedTokens: number;
  decodedTokens: number;
  prefillMs: number;
  decodeMs: number;
}

export const chatText = new ProgressType<string>();
export const chat = new RequestType<ChatParams, ChatResult, void>("chat");
