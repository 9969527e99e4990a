/** The engine's state, which it tells whenever it changes (engine -> extension). */
import { NotificationType } from "vscode-jsonrpc";

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

/** The model of the chat, where the settings name one of its own. */
export interface ChatModelStatus {
  state: EngineState;
  /** One line for people. */
  detail: string;
  /** Present once it is loaded. */
  model?: ModelSummary;
}

export interface Status {
  state: EngineState;
  /** One line for people, e.g. "importing model", or what went wrong and what to do. */
  detail: string;
  /** Present once a model is loaded. */
  model?: ModelSummary;
  /** Present while a model is loaded. Warming alone leaves the state at "ready". */
  load?: Load;
  /** Absent where the model of the suggestions answers questions, too. */
  chatModel?: ChatModelStatus;
}

export const status = new NotificationType<Status>("status");
