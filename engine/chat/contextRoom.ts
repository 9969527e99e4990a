/**
 * How much of a conversation the model can read: its context, the part reserved for the answer, and the size of each
 * turn.
 */
import type { ChatMessage } from "../protocol/chat.ts";
import type { ContextMeter } from "../protocol/conversations.ts";
import { type Answerer, SYSTEM_MESSAGE } from "./answer.ts";
import { type Conversation, modelTextOf, type StoredTurn } from "./conversation.ts";

/** The tokens of an answer that takes a minute to read; at most a quarter of the context. */
const ANSWER_TOKENS = 1024;
const ANSWER_SHARE = 0.25;

export interface Room {
  /** The whole context in tokens. */
  limit: number;
  /** The most tokens of an answer. */
  maxTokens: number;
  /** The tokens around the messages: the first token, and the opening of the answer. */
  system: number;
  /** The tokens that are left for the turns. */
  turns: number;
  count(text: string): number;
}

export class ContextRoom {
  readonly #answerer: Answerer;
  /** The tokens of the text that the model reads of a turn. */
  readonly #sizes = new WeakMap<StoredTurn, { modelText: string; size: number }>();

  constructor(answerer: Answerer) {
    this.#answerer = answerer;
  }

  /** @throws NotReadyError */
  room(): Room {
    const { backend } = this.#answerer;
    const limit = backend.capabilities.contextTokens;
    const maxTokens = Math.min(ANSWER_TOKENS, Math.floor(limit * ANSWER_SHARE));
    const count = (text: string) => backend.countTokens(text);
    const system = backend.messageTokens(SYSTEM_MESSAGE) + backend.emptyChatTokens;
    return { limit, maxTokens, system, turns: limit - maxTokens - system, count };
  }

  /** The tokens of a turn. @throws NotReadyError */
  size(turn: StoredTurn): number {
    const modelText = modelTextOf(turn);
    const known = this.#sizes.get(turn);
    if (known?.modelText === modelText) {
      return known.size;
    }
    const message: ChatMessage = { role: turn.role, content: modelText };
    const size = this.#answerer.backend.messageTokens(message);
    this.#sizes.set(turn, { modelText, size });
    return size;
  }

  /** @throws NotReadyError */
  meter({ foldedUpTo, turns }: Conversation): ContextMeter {
    const { limit, maxTokens, system } = this.room();
    const read = turns.filter(({ id }) => id > foldedUpTo);
    const folded = turns.length - read.length;
    return {
      limit,
      used: read.reduce((sum, turn) => sum + this.size(turn), system),
      reserved: maxTokens,
      leftOut: [
        ...(folded > 0 ? [`The ${folded} oldest messages: the conversation is longer than the model can read.`] : []),
        ...read.flatMap(({ role, note }) => (role === "user" && note !== "" ? [note] : [])),
      ],
    };
  }
}
