/**
 * Every message between the chat page and its host. Both sides check what they receive, because the page is the part of
 * the extension that shows text of unknown origin. The schemas are the declarations; the types are derived from them.
 */
import * as v from "valibot";
import type { ChatEvent, ChatTurn, ContextMeter, ConversationView } from "../engine/protocol/conversations.ts";

export type { ChatTurn, ContextMeter, ConversationView } from "../engine/protocol/conversations.ts";

/** Far longer than anything that people type or a model writes. */
const MAX_LENGTH = 1_000_000;

const text = v.pipe(v.string(), v.maxLength(MAX_LENGTH));
const number = v.pipe(v.number(), v.finite());
const turnId = { turn: number };

const fromPage = v.variant("type", [
  /** The page is ready to receive messages. */
  v.object({ type: v.literal("ready") }),
  v.object({ type: v.literal("ask"), text }),
  v.object({ type: v.literal("edit"), ...turnId, text }),
  v.object({ type: v.literal("regenerate"), ...turnId }),
  v.object({ type: v.literal("continue"), ...turnId }),
  v.object({ type: v.literal("delete"), ...turnId }),
  /** Takes out one of what is attached to a question. */
  v.object({ type: v.literal("detachFrom"), ...turnId, index: number }),
  v.object({ type: v.literal("stop") }),
  /** Asks what to offer for the word that is being typed after "@" or "/". */
  v.object({ type: v.literal("complete"), request: number, trigger: v.picklist(["@", "/"]), query: text }),
  /** An offer after "@" was chosen. */
  v.object({ type: v.literal("attach"), offer: text }),
  v.object({ type: v.literal("detach"), chip: number }),
  v.object({ type: v.literal("copy"), text }),
  v.object({ type: v.literal("insert"), code: text }),
  v.object({ type: v.literal("newFile"), code: text, language: text }),
  /** `turn` is the number of the answer with the code. */
  v.object({ type: v.literal("apply"), code: text, turn: v.exactOptional(number) }),
  v.object({ type: v.literal("link"), address: text }),
  /** Show the list of models. */
  v.object({ type: v.literal("chooseModel") }),
  /** Get the model that the state's offer names. */
  v.object({ type: v.literal("getModel") }),
  /** Let the model think aloud before it answers, or not. */
  v.object({ type: v.literal("think"), isOn: v.boolean() }),
]);

/** Something that will be sent with the next question. */
const chip = v.object({
  id: number,
  kind: v.picklist(["selection", "file", "problem", "terminal"]),
  label: text,
});

/** An offer for the word that is being typed after "@" or "/". */
const offer = v.object({
  /** Sent back when it is chosen. */
  id: text,
  label: text,
  detail: text,
});

/** What the page can do. */
const pageState = v.object({
  /** A sentence above the conversation; "" for none. */
  note: text,
  /** Whether another model has to be chosen, because the one in use does not answer questions. */
  chooseModel: v.boolean(),
  /** The label of the button that gets a model which answers questions; "" for no button. */
  offer: text,
  canAsk: v.boolean(),
  /** Whether the engine is running, so that an answer that is being written continues. */
  alive: v.boolean(),
  /** Whether the model thinks aloud before it answers; absent when it cannot. */
  thinking: v.exactOptional(v.boolean()),
});

const chatTurn: v.GenericSchema<unknown, ChatTurn> = v.object({
  id: number,
  role: v.picklist(["user", "assistant"]),
  text,
  thoughts: v.exactOptional(text),
  state: v.picklist(["writing", "done", "stopped", "length", "loop", "interrupted", "failed"]),
  note: text,
  attached: v.array(text),
  canDetach: v.exactOptional(v.boolean()),
  stats: v.exactOptional(
    v.object({
      promptTokens: number,
      cachedTokens: number,
      decodedTokens: number,
      prefillMs: number,
      decodeMs: number,
    }),
  ),
});
const conversation: v.GenericSchema<unknown, ConversationView> = v.object({
  id: text,
  title: text,
  turns: v.array(chatTurn),
  foldedUpTo: number,
});
const contextMeter: v.GenericSchema<unknown, ContextMeter> = v.object({
  limit: number,
  used: number,
  reserved: number,
  leftOut: v.array(text),
});

/** The engine's events about a conversation, which are passed on unchanged. */
const chatEvents = [
  v.object({ type: v.literal("conversation"), conversation }),
  v.object({ type: v.literal("turn"), turn: chatTurn }),
  v.object({ type: v.literal("text"), ...turnId, text }),
  v.object({ type: v.literal("thought"), ...turnId, text }),
  v.object({ type: v.literal("fold"), upTo: number }),
  v.object({ type: v.literal("title"), title: text }),
  v.object({ type: v.literal("meter"), meter: contextMeter }),
  v.object({ type: v.literal("problem"), text }),
] as const;

const toPage = v.variant("type", [
  ...chatEvents,
  v.object({ type: v.literal("state"), ...pageState.entries }),
  v.object({ type: v.literal("chips"), chips: v.array(chip) }),
  /** The answer to "complete" with the same number. */
  v.object({ type: v.literal("offers"), request: number, offers: v.array(offer) }),
  /** Moves the cursor to the input. */
  v.object({ type: v.literal("focus") }),
  /** Returns a question that could not be asked to the input. */
  v.object({ type: v.literal("draft"), text }),
]);

export type Chip = v.InferOutput<typeof chip>;
export type Offer = v.InferOutput<typeof offer>;
export type PageState = v.InferOutput<typeof pageState>;
export type FromPage = v.InferOutput<typeof fromPage>;
export type ToPage = v.InferOutput<typeof toPage>;

/** Does not compile unless every event of the engine has a schema. */
type PassedOn = v.InferOutput<(typeof chatEvents)[number]>;
true satisfies ChatEvent extends PassedOn ? true : false;

/** The message, or undefined when it is not one of the page's. */
export function parseFromPage(value: unknown): FromPage | undefined {
  const result = v.safeParse(fromPage, value);
  return result.success ? result.output : undefined;
}

/** The message, or undefined when it is not one of the host's. */
export function parseToPage(value: unknown): ToPage | undefined {
  const result = v.safeParse(toPage, value);
  return result.success ? result.output : undefined;
}
