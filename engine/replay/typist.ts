/**
 * Types a piece of text into a document as people and their editors do: brackets and quotes close automatically, Enter
 * indents, and sometimes a letter is wrong and deleted again. At the end the document always contains the piece,
 * character for character.
 */
import { autoClose } from "./autoClose.ts";
import type { Random } from "./random.ts";
import type { Key, ScriptChange } from "./script.ts";

/** One keystroke; offsets count from the start of the piece. "past" is an arrow key over text that is already there. */
export interface Stroke {
  key: Key | "past";
  changes: ScriptChange[];
  /** Offset of the cursor after the keystroke. */
  offset: number;
}

/** Text that the editor has inserted after the cursor; it is part of what is still to be typed. */
interface Pending {
  text: string;
  /** Position in the piece. */
  from: number;
  block: boolean;
}

const WRONG_LETTER = 0.015;
const LETTERS = "etaoinsrhl";

export class Typist {
  readonly #piece: string;
  readonly #random: Random;
  #typed = 0;
  /** The pending closers, innermost first, which is their order in the document. */
  #pending: Pending[] = [];
  /** Number of wrong letters before the cursor. */
  #wrong = 0;

  constructor(piece: string, random: Random) {
    this.#piece = piece;
    this.#random = random;
  }

  get done(): boolean {
    return this.#typed >= this.#piece.length && this.#wrong === 0;
  }

  /** Number of characters of this piece in the document, including closers from the editor and wrong letters. */
  get length(): number {
    return this.#typed + this.#wrong + this.#pending.reduce((sum, { text }) => sum + text.length, 0);
  }

  get cursor(): number {
    return this.#typed + this.#wrong;
  }

  /** Whether a line has just been ended, which is a good moment to switch to something else. */
  get atLineEnd(): boolean {
    return this.#wrong === 0 && this.#piece[this.#typed] === "\n";
  }

  /** Makes the next keystroke; must not be called when done. @param after the text after the piece in the document. */
  next(after: string): Stroke {
    if (this.#wrong > 0) {
      return this.#takeBack();
    }
    const [innermost] = this.#pending;
    if (innermost !== undefined && innermost.from === this.#typed && !innermost.block) {
      this.#pending.shift();
      this.#typed += innermost.text.length;
      return { key: "over", changes: [], offset: this.#typed };
    }
    const character = this.#piece[this.#typed] ?? "";
    if (innermost?.block) {
      if (innermost.text.length === 1 && character === "\n") {
        return this.#openBlock(innermost);
      }
      if (innermost.from === this.#typed) {
        this.#pending.shift();
        this.#typed += innermost.text.length;
        return { key: "past", changes: [], offset: this.#typed };
      }
    }
    if (character === "\n") {
      const indentation = /^\n[ \t]*/.exec(this.#piece.slice(this.#typed))?.[0] ?? "\n";
      return this.#insert("enter", indentation);
    }
    if (/[a-z]/.test(character) && this.#random.chance(WRONG_LETTER)) {
      return this.#typeWrong(character);
    }
    const pair = autoClose(this.#piece, this.#typed, innermost?.text[0] ?? after[0] ?? "");
    if (pair !== undefined && (innermost === undefined || pair.at < innermost.from)) {
      const at = this.#typed++;
      this.#pending.unshift({ text: pair.closer, from: pair.at, block: pair.block });
      return {
        key: "type",
        changes: [{ offset: at, length: 0, text: character + pair.closer }],
        offset: this.#typed,
      };
    }
    // A character outside the Basic Multilingual Plane is one keystroke.
    return this.#insert("type", String.fromCodePoint(this.#piece.codePointAt(this.#typed) ?? 0));
  }

  #insert(key: Key, text: string): Stroke {
    const change = { offset: this.#typed, length: 0, text };
    this.#typed += text.length;
    return { key, changes: [change], offset: this.#typed };
  }

  /** Enter between {} puts the cursor on its own line and the closer on the next one. */
  #openBlock(pending: Pending): Stroke {
    const closerAt = pending.from;
    const lineStart = this.#piece.lastIndexOf("\n", closerAt);
    const below = this.#piece.slice(lineStart, closerAt);
    const indentation = /^\n[ \t]*/.exec(this.#piece.slice(this.#typed))?.[0] ?? "\n";
    const change = { offset: this.#typed, length: 0, text: indentation + below };
    this.#typed += indentation.length;
    pending.text = below + pending.text;
    pending.from = lineStart;
    return { key: "enter", changes: [change], offset: this.#typed };
  }

  #typeWrong(right: string): Stroke {
    const letter = LETTERS[this.#random.between(0, LETTERS.length - 1)] ?? "e";
    this.#wrong = 1;
    return {
      key: "type",
      changes: [{ offset: this.#typed, length: 0, text: letter === right ? "x" : letter }],
      offset: this.#typed + 1,
    };
  }

  #takeBack(): Stroke {
    this.#wrong--;
    return {
      key: "backspace",
      changes: [{ offset: this.#typed + this.#wrong, length: 1, text: "" }],
      offset: this.#typed + this.#wrong,
    };
  }
}
