/** The thoughts that some models write down before their answer. */
import type { TextStage } from "./textStage.ts";

const THOUGHTS: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
  ["◁think▷", "◁/think▷"],
];

/** Leaves out what a model writes down as its thoughts at the beginning of an answer. Such a mark further on is text. */
export class WithoutThoughts implements TextStage {
  /** Whether the model is thinking at the moment. */
  isThinking = false;
  #state: "start" | "thoughts" | "answer" = "start";
  #close = "";
  #held = "";

  take(piece: string): string {
    if (this.#state === "answer") return piece;
    this.#held += piece;
    if (this.#state === "start") {
      const head = this.#held.trimStart();
      const found = THOUGHTS.find(([open]) => head.startsWith(open));
      if (found === undefined) {
        return head === "" || THOUGHTS.some(([open]) => open.startsWith(head)) ? "" : this.#answer(this.#held);
      }
      [, this.#close] = found;
      this.#state = "thoughts";
      this.isThinking = true;
    }
    const end = this.#held.indexOf(this.#close);
    return end === -1 ? "" : this.#answer(this.#held.slice(end + this.#close.length));
  }

  end(): string {
    const held = this.#state === "start" ? this.#held : "";
    this.#held = "";
    return held;
  }

  #answer(text: string): string {
    this.isThinking = false;
    this.#held = "";
    // White space between the thoughts and the answer may come in a piece of its own.
    const answer = this.#close === "" ? text : text.trimStart();
    this.#state = answer === "" ? "start" : "answer";
    return answer;
  }
}
