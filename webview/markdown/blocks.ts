/**
 * Finds how much of a growing Markdown text is finished: whole blocks that later text cannot change. They are rendered
 * once; only the text after them is rendered again as it grows.
 */

import { endsBlock, type InsideFence } from "./nestedFences.ts";

export interface OpenFence {
  /** Offset of the line after the opening one. */
  start: number;
  /** First word after the opening fence. */
  language: string;
}

export interface Progress {
  /** Everything before it is finished. */
  stable: number;
  /** Set when the text after `stable` is a block of code that has not ended yet. */
  fence?: OpenFence;
}

/** A paragraph that grows longer than this is cut at a space, because rendering it again takes longer each time. */
const LONGEST_TAIL = 4_000;

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;
const LIST_ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])(\s|$)/;

/**
 * Finds the finished blocks of a text.
 *
 * @param text all of it so far.
 * @param from where the first unfinished block begins: `stable` of an earlier call with the beginning of this text.
 * @param whole whether the text is complete.
 */
export function finishedBlocks(text: string, from: number, whole: boolean): Progress {
  return new BlockReader(text, from, whole).read();
}

interface Line {
  text: string;
  start: number;
  /** Offset of the line after it. */
  next: number;
  /** Whether its line end has come. */
  isComplete: boolean;
}

/** Reads the unfinished lines once. */
class BlockReader {
  readonly #text: string;
  readonly #whole: boolean;
  #stable: number;
  #inList = false;
  /** Whether the block that is being read has text. */
  #hasText = false;
  #afterBlank = false;
  /** The block of code that is being read. */
  #fence: (InsideFence & { top: boolean; start: number; opening: number }) | undefined;

  constructor(text: string, from: number, whole: boolean) {
    this.#text = text;
    this.#whole = whole;
    this.#stable = from;
  }

  read(): Progress {
    this.#readLines(() => false);
    return this.#progress();
  }

  /**
   * Adds the end of every finished block to `ends`.
   *
   * @returns where another reader has to continue: after a paragraph that was cut, or at the end of the text.
   */
  readBlocks(ends: number[]): number {
    let cut: number | undefined;
    this.#readLines((at) => {
      if (this.#stable > (ends.at(-1) ?? 0)) ends.push(this.#stable);
      cut = this.#cutOffset(at);
      return cut !== undefined;
    });
    if (cut !== undefined) ends.push(cut);
    return cut ?? this.#text.length;
  }

  /** Reads line after line, until one is not clear yet or `isEnough`, called with the offset after a line, says so. */
  #readLines(isEnough: (at: number) => boolean): void {
    for (let at = this.#stable; at < this.#text.length; ) {
      const next = this.#readLine(at);
      if (next === undefined || isEnough(next)) return;
      at = next;
    }
  }

  /** The offset of the next line; undefined where it is not clear yet what kind of line this is. */
  #readLine(at: number): number | undefined {
    const line = this.#lineAt(at);
    if (this.#fence !== undefined) this.#codeLine(this.#fence, line);
    else if (line.text.trim() === "") this.#blankLine(line);
    else if (!line.isComplete && !this.#whole && !isDecided(line.text)) return undefined;
    else this.#textLine(line);
    return line.next;
  }

  #lineAt(start: number): Line {
    const newline = this.#text.indexOf("\n", start);
    const isComplete = newline !== -1;
    const text = this.#text.slice(start, isComplete ? newline : undefined).replace(/\r$/, "");
    return { text, start, next: isComplete ? newline + 1 : this.#text.length, isComplete };
  }

  #codeLine(fence: InsideFence & { top: boolean }, { text, next, isComplete }: Line): void {
    if (!(isComplete || this.#whole) || !endsBlock(text, fence)) return;
    if (fence.top) {
      this.#stable = next;
      this.#hasText = false;
    }
    this.#fence = undefined;
  }

  #blankLine({ next, isComplete }: Line): void {
    // A list may continue after a blank line; every other block ends there.
    if (isComplete && !(this.#hasText && this.#inList)) {
      this.#stable = next;
      this.#hasText = false;
    }
    this.#afterBlank = true;
  }

  #textLine({ text, start, next, isComplete }: Line): void {
    const leavesList = this.#inList && this.#afterBlank && !/^\s/.test(text) && !LIST_ITEM.test(text);
    const opening = FENCE.exec(this.#inList && !leavesList ? text.trimStart() : text);
    const [, , mark, info = ""] = opening ?? [];
    const top = !this.#inList || leavesList;
    const isFence = mark !== undefined && (isComplete || this.#whole) && !(mark.startsWith("`") && info.includes("`"));
    if (this.#hasText && (leavesList || (isFence && top))) {
      this.#stable = start;
      this.#hasText = false;
      this.#inList = false;
    }
    if (!this.#hasText) {
      this.#inList = LIST_ITEM.test(text);
    }
    this.#hasText = true;
    this.#afterBlank = false;
    if (isFence) {
      const language = info.trim().split(/\s+/)[0] ?? "";
      this.#fence = { mark, top, start: next, language, opening: start, isNested: false };
    }
  }

  #progress(): Progress {
    const stable = this.#stable;
    const fence = this.#fence;
    if (this.#whole) {
      return { stable: this.#text.length };
    }
    if (fence?.top && fence.opening === stable) {
      return { stable, fence: { start: fence.start, language: fence.language } };
    }
    return { stable: this.#cutOffset(this.#text.length) ?? stable };
  }

  /** Where the block that is being read must be cut when it reaches up to `end`; undefined while it is short enough. */
  #cutOffset(end: number): number | undefined {
    if (this.#fence !== undefined || end - this.#stable <= LONGEST_TAIL) return undefined;
    const space = this.#text.lastIndexOf(" ", end - 1);
    return space > this.#stable ? space : end;
  }
}

/** The blocks of a complete text, in order; each is rendered separately. Blank lines belong to the block after them. */
export function blocksOf(text: string): string[] {
  const ends: number[] = [];
  for (let from = 0; from < text.length; ) from = new BlockReader(text, from, false).readBlocks(ends);
  const blocks: string[] = [];
  let start = 0;
  let firstWord = wordFrom(text, 0);
  for (const end of [...ends, text.length]) {
    if (end > start && (end === text.length || firstWord < end)) {
      blocks.push(text.slice(start, end));
      start = end;
      firstWord = wordFrom(text, end);
    }
  }
  return blocks;
}

/** The offset of the first character from `from` on that is no white space; the text's length if there is none. */
function wordFrom(text: string, from: number): number {
  const found = text.slice(from).search(/\S/);
  return found === -1 ? text.length : from + found;
}

/** Whether the beginning of a line shows already whether it is a list item or a fence. */
function isDecided(line: string): boolean {
  return line.length > 12 || /^ {0,3}[^\s`~\-*+\d]/.test(line) || /^ {0,3}\S+\s/.test(line);
}
