/** Removes the thoughts that some models write before their answer. */
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

/** Removes what a model writes as its thoughts at the beginning of an answer. Such a mark further on is text. */
export class WithoutThoughts implements TextStage {
  /** Whether the model is thinking at the moment. */
  isThinking = false;
  /** Whether the answer began with thoughts that had only a closing mark. */
  wereUnmarked = false;
  #state: "start" | "thoughts" | "answer" = "start";
  #close = "";
  #held = "";
  #mayBeUnmarked: boolean;

  /**
   * @param begin "unmarked" when the opening mark may be in the prompt, so that everything is held back until the
   * closing mark.
   */
  constructor(begin: "marked" | "unmarked" = "marked") {
    this.#mayBeUnmarked = begin === "unmarked";
  }

  /** Tells that the server sends thoughts separately, so that an answer without marks has none. */
  areElsewhere(): void {
    this.#mayBeUnmarked = false;
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
      [, this.#close] = found;
      this.#state = "thoughts";
      this.isThinking = true;
    }
    const end = this.#held.indexOf(this.#close);
    return end === -1 ? "" : this.#answer(this.#held.slice(end + this.#close.length));
  }

  end(): string {
    this.isThinking &&= this.#state === "thoughts";
    const held = this.#state === "start" ? this.#held : "";
    this.#held = "";
    return held;
  }

  #afterUnmarked(): string {
    this.isThinking = true;
    for (const [, close] of THOUGHTS) {
      const at = this.#held.indexOf(close);
      if (at === -1) continue;
      this.wereUnmarked = true;
      this.#mayBeUnmarked = false;
      this.#close = close;
      return this.#answer(this.#held.slice(at + close.length));
    }
    return "";
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
