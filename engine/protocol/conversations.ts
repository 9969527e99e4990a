/** Conversations with the chat, which the engine keeps on disk. */
import * as v from "valibot";
import { NotificationType } from "vscode-jsonrpc";
import { chatStats } from "./chat.ts";
import { count, number, request, text } from "./checked.ts";
import { codeContext } from "./tasks.ts";

/** What a command, or a word after a slash, asks the model to do. */
export const taskName = v.picklist([
  "explain",
  "refactor",
  "fix",
  "document",
  "tests",
  "edit",
  "name",
  "commit",
  "terminal",
]);
export type TaskName = v.InferOutput<typeof taskName>;

/** Text that is sent with a question. */
export const attachment = v.object({
  kind: v.picklist(["selection", "file", "problem", "terminal"]),
  /** For people, for example "cart.ts:3-9". */
  label: text,
  /** Path relative to the workspace folder; "" when it has none. */
  path: text,
  languageId: text,
  text,
});
export type Attachment = v.InferOutput<typeof attachment>;

/** A file that a question is about. */
export const subject = v.object({
  /** Path relative to the workspace folder. */
  path: text,
  /** The lines in question at the time of the question; "" for the whole file. */
  text,
});
export type Subject = v.InferOutput<typeof subject>;

export const turnState = v.picklist([
  "writing",
  "done",
  /** The user stopped it. */
  "stopped",
  "length",
  "loop",
  /** The engine or the editor ended while it was written, so it can be continued. */
  "interrupted",
  "failed",
]);
export type TurnState = v.InferOutput<typeof turnState>;

export const chatTurn = v.object({
  /** Increases within a conversation. */
  id: number,
  role: v.picklist(["user", "assistant"]),
  text,
  /** What the model thought before its answer. No prompt holds it. */
  thoughts: v.exactOptional(text),
  state: turnState,
  /** A line for people, for example what went wrong or what was left out; "" for none. */
  note: text,
  /** Labels of what was attached to a question. */
  attached: v.array(text),
  /** Each of what is attached can be taken out again. */
  canDetach: v.exactOptional(v.boolean()),
  stats: v.exactOptional(chatStats),
});
export type ChatTurn = v.InferOutput<typeof chatTurn>;

export const conversationView = v.object({
  id: text,
  title: text,
  turns: v.array(chatTurn),
  /** The model no longer reads this turn and the ones before it; 0 for none. */
  foldedUpTo: number,
});
export type ConversationView = v.InferOutput<typeof conversationView>;

export interface ConversationSummary {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  updated: number;
  turns: number;
  /** The text around what a search has found; "" without a search. */
  excerpt: string;
}

/** How full the model's context is, in tokens. */
export const contextMeter = v.object({
  limit: number,
  /** Tokens that are used before the next question. */
  used: number,
  /** Tokens kept free for the answer. */
  reserved: number,
  /** What the model no longer sees, one line each. */
  leftOut: v.array(text),
});
export type ContextMeter = v.InferOutput<typeof contextMeter>;

export const chatAction = v.variant("type", [
  v.object({
    type: v.literal("ask"),
    text,
    attachments: v.array(attachment),
    task: v.exactOptional(taskName),
    code: v.exactOptional(codeContext),
  }),
  /** Asks a question again in other words. What came after it is removed. */
  v.object({ type: v.literal("edit"), turn: number, text }),
  /** Writes an answer again. What came after it is removed. */
  v.object({ type: v.literal("regenerate"), turn: number }),
  /** Continues an answer that ended early. */
  v.object({ type: v.literal("continue"), turn: number }),
  /** Removes a question with its answer. */
  v.object({ type: v.literal("delete"), turn: number }),
  /** Takes out one of what is attached to a question, by its number in the list: the model no longer reads it. */
  v.object({ type: v.literal("detach"), turn: number, index: count }),
  v.object({ type: v.literal("stop") }),
  v.object({ type: v.literal("rename"), title: text }),
  /** Sends the meter again. */
  v.object({ type: v.literal("measure") }),
]);
export type ChatAction = v.InferOutput<typeof chatAction>;

/** The engine's events about a conversation. The chat page gets them unchanged. */
export const chatEvents = [
  v.object({ type: v.literal("conversation"), conversation: conversationView }),
  v.object({ type: v.literal("turn"), turn: chatTurn }),
  v.object({ type: v.literal("text"), turn: number, text }),
  /** More of what the model thinks before its answer. */
  v.object({ type: v.literal("thought"), turn: number, text }),
  v.object({ type: v.literal("fold"), upTo: number }),
  v.object({ type: v.literal("title"), title: text }),
  v.object({ type: v.literal("meter"), meter: contextMeter }),
  /** Something that the user should know, for example that the disk is full. */
  v.object({ type: v.literal("problem"), text }),
] as const;
export type ChatEvent = v.InferOutput<(typeof chatEvents)[number]>;

const conversationId = v.object({ id: text });

/** Opens a conversation by its id; "" is the latest one, "new" an empty one. */
export const chatOpen = request<ConversationView>()("chat/open", conversationId);

/** Answered when the action is done; for questions, when the answer has ended. */
export const chatAct = request<null>()("chat/act", v.object({ conversation: text, action: chatAction }));

export const chatEvent = new NotificationType<{ conversation: string; event: ChatEvent }>("chat/event");

/** Newest first. With a query only those that contain all of its words. */
export const chatList = request<ConversationSummary[]>()("chat/list", v.object({ query: text }));

/** The conversation as Markdown. */
export const chatExport = request<string>()("chat/export", conversationId);

export const chatRemove = request<null>()("chat/remove", conversationId);

/** The files that an answer is about, the first one first; none when the question was not about a file. */
export const chatSubjects = request<Subject[]>()("chat/subjects", v.object({ conversation: text, turn: number }));

/** Adds an exchange that took place outside the chat as a conversation. */
export const chatRecord = request<null>()(
  "chat/record",
  v.object({ conversation: text, question: text, answer: text, note: text, about: v.exactOptional(v.array(subject)) }),
);
