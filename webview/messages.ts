/**
 * Every message between the chat page and its host. Both sides check what they receive: the page is the part of the
 * extension that shows text of unknown origin.
 */
import type { ChatStats } from "../engine/protocol/chat.ts";
import type { ChatEvent, ChatTurn, ContextMeter, ConversationView } from "../engine/protocol/conversations.ts";
import { flag, list, number, one, parse, record, type Shapes, text } from "./shape.ts";

export type { ChatTurn, ContextMeter, ConversationView } from "../engine/protocol/conversations.ts";

/** What will go with the next question. */
export interface Chip {
  id: number;
  kind: "selection" | "file" | "problem" | "terminal";
  label: string;
}

/** An offer for what is being typed after "@" or "/". */
export interface Offer {
  /** Sent back when it is chosen. */
  id: string;
  label: string;
  detail: string;
}

/** What the page can do on its own account. */
export interface PageState {
  /** A line above the conversation; "" for none. */
  note: string;
  /** The note is about the model, and another one can be chosen. */
  chooseModel: boolean;
  canAsk: boolean;
  /** The engine lives: an answer that is being written goes on. */
  alive: boolean;
}

export type ToPage =
  | ChatEvent
  | ({ type: "state" } & PageState)
  | { type: "chips"; chips: Chip[] }
  /** The answer to "complete" with the same number. */
  | { type: "offers"; request: number; offers: Offer[] }
  /** The cursor goes to the input. */
  | { type: "focus" };

export type FromPage =
  /** The page listens now. */
  | { type: "ready" }
  | { type: "ask"; text: string }
  | { type: "edit"; turn: number; text: string }
  | { type: "regenerate"; turn: number }
  | { type: "continue"; turn: number }
  | { type: "delete"; turn: number }
  | { type: "stop" }
  | { type: "complete"; request: number; trigger: "@" | "/"; query: string }
  /** An offer after "@" was chosen. */
  | { type: "attach"; offer: string }
  | { type: "detach"; chip: number }
  | { type: "copy"; text: string }
  | { type: "insert"; code: string }
  | { type: "newFile"; code: string; language: string }
  | { type: "apply"; code: string }
  | { type: "link"; address: string }
  | { type: "chooseModel" };

const turn = { turn: number };
const stats = record<ChatStats>({
  promptTokens: number,
  cachedTokens: number,
  decodedTokens: number,
  prefillMs: number,
  decodeMs: number,
});
const chatTurn = record<ChatTurn>(
  {
    id: number,
    role: one("user", "assistant"),
    text,
    state: one("writing", "done", "stopped", "length", "loop", "interrupted", "failed"),
    note: text,
    attached: list(text),
    stats,
  },
  ["stats"],
);

const FROM_PAGE: Shapes<FromPage> = {
  ready: record({}),
  ask: record({ text }),
  edit: record({ ...turn, text }),
  regenerate: record(turn),
  continue: record(turn),
  delete: record(turn),
  stop: record({}),
  complete: record({ request: number, trigger: one("@", "/"), query: text }),
  attach: record({ offer: text }),
  detach: record({ chip: number }),
  copy: record({ text }),
  insert: record({ code: text }),
  newFile: record({ code: text, language: text }),
  apply: record({ code: text }),
  link: record({ address: text }),
  chooseModel: record({}),
};

const TO_PAGE: Shapes<ToPage> = {
  conversation: record({
    conversation: record<ConversationView>({ id: text, title: text, turns: list(chatTurn), foldedUpTo: number }),
  }),
  turn: record({ turn: chatTurn }),
  text: record({ turn: number, text }),
  fold: record({ upTo: number }),
  title: record({ title: text }),
  meter: record({
    meter: record<ContextMeter>({ limit: number, used: number, reserved: number, leftOut: list(text) }),
  }),
  problem: record({ text }),
  state: record({ note: text, chooseModel: flag, canAsk: flag, alive: flag }),
  chips: record({
    chips: list(record<Chip>({ id: number, kind: one("selection", "file", "problem", "terminal"), label: text })),
  }),
  offers: record({ request: number, offers: list(record<Offer>({ id: text, label: text, detail: text })) }),
  focus: record({}),
};

/** The message, or undefined when it is none of ours. */
export function parseFromPage(value: unknown): FromPage | undefined {
  return parse<FromPage>(FROM_PAGE, value);
}

/** The message, or undefined when it is none of ours. */
export function parseToPage(value: unknown): ToPage | undefined {
  return parse<ToPage>(TO_PAGE, value);
}
