/** Conversations with the chat, which the engine keeps on disk. */
import * as v from "valibot";
import { NotificationType } from "vscode-jsonrpc";
import { chatStats } from "./chat.ts";
import { number, request, text } from "./checked.ts";
import { codeContext } from "./tasks.ts";

/** What a command, or a word after a slash, asks of the model. */
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

/** Text that goes with a question. */
export const attachment = v.object({
  kind: v.picklist(["selection", "file", "problem", "terminal"]),
  /** For people, e.g. "cart.ts:3-9". */
  label: text,
  /** Relative to the workspace folder; "" when it has none. */
  path: text,
  languageId: text,
  text,
});
export type Attachment = v.InferOutput<typeof attachment>;

/** A file that a question is about. */
export const subject = v.object({
  /** Relative to the workspace folder. */
  path: text,
  /** The lines in question as they were; "" for the whole file. */
  text,
});
export type Subject = v.InferOutput<typeof subject>;

export const turnState = v.picklist([
  "writing",
  "done",
  /** The user ended it. */
  "stopped",
  "length",
  "loop",
  /** The engine or the editor went away while it was written: it can be continued. */
  "interrupted",
  "failed",
]);
export type TurnState = v.InferOutput<typeof turnState>;

export const chatTurn = v.object({
  /** Counts up within a conversation. */
  id: number,
  role: v.picklist(["user", "assistant"]),
  text,
  state: turnState,
  /** A line for people about it, e.g. what went wrong or what was left out; "" for none. */
  note: text,
  /** Labels of what went with a question. */
  attached: v.array(text),
  stats: v.exactOptional(chatStats),
});
export type ChatTurn = v.InferOutput<typeof chatTurn>;

export const conversationView = v.object({
  id: text,
  title: text,
  turns: v.array(chatTurn),
  /** The model no longer reads this turn and those before it; 0 for none. */
  foldedUpTo: number,
});
export type ConversationView = v.InferOutput<typeof conversationView>;

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
export const contextMeter = v.object({
  limit: number,
  /** What the next question comes on top of. */
  used: number,
  /** Kept free for the answer. */
  reserved: number,
  /** What the model no longer sees, a line each. */
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
  /** Asks a question anew in other words; what came after it goes away. */
  v.object({ type: v.literal("edit"), turn: number, text }),
  /** Writes an answer anew; what came after it goes away. */
  v.object({ type: v.literal("regenerate"), turn: number }),
  /** Goes on with an answer that ended early. */
  v.object({ type: v.literal("continue"), turn: number }),
  /** Takes out a question with its answer. */
  v.object({ type: v.literal("delete"), turn: number }),
  v.object({ type: v.literal("stop") }),
  v.object({ type: v.literal("rename"), title: text }),
  /** Sends the meter anew. */
  v.object({ type: v.literal("measure") }),
]);
export type ChatAction = v.InferOutput<typeof chatAction>;

/** What the engine says of a conversation; the chat's page gets it as it is. */
export const chatEvents = [
  v.object({ type: v.literal("conversation"), conversation: conversationView }),
  v.object({ type: v.literal("turn"), turn: chatTurn }),
  v.object({ type: v.literal("text"), turn: number, text }),
  v.object({ type: v.literal("fold"), upTo: number }),
  v.object({ type: v.literal("title"), title: text }),
  v.object({ type: v.literal("meter"), meter: contextMeter }),
  /** Something that the user should know, e.g. that the disk is full. */
  v.object({ type: v.literal("problem"), text }),
] as const;
export type ChatEvent = v.InferOutput<(typeof chatEvents)[number]>;

const conversationId = v.object({ id: text });

/** Opens a conversation: by its id, "" for the latest one, "new" for an empty one. */
export const chatOpen = request<ConversationView>()("chat/open", conversationId);

/** Answered when it is done; for questions, when the answer has ended. */
export const chatAct = request<null>()("chat/act", v.object({ conversation: text, action: chatAction }));

export const chatEvent = new NotificationType<{ conversation: string; event: ChatEvent }>("chat/event");

/** Newest first; with a query those that hold all of its words. */
export const chatList = request<ConversationSummary[]>()("chat/list", v.object({ query: text }));

/** The conversation as Markdown. */
export const chatExport = request<string>()("chat/export", conversationId);

export const chatRemove = request<null>()("chat/remove", conversationId);

/** The files that an answer is about, the first one first; none where the question was about no file. */
export const chatSubjects = request<Subject[]>()("chat/subjects", v.object({ conversation: text, turn: number }));

/** Puts an exchange that took place outside of the chat into a conversation. */
export const chatRecord = request<null>()(
  "chat/record",
  v.object({ conversation: text, question: text, answer: text, note: text, about: v.exactOptional(v.array(subject)) }),
);
