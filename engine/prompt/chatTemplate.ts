/**
 * How a conversation becomes a prompt.
 */
import type { ChatMessage } from "../protocol/chat.ts";
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

/**
 * The conversation form of the loaded model.
 * @param template what its file says of that, a template of the kind that `transformers` uses; only known ones are told
 *   apart, none is ever run.
 */
export function chatProfile(tokenizer: PromptTokenizer, template = ""): ChatProfile {
  const form = turnForm(template);
  if (form !== undefined) return markedChat(tokenizer, form);
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

/** How a turn is marked: the marker, role and content, and what ends it. */
interface TurnForm {
  begin(role: ChatMessage["role"]): string;
  /** Between the marker and the content. */
  lead(role: ChatMessage["role"]): (string | { marker: string })[];
  /** Ends a turn; "" where a line feed does. */
  end: string;
  /** An answer's turn ends with the token for the end of a text. */
  endsWithEos: boolean;
  tail: string;
  /** The model thinks aloud first, between these markers, unless the answer begins with them and nothing between. */
  thinking?: { open: string; close: string };
}

function turnForm(template: string): TurnForm | undefined {
  // ChatML.
  if (template.includes("<|im_start|>")) {
    const lead = (role: string) => [`${role}\n`];
    // Qwen3's templates have a switch for thinking, and leave it out of earlier answers.
    const thinking = template.includes("enable_thinking") ? { open: "<think>", close: "</think>" } : undefined;
    const form = { begin: () => "<|im_start|>", lead, end: "<|im_end|>", endsWithEos: false, tail: "\n" };
    return { ...form, ...(thinking && { thinking }) };
  }
  // LLaMA 3.
  if (template.includes("<|start_header_id|>")) {
    const lead = (role: string) => [role, { marker: "<|end_header_id|>" }, "\n\n"];
    return { begin: () => "<|start_header_id|>", lead, end: "<|eot_id|>", endsWithEos: false, tail: "" };
  }
  // Falcon 3.
  if (template.includes("<|user|>") && template.includes("<|assistant|>") && !template.includes("<|end|>")) {
    const endsWithEos = template.includes("eos_token");
    return { begin: (role) => `<|${role}|>`, lead: () => ["\n"], end: "", endsWithEos, tail: "\n" };
  }
  return undefined;
}

/** Turns between markers, which are single tokens where the vocabulary has them. What people write is never one. */
function markedChat(tokenizer: PromptTokenizer, form: TurnForm): ChatProfile {
  const { bos, eos, eot, addBos } = tokenizer.special;
  const mark = (marker: string): Uint32Array | number => {
    const id = tokenizer.idOf(marker);
    return id >= 0 ? id : tokenizer.encode(marker);
  };
  // Text is encoded in one piece between two markers.
  const open = (role: ChatMessage["role"], content: string) => {
    const parts: (Uint32Array | number)[] = [mark(form.begin(role))];
    let text = "";
    for (const part of form.lead(role)) {
      if (typeof part === "string") {
        text += part;
      } else {
        parts.push(tokenizer.encode(text), mark(part.marker));
        text = "";
      }
    }
    return { parts, text: text + content };
  };
  const turn = ({ role, content }: ChatMessage) => {
    const { parts, text } = open(role, said(role, content, form));
    const eosHere = form.endsWithEos && role === "assistant";
    if (form.end === "" && !eosHere) return joinTokens([...parts, tokenizer.encode(text + form.tail)]);
    const end = eosHere ? eos : mark(form.end);
    return joinTokens([...parts, tokenizer.encode(text), end, tokenizer.encode(form.tail)]);
  };
  const stop = [form.end, form.begin("user")].filter((marker) => marker !== "" && tokenizer.idOf(marker) < 0);
  const stopTokens = tokenSet(eos, eot, tokenizer.idOf(form.end), tokenizer.idOf(form.begin("user")));
  return {
    answers: true,
    cost: (message) => turn(message).length,
    build(messages, budget, written = "") {
      const { thinking } = form;
      const { parts, text } = open("assistant", thinking === undefined ? written : "");
      const without = thinking && [mark(thinking.open), tokenizer.encode("\n\n"), mark(thinking.close)];
      const rest = thinking === undefined ? [] : [...(without ?? []), tokenizer.encode(`\n\n${written}`)];
      const opening = joinTokens([...parts, tokenizer.encode(text), ...rest]);
      const turns = newestThatFit(messages, budget - opening.length - 1, turn);
      return { tokens: joinTokens([addBos ? bos : -1, ...turns, opening]), stop, stopTokens };
    },
  };
}

/** What stands in a turn: of an earlier answer what comes after its thinking. */
function said(role: ChatMessage["role"], content: string, { thinking }: TurnForm): string {
  const end = thinking !== undefined && role === "assistant" ? content.lastIndexOf(thinking.close) : -1;
  return (thinking === undefined || end === -1 ? content : content.slice(end + thinking.close.length)).trim();
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
