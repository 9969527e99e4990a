/** Conversations with the chat, which the engine keeps on disk. */
import { NotificationType, RequestType } from "vscode-jsonrpc";
import type { ChatStats } from "./chat.ts";
import type { CodeContext } from "./tasks.ts";

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

/** A file that a question is about. */
export interface Subject {
  /** Relative to the workspace folder. */
  path: string;
  /** The lines in question as they were; "" for the whole file. */
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

/** The files that an answer is about, the first one first; none where the question was about no file. */
export const chatSubjects = new RequestType<{ conversation: string; turn: number }, Subject[], void>("chat/subjects");

/** Puts an exchange that took place outside of the chat into a conversation. */
export const chatRecord = new RequestType<
  { conversation: string; question: string; answer: string; note: string; about?: Subject[] },
  null,
  void
>("chat/record");
