/** The engine's state, which it sends whenever it changes (engine -> extension). */
import { NotificationType } from "vscode-jsonrpc";

export type EngineState = "starting" | "ready" | "working" | "failed";

export interface ModelSummary {
  name: string;
  /** Name of the kernel set in use. */
  kernel: string;
  threads: number;
  /** Host that text is sent to; absent when text stays on this machine. */
  destination?: string;
  /** False when the model only continues code, so that it cannot answer questions. */
  chat: boolean;
  /** Whether it can think aloud before it answers, and the setting decides whether it does. Absent: no. */
  thinks?: boolean;
  /** Tokens that a prompt and its answer may have together. */
  contextLength: number;
  /** Tokens of a prompt computed per second, measured on this machine. It decides how long prompts may be. */
  prefillTokensPerSecond: number;
  /** Tokens that a completion's prompt may have. */
  promptTokens: number;
}

/** The number of jobs of one kind. */
export interface LaneLoad {
  running: number;
  waiting: number;
}

/** The engine's jobs. Inline completion goes before chat, and chat before warming. */
export interface Load {
  inline: LaneLoad;
  chat: LaneLoad;
  /** Prompts that are computed in advance. */
  warming: LaneLoad;
}

/** The chat's model, when the settings name a separate one. */
export interface ChatModelStatus {
  state: EngineState;
  /** One line for people. */
  detail: string;
  /** Present once it is loaded. */
  model?: ModelSummary;
}

export interface Status {
  state: EngineState;
  /** One line for people, for example "importing model", or what went wrong and what to do. */
  detail: string;
  /** Present once a model is loaded. */
  model?: ModelSummary;
  /** Present while a model is loaded. Warming alone does not change the state "ready". */
  load?: Load;
  /** Absent when the model of the suggestions also answers questions. */
  chatModel?: ChatModelStatus;
}

export const status = new NotificationType<Status>("status");
