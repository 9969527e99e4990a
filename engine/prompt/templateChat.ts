/**
 * The chat form that a model's own template describes. The template is run with stand-ins for the messages, and the
 * messages are inserted afterwards as plain text. So what people write never becomes a marker, whatever the template
 * does.
 */
import type { ChatMessage } from "../protocol/chat.ts";
import type { ChatProfile, ChatPrompt, ChatPromptOptions } from "./chatTemplate.ts";
import { newestMessagesThatFit } from "./messagesThatFit.ts";
import { joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";
import { type TemplateMessage, TemplateRenderer } from "./templateRenderer.ts";
import { withoutThoughts } from "./thoughts.ts";

/** Stand-ins made of characters that no text has (Unicode's private use area), for message number N, BOS and EOS. */
const OPEN = "\uf8f0";
const CLOSE = "\uf8f1";
const BOS = "\uf8f2";
const EOS = "\uf8f3";
const STAND_INS = /\uf8f0(\d+)\uf8f1|[\uf8f2\uf8f3]/g;
/** How special tokens may be written: `<|im_start|>`, `<s>`, `[INST]`. Only those that really are tokens count. */
const MARKERS = /<[^<>\s]{1,64}>|\[\/?[A-Z_]{1,32}\]/g;
/** How often a prompt that is still too long is cut again. */
const ATTEMPTS = 6;

/** A piece of a rendered text: markup of the template, a message by its number, or the token of BOS or EOS. */
type Piece = { kind: "markup"; text: string } | { kind: "message"; index: number } | { kind: "token"; id: number };

/**
 * The profile that a template describes.
 *
 * @param fallback the form that is used when the template cannot be run or does not write each message exactly once,
 * and for conversations that it refuses.
 */
export function templateChat(tokenizer: PromptTokenizer, template: string, fallback: ChatProfile): ChatProfile {
  if (template === "") return fallback;
  try {
    return new TemplateChat(tokenizer, template, fallback);
  } catch {
    return fallback;
  }
}

class TemplateChat implements ChatProfile {
  readonly answers = true;
  readonly thinks: boolean;
  readonly emptyTokens: number;
  readonly #fallback: ChatProfile;
  readonly #tokenizer: PromptTokenizer;
  readonly #renderer: TemplateRenderer;
  /** Whether the system message becomes the beginning of the first question, because the template has none. */
  readonly #foldsSystem: boolean;
  /** The most tokens of markup around a message. */
  readonly #turnTokens: number;
  readonly #stop: string[];
  readonly #stopTokens: Uint32Array;

  constructor(tokenizer: PromptTokenizer, template: string, fallback: ChatProfile) {
    this.#fallback = fallback;
    this.#tokenizer = tokenizer;
    this.#renderer = new TemplateRenderer(template);
    const question: ChatMessage = { role: "user", content: "" };
    const turns: ChatMessage[] = [question, { role: "assistant", content: "" }, question];
    const withSystem: ChatMessage[] = [{ role: "system", content: "" }, ...turns];
    this.#foldsSystem = !this.#canRender(withSystem);
    const length = (messages: ChatMessage[], opens: boolean) => this.#tokens(messages, { opens }).length;
    const alone = length([question], false);
    const many = length(turns, false);
    const more = this.#foldsSystem ? 0 : length(withSystem, false) - many;
    this.#turnTokens = Math.max(1, many - alone, more);
    this.emptyTokens = alone + Math.max(0, length(turns, true) - many);
    const { stop, stopTokens } = this.#endOfAnswer(turns);
    this.#stop = stop;
    this.#stopTokens = stopTokens;
    const opened = (isThinking: boolean) => this.#render([question], { opens: true, isThinking });
    this.thinks = opened(true) !== opened(false);
  }

  cost(message: ChatMessage): number {
    return this.#turnTokens + this.#tokenizer.encode(this.#contentOf(message)).length;
  }

  build(messages: ChatMessage[], budget: number, options: ChatPromptOptions = {}): ChatPrompt {
    const { opening = "" } = options;
    let room = budget - this.emptyTokens - this.#tokenizer.encode(opening).length;
    let tokens: Uint32Array = new Uint32Array();
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const kept = newestMessagesThatFit(messages, room, (message) => this.cost(message));
        tokens = this.#tokens(kept, { ...options, opens: true });
        if (tokens.length <= budget) break;
        room -= tokens.length - budget;
      }
    } catch {
      return this.#fallback.build(messages, budget, options);
    }
    return { tokens, stop: this.#stop, stopTokens: this.#stopTokens };
  }

  #canRender(messages: ChatMessage[]): boolean {
    try {
      this.#pieces(messages, { opens: false });
      return true;
    } catch {
      return false;
    }
  }

  /** The text of a message in a prompt; for an earlier answer, without its thoughts. */
  #contentOf({ role, content }: ChatMessage): string {
    return (role === "assistant" ? withoutThoughts(content) : content).trim();
  }

  #render(messages: readonly ChatMessage[], { opens = false, isThinking = false }): string {
    const stands = messages.map(({ role }, i): TemplateMessage => ({ role, content: `${OPEN}${i}${CLOSE}` }));
    if (this.#foldsSystem && stands[0]?.role === "system") {
      const [system, first] = stands;
      if (first === undefined) stands[0] = { ...system, role: "user" } as TemplateMessage;
      else stands.splice(0, 2, { ...first, content: `${system?.content}\n\n${first.content}` });
    }
    return this.#renderer.render({
      messages: stands,
      add_generation_prompt: opens,
      enable_thinking: isThinking,
      bos_token: BOS,
      eos_token: EOS,
    });
  }

  /** @throws Error when a message is missing or written twice. */
  #pieces(messages: readonly ChatMessage[], options: { opens?: boolean; isThinking?: boolean }): Piece[] {
    const { bos, eos } = this.#tokenizer.special;
    const text = this.#render(messages, options);
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of text.matchAll(STAND_INS)) {
      if (match.index > end) pieces.push({ kind: "markup", text: text.slice(end, match.index) });
      if (match[1] !== undefined) pieces.push({ kind: "message", index: Number(match[1]) });
      else pieces.push({ kind: "token", id: match[0] === BOS ? bos : eos });
      end = match.index + match[0].length;
    }
    if (end < text.length) pieces.push({ kind: "markup", text: text.slice(end) });
    const written = pieces.flatMap((piece) => (piece.kind === "message" ? [piece.index] : [])).sort((a, b) => a - b);
    if (written.length !== messages.length || written.some((index, i) => index !== i)) {
      throw new Error("The chat template does not write every message once.");
    }
    return pieces;
  }

  #tokens(
    messages: readonly ChatMessage[],
    options: { opens?: boolean; isThinking?: boolean; opening?: string },
  ): Uint32Array {
    const { bos, addBos } = this.#tokenizer.special;
    const run = new TokenRun(this.#tokenizer);
    for (const piece of this.#pieces(messages, options)) {
      if (piece.kind === "token") run.token(piece.id);
      else if (piece.kind === "markup") run.markup(piece.text);
      else {
        const message = messages[piece.index];
        if (message !== undefined) run.plain(this.#contentOf(message));
      }
    }
    run.plain(options.opening ?? "");
    const tokens = run.end();
    return addBos && bos >= 0 && tokens[0] !== bos ? joinTokens([bos, tokens]) : tokens;
  }

  /** How an answer ends: with the special tokens that the template writes after it, or else with the text there. */
  #endOfAnswer(turns: readonly ChatMessage[]): { stop: string[]; stopTokens: Uint32Array } {
    const { eos, eot } = this.#tokenizer.special;
    const pieces = this.#pieces(turns, {});
    const positionOf = (index: number) =>
      pieces.findIndex((piece) => piece.kind === "message" && piece.index === index);
    const between = pieces.slice(positionOf(1) + 1, positionOf(2));
    const ids = between.flatMap((piece) => {
      if (piece.kind === "token") return [piece.id];
      return piece.kind === "markup" ? markersIn(piece.text, this.#tokenizer).map(({ id }) => id) : [];
    });
    const text = between.flatMap((piece) => (piece.kind === "markup" ? piece.text.trim() : [])).join("");
    const stop = ids.length === 0 && text !== "" ? [text.split("\n")[0] ?? text] : [];
    return { stop, stopTokens: tokenSet(eos, eot, ...ids) };
  }
}

/** Text and tokens one after another. Adjacent texts are encoded together, as they would be in a whole text. */
class TokenRun {
  readonly #tokenizer: PromptTokenizer;
  readonly #parts: (Uint32Array | number)[] = [];
  #text = "";

  constructor(tokenizer: PromptTokenizer) {
    this.#tokenizer = tokenizer;
  }

  plain(text: string): void {
    this.#text += text;
  }

  token(id: number): void {
    this.#flush();
    this.#parts.push(id);
  }

  markup(text: string): void {
    let end = 0;
    for (const { index, length, id } of markersIn(text, this.#tokenizer)) {
      this.#text += text.slice(end, index);
      this.token(id);
      end = index + length;
    }
    this.#text += text.slice(end);
  }

  end(): Uint32Array {
    this.#flush();
    return joinTokens(this.#parts);
  }

  #flush(): void {
    if (this.#text !== "") this.#parts.push(this.#tokenizer.encode(this.#text));
    this.#text = "";
  }
}

function markersIn(text: string, tokenizer: PromptTokenizer): { index: number; length: number; id: number }[] {
  return [...text.matchAll(MARKERS)]
    .map((match) => ({ index: match.index, length: match[0].length, id: tokenizer.idOf(match[0]) }))
    .filter(({ id }) => id >= 0);
}
