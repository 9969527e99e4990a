/**
 * How a conversation becomes a prompt.
 */
import type { ChatMessage } from "../protocol.ts";
import { joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";

export interface ChatPrompt {
  tokens: Uint32Array;
  stop: string[];
  stopTokens: Uint32Array;
}

export interface ChatProfile {
  /** False when the model was trained on code alone and will only go on writing. */
  readonly answers: boolean;
  /**
   * @param budget tokens the prompt may have. The oldest messages but the system's are left out until it fits; the
   *   last message is cut at its beginning when it alone is too long.
   * @param opening what the answer begins with, already written; it is no part of what is generated.
   */
  build(messages: ChatMessage[], budget: number, opening?: string): ChatPrompt;
  /** Tokens that a message takes in a prompt. */
  cost(message: ChatMessage): number;
}

const ROLE: Record<ChatMessage["role"], string> = { system: "System", user: "User", assistant: "Assistant" };

/** The conversation form of the loaded model. */
export function chatProfile(tokenizer: PromptTokenizer): ChatProfile {
  const { eot, fimMiddle } = tokenizer.special;
  const hasTurns = eot >= 0 && tokenizer.idOf("<|eot_id|>") === eot;
  return hasTurns && fimMiddle < 0 ? bitnetChat(tokenizer) : commentChat(tokenizer);
}

/**
 * The form of BitNet b1.58 2B4T: BOS, then `Role: content<|eot_id|>` for each message with nothing between, then
 * `Assistant: `. The model ends a turn with either of two tokens; both stop it.
 */
export function bitnetChat(tokenizer: PromptTokenizer): ChatProfile {
  const { bos, eos, eot } = tokenizer.special;
  const encode = (text: string) => tokenizer.encode(text);
  const turn = (message: ChatMessage) => joinTokens([encode(`${ROLE[message.role]}: ${message.content.trim()}`), eot]);
  return {
    answers: true,
    cost: (message) => turn(message).length,
    build(messages, budget, written = "") {
      const opening = encode(`${ROLE.assistant}: ${written}`);
      const tokens = newestThatFit(messages, budget - opening.length - 1, turn);
      return { tokens: joinTokens([bos, ...tokens, opening]), stop: [], stopTokens: tokenSet(eos, eot) };
    },
  };
}

/** For models without turns: the conversation as comments of a source file, to be continued. */
export function commentChat(tokenizer: PromptTokenizer): ChatProfile {
  const { bos, eos, eot, addBos, fimPrefix, fimSuffix, fimMiddle } = tokenizer.special;
  const encode = (text: string) => tokenizer.encode(text);
  const turn = (message: ChatMessage) => {
    const lines = `${ROLE[message.role]}: ${message.content.trim()}`.split("\n");
    return encode(lines.map((line) => `// ${line}\n`).join(""));
  };
  return {
    answers: false,
    cost: (message) => turn(message).length,
    build(messages, budget, written = "") {
      const opening = encode(`// ${ROLE.assistant}:${written && ` ${written.replaceAll("\n", "\n// ")}`}`);
      const tokens = newestThatFit(messages, budget - opening.length - 1, turn);
      return {
        tokens: joinTokens([addBos ? bos : -1, ...tokens, opening]),
        stop: ["\n\n\n", `\n// ${ROLE.user}:`, `\n// ${ROLE.assistant}:`],
        stopTokens: tokenSet(eos, eot, tokenizer.idOf("<|file|>"), fimPrefix, fimSuffix, fimMiddle),
      };
    },
  };
}

/** Turns that fit: the system message and as many of the newest as there is room for, at least the last. */
function newestThatFit(
  messages: ChatMessage[],
  budget: number,
  encodeTurn: (message: ChatMessage) => Uint32Array,
): Uint32Array[] {
  const system = messages[0]?.role === "system" ? encodeTurn(messages[0]) : undefined;
  const rest = system === undefined ? messages : messages.slice(1);
  let room = budget - (system?.length ?? 0);
  const kept: Uint32Array[] = [];
  for (const message of rest.toReversed()) {
    let tokens = encodeTurn(message);
    if (tokens.length > room) {
      if (kept.length > 0) {
        break;
      }
      // The end of a long question says what is wanted; its beginning is the material.
      let content = message.content;
      while (tokens.length > room && content.length > 0) {
        content = content.slice(Math.max(1, Math.ceil(content.length * (1 - room / tokens.length))));
        tokens = encodeTurn({ ...message, content });
      }
    }
    kept.unshift(tokens);
    room -= tokens.length;
  }
  return system === undefined ? kept : [system, ...kept];
}
