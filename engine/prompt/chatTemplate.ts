/** Turns a conversation into a prompt. */
import type { ChatMessage } from "../protocol/chat.ts";
import { newestMessagesThatFit } from "./messagesThatFit.ts";
import { joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";
import { templateChat } from "./templateChat.ts";
import { THOUGHTS, withoutThoughts } from "./thoughts.ts";

export interface ChatPrompt {
  tokens: Uint32Array;
  stop: string[];
  stopTokens: Uint32Array;
}

export interface ChatPromptOptions {
  /** The beginning of the answer, which is written already and is not generated. Default "". */
  opening?: string;
  /** Whether a model that can think aloud may do so before it answers. Default false. */
  isThinking?: boolean;
}

export interface ChatProfile {
  /** False when the model was trained on code alone and can only continue a text. */
  readonly answers: boolean;
  /** Whether the model can think aloud before it answers. */
  readonly thinks: boolean;
  /** The tokens of a prompt without messages. */
  readonly emptyTokens: number;
  /**
   * @param budget the tokens that the prompt may have. The oldest messages except the system's are left out until it
   * fits. The last message is cut at its beginning if it alone is too long.
   */
  build(messages: ChatMessage[], budget: number, options?: ChatPromptOptions): ChatPrompt;
  /** The tokens that a message takes in a prompt. */
  cost(message: ChatMessage): number;
}

const ROLE: Record<ChatMessage["role"], string> = { system: "System", user: "User", assistant: "Assistant" };

/**
 * How the loaded model is given a conversation: by the template in its file, or in a known form if there is no template or
 * it cannot be run.
 *
 * @param template of the kind that `transformers` uses.
 */
export function chatProfile(tokenizer: PromptTokenizer, template = ""): ChatProfile {
  return templateChat(tokenizer, template, knownChat(tokenizer, template));
}

function knownChat(tokenizer: PromptTokenizer, template: string): ChatProfile {
  const form = turnForm(template);
  if (form !== undefined) return markedChat(tokenizer, form);
  const { eot, fimMiddle } = tokenizer.special;
  const hasTurns = eot >= 0 && tokenizer.idOf("<|eot_id|>") === eot;
  return hasTurns && fimMiddle < 0 ? bitnetChat(tokenizer) : commentChat(tokenizer);
}

/**
 * The form of BitNet b1.58 2B4T: BOS, then `Role: content<|eot_id|>` for each message with nothing between them, then
 * `Assistant: `. The model ends a turn with one of two tokens; both stop it.
 */
export function bitnetChat(tokenizer: PromptTokenizer): ChatProfile {
  const { bos, eos, eot } = tokenizer.special;
  const encode = (text: string) => tokenizer.encode(text);
  const turn = (message: ChatMessage) => joinTokens([encode(`${ROLE[message.role]}: ${message.content.trim()}`), eot]);
  return counted({
    answers: true,
    thinks: false,
    cost: (message) => turn(message).length,
    build(messages, budget, { opening: written = "" } = {}) {
      const opening = encode(`${ROLE.assistant}: ${written}`);
      const tokens = turnsThatFit(messages, budget - opening.length - 1, turn);
      return { tokens: joinTokens([bos, ...tokens, opening]), stop: [], stopTokens: tokenSet(eos, eot) };
    },
  });
}

/** For models without turns: the conversation as comments of a source file, which the model continues. */
export function commentChat(tokenizer: PromptTokenizer): ChatProfile {
  const { bos, eos, eot, addBos, fimPrefix, fimSuffix, fimMiddle } = tokenizer.special;
  const encode = (text: string) => tokenizer.encode(text);
  const turn = (message: ChatMessage) => {
    const lines = `${ROLE[message.role]}: ${message.content.trim()}`.split("\n");
    return encode(lines.map((line) => `// ${line}\n`).join(""));
  };
  return counted({
    answers: false,
    thinks: false,
    cost: (message) => turn(message).length,
    build(messages, budget, { opening: written = "" } = {}) {
      const opening = encode(`// ${ROLE.assistant}:${written && ` ${written.replaceAll("\n", "\n// ")}`}`);
      const tokens = turnsThatFit(messages, budget - opening.length - 1, turn);
      return {
        tokens: joinTokens([addBos ? bos : -1, ...tokens, opening]),
        stop: ["\n\n\n", `\n// ${ROLE.user}:`, `\n// ${ROLE.assistant}:`],
        stopTokens: tokenSet(eos, eot, tokenizer.idOf("<|file|>"), fimPrefix, fimSuffix, fimMiddle),
      };
    },
  });
}

function counted(profile: Omit<ChatProfile, "emptyTokens">): ChatProfile {
  return { ...profile, emptyTokens: profile.build([], Number.POSITIVE_INFINITY).tokens.length };
}

/** How a turn is written: the marker, role and content, and its end. */
interface TurnForm {
  begin(role: ChatMessage["role"]): string;
  /** What is between the marker and the content. */
  header(role: ChatMessage["role"]): (string | { marker: string })[];
  /** The marker that ends a turn; "" when there is none and only `tail` follows. */
  end: string;
  /** Whether an answer's turn ends with the token for the end of a text. */
  endsWithEos: boolean;
  /** The text between a turn's end and the next turn. */
  tail: string;
  /** Whether the model first thinks aloud, unless the answer begins with empty thoughts in their markers. */
  thinks: boolean;
}

function turnForm(template: string): TurnForm | undefined {
  // ChatML.
  if (template.includes("<|im_start|>")) {
    const header = (role: string) => [`${role}\n`];
    // Qwen3's templates have a switch for thinking, and leave thoughts out of earlier answers.
    const thinks = template.includes("enable_thinking");
    return { begin: () => "<|im_start|>", header, end: "<|im_end|>", endsWithEos: false, tail: "\n", thinks };
  }
  // LLaMA 3.
  if (template.includes("<|start_header_id|>")) {
    const header = (role: string) => [role, { marker: "<|end_header_id|>" }, "\n\n"];
    return {
      begin: () => "<|start_header_id|>",
      header,
      end: "<|eot_id|>",
      endsWithEos: false,
      tail: "",
      thinks: false,
    };
  }
  // Falcon 3.
  if (template.includes("<|user|>") && template.includes("<|assistant|>") && !template.includes("<|end|>")) {
    const endsWithEos = template.includes("eos_token");
    return { begin: (role) => `<|${role}|>`, header: () => ["\n"], end: "", endsWithEos, tail: "\n", thinks: false };
  }
  return undefined;
}

/**
 * Turns between markers that are single tokens if the vocabulary has them. What people write never becomes a marker.
 */
function markedChat(tokenizer: PromptTokenizer, form: TurnForm): ChatProfile {
  const { bos, eos, eot, addBos } = tokenizer.special;
  const mark = (marker: string): Uint32Array | number => {
    const id = tokenizer.idOf(marker);
    return id >= 0 ? id : tokenizer.encode(marker);
  };
  // The text between two markers is encoded as one piece.
  const open = (role: ChatMessage["role"], content: string) => {
    const parts: (Uint32Array | number)[] = [mark(form.begin(role))];
    let text = "";
    for (const part of form.header(role)) {
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
    const { parts, text } = open(role, turnText(role, content, form));
    const eosHere = form.endsWithEos && role === "assistant";
    if (form.end === "" && !eosHere) return joinTokens([...parts, tokenizer.encode(text + form.tail)]);
    const end = eosHere ? eos : mark(form.end);
    return joinTokens([...parts, tokenizer.encode(text), end, tokenizer.encode(form.tail)]);
  };
  const stop = [form.end, form.begin("user")].filter((marker) => marker !== "" && tokenizer.idOf(marker) < 0);
  const stopTokens = tokenSet(eos, eot, tokenizer.idOf(form.end), tokenizer.idOf(form.begin("user")));
  return counted({
    answers: true,
    thinks: form.thinks,
    cost: (message) => turn(message).length,
    build(messages, budget, { opening: written = "", isThinking = false } = {}) {
      const skipsThoughts = form.thinks && !isThinking;
      const { parts, text } = open("assistant", skipsThoughts ? "" : written);
      const rest = [mark(THOUGHTS.open), tokenizer.encode("\n\n"), mark(THOUGHTS.close)];
      const opening = joinTokens([
        ...parts,
        tokenizer.encode(text),
        ...(skipsThoughts ? [...rest, tokenizer.encode(`\n\n${written}`)] : []),
      ]);
      const turns = turnsThatFit(messages, budget - opening.length - 1, turn);
      return { tokens: joinTokens([addBos ? bos : -1, ...turns, opening]), stop, stopTokens };
    },
  });
}

/** The text of a turn; for an earlier answer, what comes after its thoughts. */
function turnText(role: ChatMessage["role"], content: string, { thinks }: TurnForm): string {
  return (thinks && role === "assistant" ? withoutThoughts(content) : content).trim();
}

/** The turns that fit: the system message and as many of the newest as possible, at least the last. */
function turnsThatFit(
  messages: ChatMessage[],
  budget: number,
  encodeTurn: (message: ChatMessage) => Uint32Array,
): Uint32Array[] {
  return newestMessagesThatFit(messages, budget, (message) => encodeTurn(message).length).map(encodeTurn);
}
