/**
 * Every message between the extension and the engine process: the one file that both sides import.
 *
 * JSON-RPC 2.0 by vscode-jsonrpc, over a local socket that the windows of an editor share, or over the IPC channel of a
 * window's own forked engine. The extension sends `initialize` first; until it is answered, nothing else is sent.
 * Versions must be equal, because both sides ship in one package: a mismatch means a half-updated installation.
 * Requests can be cancelled ($/cancelRequest). What a connection has begun ends with it, and the engine exits when the
 * last one has closed.
 */
import { NotificationType, NotificationType0, ProgressType, RequestType, RequestType0 } from "vscode-jsonrpc";

export const PROTOCOL_VERSION = 1;

/** Argument of the engine before the path of the socket that it listens at; without it, it speaks over IPC. */
export const LISTEN_ARGUMENT = "--listen";
/** Exit code of an engine that cannot listen there. Where another one listens already, it is 0. */
export const CANNOT_LISTEN = 3;

export interface InitializeParams {
  protocolVersion: number;
  /** Package root that holds build/ and models/. */
  root: string;
  /** Folder for packed models; created when missing. */
  storage: string;
  /** Folder for conversations; created when missing. */
  conversations: string;
  settings: EngineSettings;
}

export interface EngineSettings {
  /** Path of a GGUF file or of a folder with safetensors, or "" for the built-in model. */
  model: string;
  /** The same for the chat; "" for the model of the completions. */
  chatModel: string;
  /** Minutes without work after which the memory of the models is given back; 0 = never. */
  unloadMinutes: number;
  download: DownloadSettings;
  server: ServerSettings;
  /** 0 = chosen by the engine. */
  threads: number;
  /** Memory for what was computed of prompts, in 2^20 bytes. 0 = chosen by the engine. */
  cacheMegabytes: number;
  /** Longest inline completion in tokens. */
  maxTokens: number;
  /** Milliseconds of quiet after a keystroke before the model is asked; null leaves it to the rhythm of typing. */
  debounceMs: number | null;
  /** "eager" suggests in the flow of typing, "subtle" in pauses, and only what is likely right. */
  mode: "eager" | "subtle";
  /** Suggest while typing though the machine runs on battery. */
  onBattery: boolean;
}

/** A server that computes instead of this machine. */
export interface ServerSettings {
  /** "" = this machine computes. */
  address: string;
  /** "" = the first model that the server has. */
  model: string;
  key: string;
}

export interface DownloadSettings {
  /** Address of a mirror of the hub; "" for the hub itself. */
  mirror: string;
  /** As VS Code's `http.proxy`, `http.noProxy` and `http.proxyStrictSSL`. */
  proxy: string;
  noProxy: string[];
  strictSsl: boolean;
}

export interface InitializeResult {
  protocolVersion: number;
  processId: number;
}

export const initialize = new RequestType<InitializeParams, InitializeResult, void>("initialize");
export const configure = new NotificationType<EngineSettings>("configure");
/** Ends the engine, for every window that uses it. A window that merely leaves closes its connection. */
export const shutdown = new RequestType0<null, void>("shutdown");
/** The engine ends because a window has asked for it, and waits a moment until all have left: engine -> extension. */
export const ending = new NotificationType0("ending");
/** Answered at once: a sign of life. */
export const ping = new RequestType0<null, void>("ping");
/** A line for the log: engine -> extension. */
export const logged = new NotificationType<{ line: string }>("log");

// --- status: engine -> extension ---------------------------------------------------------------------------------

export type EngineState = "starting" | "ready" | "working" | "failed";

export interface ModelSummary {
  name: string;
  /** Name of the kernel set in use. */
  kernel: string;
  threads: number;
  /** Host that the text is sent to; absent where it stays on this machine. */
  destination?: string;
  /** False when the model only continues code: answers of the chat are then not to be expected. */
  chat: boolean;
  /** Tokens that a prompt and its answer may have together. */
  contextLength: number;
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
  /** Nothing of it goes into suggestions for other files: git ignores it, or it is not known yet whether. Default false. */
  isPrivate?: boolean;
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
/** The document was saved: the place of its last edit may matter elsewhere. */
export const documentSaved = new NotificationType<{ uri: string }>("document/save");

/** Definitions of what a document imports, where the language service knew them in time. */
export interface Definitions {
  /** The document that imports them. */
  uri: string;
  languageId: string;
  /** The files that they are in; paths as in {@link DocumentOpen}. */
  chunks: { uri: string; path: string; text: string }[];
}

export const definitionsFound = new NotificationType<Definitions>("context/definitions");
export const documentClosed = new NotificationType<{ uri: string }>("document/close");

// --- inline completion -------------------------------------------------------------------------------------------

export interface CompleteParams {
  uri: string;
  /** The version the cursor refers to; the engine answers "outdated" when its mirror differs. */
  version: number;
  /** UTF-16 offset of the cursor. */
  offset: number;
  /** "manual" skips the debounce, and what is remembered. */
  trigger: "automatic" | "manual";
  /** Cursors in the editor. Default 1. */
  cursors?: number;
  /** Text is selected. Default false. */
  isSelecting?: boolean;
  /** The item selected in the suggest widget: it would replace [offset, offset + length). */
  widgetItem?: TextChange;
  /** How the editor indents. */
  indent?: { insertSpaces: boolean; tabSize: number };
}

/** Why nothing was shown. The status item turns each into a sentence. */
export type SilenceReason =
  | "cancelled"
  | "outdated"
  | "unknown-document"
  | "not-ready"
  | "middle-of-word"
  /** Text is selected, or there are several cursors. */
  | "selection"
  | "several-cursors"
  /** The item selected in the suggest widget goes another way. */
  | "suggest-widget"
  | "on-battery"
  /** The model was not sure enough of anything. */
  | "unsure"
  /** The user did not want this suggestion here. */
  | "refused"
  /** Nothing is left before a bracket that closes nothing. */
  | "unbalanced"
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
  /** What stands in an open document behind the same text. */
  | "copy"
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

/** A suggestion, or a beginning of it, was accepted: told by the engine, which sees it in the changes of the document. */
export interface Acceptance {
  uri: string;
  /** UTF-16 offset at which the text was inserted. */
  offset: number;
  /** LF between lines. */
  text: string;
}

export const suggestionAccepted = new NotificationType<Acceptance>("suggestion/accepted");

/**
 * The user dismissed the suggestion on the screen. Acceptance, whole or in part, and its undo show in the changes of the
 * document.
 */
export const suggestionDismissed = new NotificationType<{ uri: string }>("suggestion/dismissed");

// --- chat: one answer ---------------------------------------------------------------------------------------------

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

/** Why an answer ended: by itself, at its greatest length, because it went round in circles, or on request. */
export type AnswerEnd = "end" | "length" | "loop" | "cancelled";

export interface ChatStats {
  promptTokens: number;
  cachedTokens: number;
  decodedTokens: number;
  prefillMs: number;
  decodeMs: number;
}

export interface ChatResult extends ChatStats {
  text: string;
  reason: AnswerEnd;
}

export const chatText = new ProgressType<string>();
export const chat = new RequestType<ChatParams, ChatResult, void>("chat");
/** Tokens that a text has for the loaded model. */
export const countTokens = new RequestType<{ text: string }, number, void>("chat/count");

// --- chat: conversations, kept on disk by the engine ----------------------------------------------------------------

/** What a command, or a word after a slash, asks of the model. */
export type TaskName = "explain" | "refactor" | "fix" | "document" | "tests" | "edit" | "name" | "commit" | "terminal";

/** Text that goes with a question. */
export interface Attachment {
  kind: "selection" | "file" | "problem" | "terminal";
  /** For people, e.g. "cart.ts:3-9". */
  label: string;
  /** Relative to the workspace folder; "" when it has none. */
  path: string;
  languageId: string;
  text: string;
}

export type TurnState =
  | "writing"
  | "done"
  /** The user ended it. */
  | "stopped"
  | "length"
  | "loop"
  /** The engine or the editor went away while it was written: it can be continued. */
  | "interrupted"
  | "failed";

export interface ChatTurn {
  /** Counts up within a conversation. */
  id: number;
  role: "user" | "assistant";
  text: string;
  state: TurnState;
  /** A line for people about it, e.g. what went wrong or what was left out; "" for none. */
  note: string;
  /** Labels of what went with a question. */
  attached: string[];
  stats?: ChatStats;
}

export interface ConversationView {
  id: string;
  title: string;
  turns: ChatTurn[];
  /** The model no longer reads this turn and those before it; 0 for none. */
  foldedUpTo: number;
}

export interface ConversationSummary {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  updated: number;
  turns: number;
  /** Where a search was found; "" without one. */
  excerpt: string;
}

/** How full the model's context is, in tokens. */
export interface ContextMeter {
  limit: number;
  /** What the next question comes on top of. */
  used: number;
  /** Kept free for the answer. */
  reserved: number;
  /** What the model no longer sees, a line each. */
  leftOut: string[];
}

export type ChatAction =
  | { type: "ask"; text: string; attachments: Attachment[]; task?: TaskName; code?: CodeContext }
  /** Asks a question anew in other words; what came after it goes away. */
  | { type: "edit"; turn: number; text: string }
  /** Writes an answer anew; what came after it goes away. */
  | { type: "regenerate"; turn: number }
  /** Goes on with an answer that ended early. */
  | { type: "continue"; turn: number }
  /** Takes out a question with its answer. */
  | { type: "delete"; turn: number }
  | { type: "stop" }
  | { type: "rename"; title: string }
  /** Tells the meter anew. */
  | { type: "measure" };

export type ChatEvent =
  | { type: "conversation"; conversation: ConversationView }
  | { type: "turn"; turn: ChatTurn }
  | { type: "text"; turn: number; text: string }
  | { type: "fold"; upTo: number }
  | { type: "title"; title: string }
  | { type: "meter"; meter: ContextMeter }
  /** Something that the user should know, e.g. that the disk is full. */
  | { type: "problem"; text: string };

/** Opens a conversation: by its id, "" for the latest one, "new" for an empty one. */
export const chatOpen = new RequestType<{ id: string }, ConversationView, void>("chat/open");
/** Answered when it is done; for questions, when the answer has ended. */
export const chatAct = new RequestType<{ conversation: string; action: ChatAction }, null, void>("chat/act");
export const chatEvent = new NotificationType<{ conversation: string; event: ChatEvent }>("chat/event");
/** Newest first; with a query those that hold all of its words. */
export const chatList = new RequestType<{ query: string }, ConversationSummary[], void>("chat/list");
/** The conversation as Markdown. */
export const chatExport = new RequestType<{ id: string }, string, void>("chat/export");
export const chatRemove = new RequestType<{ id: string }, null, void>("chat/remove");

// --- tasks on code ---------------------------------------------------------------------------------------------------

/** Whole lines, counted from 0; the end is not part of it, and an empty span is the place before a line. */
export interface LineSpan {
  start: number;
  end: number;
}

export interface CodeSymbol extends LineSpan {
  name: string;
  /** Something that stands for itself: a function, a method, a class, and the like. */
  isBlock: boolean;
}

/** A place in a file, with what only the editor knows about it. */
export interface CodeContext {
  path: string;
  languageId: string;
  text: string;
  /** Empty when only a cursor is there, at its line. */
  selection: LineSpan;
  /** Those round the selection, the outermost first. */
  symbols: CodeSymbol[];
  /** Spaces of one step of indentation, or "tab". */
  indent: number | "tab";
}

export type EditTask = "refactor" | "fix" | "document" | "tests" | "edit";

export type TaskRequest =
  | { task: EditTask; code: CodeContext; instruction: string }
  | { task: "name"; code: CodeContext; name: string }
  | { task: "commit"; diff: string };

export type TaskProgress =
  /**
   * What the text will stand in place of, sent once and first; with a file (relative to the workspace folder) it goes to
   * that file's end.
   */
  | { type: "target"; target: LineSpan; file: string }
  /** All of the new text so far, whole lines; for a commit message, all of it so far. */
  | { type: "text"; text: string };

export type TaskResult =
  | { kind: "edit"; target: LineSpan; file: string; text: string }
  /** The answer is no edit that could be applied: it is shown as chat, with the reason. */
  | { kind: "chat"; question: string; text: string; reason: string }
  | { kind: "names"; names: string[] }
  | { kind: "message"; text: string }
  | { kind: "cancelled" };

export const taskProgress = new ProgressType<TaskProgress>();
export const task = new RequestType<TaskRequest & { progressToken: number }, TaskResult, void>("task");
/** Fits code out of an answer to a place: the edit that puts it there, or "chat" with the reason why it does not fit. */
export const fitCode = new RequestType<{ code: CodeContext; text: string }, TaskResult, void>("task/fit");
/** A command is about to be given for this place: its prompt is computed ahead. */
export const taskExpected = new NotificationType<{ code: CodeContext }>("task/expected");
/** Puts an exchange that took place outside of the chat into a conversation. */
export const chatRecord = new RequestType<
  { conversation: string; question: string; answer: string; note: string },
  null,
  void
>("chat/record");

// --- models ------------------------------------------------------------------------------------------------------

export type ModelState = "available" | "partial" | "downloading" | "installed";

/** A model of the catalog, or another one that is in the folder of models. */
export interface ModelRow {
  id: string;
  name: string;
  state: ModelState;
  /** Where it is; "" unless installed. */
  path: string;
  /** Bytes to download, or on the disk when installed. */
  bytes: number;
  /** Of a download that was interrupted. */
  partialBytes: number;
  /** What it is good for. */
  goodFor: string;
  /** Memory, and speed as measured here, in words. */
  needs: string;
  /** Whether this machine can run it. */
  fits: boolean;
  licence: { name: string; url: string };
  source: string;
  /** Only the packed form is left. */
  packed: boolean;
  /** Why it cannot be used; "" when it can. */
  obstacle: string;
}

export interface ModelProgress {
  id: string;
  name: string;
  /** One line for people, e.g. "312 of 1,188 MB, 2 minutes left". */
  text: string;
  done: number;
  /** 0 until it is known. */
  total: number;
}

export const modelList = new RequestType0<ModelRow[], void>("model/list");
/** Gives the path of the model, which is downloaded and verified. Cancelling the request pauses the download. */
export const modelDownload = new RequestType<{ id: string }, string, void>("model/download");
export const modelProgress = new NotificationType<ModelProgress>("model/progress");
/** Deletes a model, or what there is of one. */
export const modelRemove = new RequestType<{ id: string }, null, void>("model/remove");
/** Keeps the packed form alone, and gives its path. */
export const modelCompact = new RequestType<{ id: string }, string, void>("model/compact");
/** Measures the machine; one line for people. */
export const machineBench = new RequestType0<string, void>("machine/bench");
