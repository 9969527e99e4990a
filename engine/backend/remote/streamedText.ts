/**
 * Turns what a server streams into the answer that was asked for: without thoughts, without the beginning that was
 * given, without anything after a stop string, and in whole characters. Each stage takes and returns pieces of text.
 */
import type { TextStage } from "../../prompt/textStage.ts";

/** Returns whole characters only, because a pair of surrogates may be split between two events. */
export class WholeCharacters implements TextStage {
  #held = "";

  take(piece: string): string {
    const text = this.#held + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#held = isHalf ? text.slice(-1) : "";
    return isHalf ? text.slice(0, -1) : text;
  }

  end(): string {
    const held = this.#held === "" ? "" : "\ufffd";
    this.#held = "";
    return held;
  }
}

/** The longest introduction before a block of code, in characters. */
const LONGEST_INTRODUCTION = 400;
const INTRODUCTION = /^(sure|here|certainly|of course|below|okay|ok|the following|this is|i['’ ])/i;
const FENCE_LINE = /^[ \t]*(`{3,}(?!`)|~{3,}(?!~))[^\n]*\n/m;

/**
 * Returns the text after the beginning of the answer that was given. Some servers continue that beginning, some repeat
 * it, and some did not get it, because they refuse an answer that was begun.
 */
export class AfterOpening implements TextStage {
  readonly #opening: string;
  readonly #sent: "whole" | "trimmed" | "not";
  #held = "";
  #isThrough: boolean;

  /**
   * @param sent whether the server was given the whole opening, the opening without white space at its end, or none.
   */
  constructor(opening: string, sent: "whole" | "trimmed" | "not") {
    this.#opening = opening;
    this.#sent = sent;
    this.#isThrough = opening === "";
  }

  take(piece: string): string {
    if (this.#isThrough) return piece;
    this.#held += piece;
    const rest = this.#rest();
    return rest === undefined ? "" : this.#through(rest);
  }

  end(): string {
    return this.#isThrough ? "" : this.#through(this.#rest() ?? this.#held);
  }

  #through(text: string): string {
    this.#isThrough = true;
    this.#held = "";
    return text;
  }

  /** The text after the opening; undefined while that cannot be decided. */
  #rest(): string | undefined {
    const opening = this.#opening.trimEnd();
    const head = this.#held.trimStart();
    if (head.length <= opening.length && opening.startsWith(head)) return undefined;
    if (head.startsWith(opening)) return withoutGap(head.slice(opening.length), this.#opening);
    const text = this.#sent === "trimmed" ? withoutGap(this.#held, this.#opening) : this.#held;
    if (!opening.startsWith("```")) return text;
    const mayIntroduce = this.#sent === "not" || INTRODUCTION.test(head);
    const isFence = head.startsWith("```") || "```".startsWith(head);
    if (!isFence && !(mayIntroduce && head.length < LONGEST_INTRODUCTION)) return text;
    const fence = FENCE_LINE.exec(head);
    if (fence === null) return undefined;
    return this.#behindFence(head.slice(fence.index + fence[0].length));
  }

  /** The text after the line that follows the fence in an opening, such as the beginning of a documentation comment. */
  #behindFence(text: string): string | undefined {
    const begun = this.#opening.slice(this.#opening.indexOf("\n") + 1);
    const mark = begun.trim().split("\n")[0] ?? "";
    if (mark === "") return text;
    const head = text.trimStart();
    if (head.length < begun.trim().length && begun.trim().startsWith(head)) return undefined;
    if (head.startsWith(begun.trimEnd())) return withoutGap(head.slice(begun.trimEnd().length), begun);
    return head.startsWith(mark) ? head.slice(mark.length).trimStart() : text;
  }
}

/** The text without the white space that the opening ends with, as far as the text repeats it. */
function withoutGap(text: string, opening: string): string {
  const gap = opening.slice(opening.trimEnd().length);
  let common = 0;
  while (common < gap.length && text[common] === gap[common]) common++;
  return text.slice(common);
}

/** Returns the text before the first of several strings. */
export class StopText implements TextStage {
  /** Whether one of them has been found. */
  found = false;
  #held = "";
  readonly #stops: readonly string[];
  readonly #hold: number;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#hold = Math.max(0, ...stops.map((stop) => stop.length - 1));
  }

  /** The part of the text that is certainly before a stop. */
  take(piece: string): string {
    if (this.found) return "";
    const all = this.#held + piece;
    const at = Math.min(...this.#stops.map((stop) => all.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(at)) {
      this.found = true;
      this.#held = "";
      return all.slice(0, at);
    }
    const sure = Math.max(0, all.length - this.#hold);
    this.#held = all.slice(sure);
    return all.slice(0, sure);
  }

  end(): string {
    const held = this.found ? "" : this.#held;
    this.#held = "";
    return held;
  }
}

/** Marks of the end of a turn. Servers that do not know the model's template leave them in the text. */
const END_MARKS = [
  "<|im_end|>",
  "<|eot_id|>",
  "<|end_of_text|>",
  "<|endoftext|>",
  "<|end|>",
  "<|return|>",
  "<|eom_id|>",
  "<|EOT|>",
  "<|user|>",
  "<|endofturn|>",
  "<|fim_pad|>",
  "<|file_sep|>",
  "<end_of_turn>",
  "<eos>",
  "<EOT>",
  "[/INST]",
  "</s>",
  "<｜end▁of▁sentence｜>",
];
const LONGEST_MARK = Math.max(...END_MARKS.map((mark) => mark.length));

/** Matches the beginning of a text that is struck out in HTML, which ends in what is a mark elsewhere. */
const STRUCK = /<s[\s>]/;

/** Removes such a mark from the end of the text. Elsewhere the marks are kept, because people ask about them. */
export class WithoutEndMarks implements TextStage {
  #held = "";
  #before = "";
  #isStruck = false;

  take(piece: string): string {
    const text = this.#held + piece;
    this.#isStruck ||= STRUCK.test(this.#before + piece);
    this.#before = piece.slice(-2);
    const at = this.#markAt(text);
    this.#held = at === -1 ? "" : text.slice(at);
    return at === -1 ? text : text.slice(0, at);
  }

  end(): string {
    const held = this.#marks().includes(this.#held.trim()) ? "" : this.#held;
    this.#held = "";
    return held;
  }

  #marks(): readonly string[] {
    return this.#isStruck ? END_MARKS.filter((mark) => mark !== "</s>") : END_MARKS;
  }

  /** The offset at which a mark, or the beginning of one, ends the text; white space may follow. */
  #markAt(text: string): number {
    const marks = this.#marks();
    for (let at = Math.max(0, text.trimEnd().length - LONGEST_MARK); at < text.length; at++) {
      if (text[at] !== "<" && text[at] !== "[") continue;
      const rest = text.slice(at);
      if (marks.some((mark) => mark === rest.trimEnd() || mark.startsWith(rest))) return at;
    }
    return -1;
  }
}

/** Stages one after another. */
export class Stages implements TextStage {
  readonly #stages: readonly TextStage[];

  constructor(stages: readonly TextStage[]) {
    this.#stages = stages;
  }

  take(piece: string): string {
    return this.#stages.reduce((text, stage) => (text === "" ? "" : stage.take(text)), piece);
  }

  end(): string {
    let text = "";
    for (const stage of this.#stages) text = (text === "" ? "" : stage.take(text)) + stage.end();
    return text;
  }
}
