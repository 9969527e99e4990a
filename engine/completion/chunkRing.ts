/**
 * Chunks of other files that may matter for the text being typed: the surroundings of places that were visited, edited
 * or saved lately, and definitions of what a file imports. It is a ring: a new chunk replaces the oldest.
 */
import type { CursorContext } from "../text/cursor.ts";
import { isSameFamily } from "../text/languages.ts";
import { firstLines } from "../text/lines.ts";

export interface Chunk {
  /** The document that the chunk is from. */
  uri: string;
  /** Path relative to the workspace, with forward slashes. */
  path: string;
  languageId: string;
  text: string;
}

const CAPACITY = 16;
/** How many lines on either side of a place are taken. */
const LINES = 16;
/** Longer lines are data. */
const LONGEST_LINE = 200;
/** A chunk of which at least this share of the lines, 0..1, is in a newer one is an older version of that one. */
const SAME = 0.7;
/** A chunk of which at least this share of the lines, 0..1, is around the cursor is left out, because it says nothing new. */
const KNOWN = 0.5;

export class ChunkRing {
  /** The newest last. */
  readonly #chunks: Chunk[] = [];

  /** Adds a chunk and removes an older version of it. */
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

  clear(): void {
    this.#chunks.length = 0;
  }

  /** Chunks of other files in the language, the newest last, without those that repeat the text at the cursor. */
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

/** The share of the lines, 0..1, that others have as well. */
function shareIn(lines: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let common = 0;
  for (const line of lines) if (others.has(line)) common++;
  return lines.size === 0 ? 0 : common / lines.size;
}

/** The lines that contain a letter. */
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
