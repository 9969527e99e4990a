/**
 * Pieces of other files that may matter for what is typed: around places that were visited, edited or saved lately, and
 * definitions of what a file imports. A ring: a new piece takes the place of the oldest.
 */
import type { CursorContext } from "../text/cursor.ts";
import { isSameFamily } from "../text/languages.ts";
import { firstLines } from "../text/lines.ts";

export interface Chunk {
  /** The document it is from. */
  uri: string;
  /** Relative to the workspace, with forward slashes. */
  path: string;
  languageId: string;
  text: string;
}

const CAPACITY = 16;
/** Lines on either side of a place. */
const LINES = 16;
/** Longer lines are data. */
const LONGEST_LINE = 200;
/** A piece that shares this much of its lines with another is the same, read again. */
const SAME = 0.7;
/** The same with the text at the cursor: such a piece says what is known already. */
const KNOWN = 0.5;

export class ChunkRing {
  /** The newest last. */
  readonly #chunks: Chunk[] = [];

  /** Adds a piece; an older version of it goes. */
  add(chunk: Chunk): void {
    const lines = linesOf(chunk.text);
    if (lines.size === 0) {
      return;
    }
    const older = this.#chunks.findIndex(({ uri, text }) => uri === chunk.uri && shareIn(linesOf(text), lines) >= SAME);
    if (older !== -1) this.#chunks.splice(older, 1);
    this.#chunks.push(chunk);
    if (this.#chunks.length > CAPACITY) this.#chunks.shift();
  }

  /** Pieces of other files of the language, the newest last, without those that the text at the cursor says already. */
  chunksFor(uri: string, context: CursorContext): Chunk[] {
    const { prefix, below = "", languageId } = context;
    const around = linesOf(`${lastLines(prefix, 2 * LINES)}\n${firstLines(below, 2 * LINES + 1)}`);
    return this.#chunks.filter(
      (chunk) =>
        chunk.uri !== uri && isSameFamily(chunk.languageId, languageId) && shareIn(linesOf(chunk.text), around) < KNOWN,
    );
  }
}

/** The lines around a place. */
export function textAround(text: string, offset: number): string {
  const before = lastLines(text.slice(0, offset), LINES);
  const after = firstLines(text.slice(offset), LINES + 1);
  return `${before}${after}`
    .replaceAll("\r\n", "\n")
    .split("\n")
    .filter((line) => line.length <= LONGEST_LINE)
    .join("\n");
}

/** The share of the lines that others have, too: 0..1. */
function shareIn(lines: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let common = 0;
  for (const line of lines) if (others.has(line)) common++;
  return lines.size === 0 ? 0 : common / lines.size;
}

/** Lines with any letter in them. */
function linesOf(text: string): Set<string> {
  return new Set(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /[\p{L}\p{N}]/u.test(line)),
  );
}

function lastLines(text: string, count: number): string {
  let start = text.length;
  for (let line = 0; line <= count && start > 0; line++) start = text.lastIndexOf("\n", start - 1);
  return text.slice(start + 1);
}
