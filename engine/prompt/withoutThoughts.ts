/** Separates the thoughts that some models write before their answer from it. */
import type { TextStage } from "./textStage.ts";

const THOUGHTS: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
  ["◁think▷", "◁/think▷"],
  // The channels of gpt-oss, for servers that do not parse them.
  ["<|channel|>analysis<|message|>", "<|channel|>final<|message|>"],
  ["<|channel|>final<|message|>", "<|channel|>final<|message|>"],
];

/**
 * Passes on an answer without the thoughts that the model writes before it, which go to a callback. A mark of thoughts
 * further on in the answer is text.
 */
export class WithoutThoughts implements TextStage {
  /** Whether the model is thinking at the moment. */
  isThinking = false;
  /** Whether the answer began with thoughts that had only a closing mark. */
  wereUnmarked = false;
  #state: "start" | "thoughts" | "answer" = "start";
  #close = "";
  #held = "";
  #hasThought = false;
  #mayBeUnmarked: boolean;
  readonly #onThought: (text: string) => void;

  /**
   * @param begin "unmarked" when the opening mark may be in the prompt, so that everything is held back until the
   * closing mark.
   * @param onThought called with the thoughts, piece by piece, without their marks; not with those in channels.
   */
  constructor(begin: "marked" | "unmarked" = "marked", onThought: (text: string) => void = () => {}) {
    this.#mayBeUnmarked = begin === "unmarked";
    this.#onThought = onThought;
  }

  /** Takes a thought that a server sends separately from the answer. Then the answer itself has no unmarked thoughts. */
  takeThought(thought: string): void {
    this.#mayBeUnmarked = false;
    this.#think(thought);
  }

  take(piece: string): string {
    if (this.#state === "answer") return piece;
    this.#held += piece;
    if (this.#state === "start") {
      const head = this.#held.trimStart();
      const found = THOUGHTS.find(([open]) => head.startsWith(open));
      if (found === undefined && this.#mayBeUnmarked && head !== "") return this.#afterUnmarked();
      if (found === undefined) {
        return head === "" || THOUGHTS.some(([open]) => open.startsWith(head)) ? "" : this.#answer(this.#held);
      }
      const [open, close] = found;
      this.#close = close;
      // A mark that both opens and closes is left in the text, so that it is found as the closing mark below.
      this.#held = open === close ? head : head.slice(open.length);
      this.#state = "thoughts";
      this.isThinking = true;
    }
    const end = this.#held.indexOf(this.#close);
    if (end !== -1) {
      this.#think(this.#held.slice(0, end));
      return this.#answer(this.#held.slice(end + this.#close.length));
    }
    const certain = this.#held.length - begunLength(this.#held, this.#close);
    this.#think(this.#held.slice(0, certain));
    this.#held = this.#held.slice(certain);
    return "";
  }

  end(): string {
    if (this.#state === "thoughts") this.#think(this.#held);
    return this.#state === "start" ? this.#answer(this.#held) : "";
  }

  #think(text: string): void {
    // The thoughts in channels contain further marks, so they are not passed on.
    if (this.#close.startsWith("<|")) return;
    // Thoughts may consist of line feeds alone.
    const thought = this.#hasThought ? text : text.trimStart();
    if (thought === "") return;
    this.#hasThought = true;
    this.#onThought(thought);
  }

  #afterUnmarked(): string {
    this.isThinking = true;
    for (const [, close] of THOUGHTS) {
      const at = this.#held.indexOf(close);
      if (at === -1) continue;
      this.wereUnmarked = true;
      this.#close = close;
      this.#think(this.#held.slice(0, at));
      return this.#answer(this.#held.slice(at + close.length));
    }
    return "";
  }

  #answer(text: string): string {
    this.isThinking = false;
    this.#mayBeUnmarked = false;
    this.#held = "";
    // White space between the thoughts and the answer may come in a piece of its own.
    const answer = this.#close === "" ? text : text.trimStart();
    this.#state = answer === "" ? "start" : "answer";
    return answer;
  }
}

/** How many characters at the end of a text may be the beginning of a mark. */
function begunLength(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
