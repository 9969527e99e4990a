/**
 * Splits a file into pieces along its declarations: a function with the comment above it, several short declarations
 * together, or the parts of a long one.
 */
import { isBlank } from "../../text/lines.ts";
import { type DeclaredSymbol, symbolsOf } from "./symbols.ts";

export interface SymbolChunk {
  /** The first line, counted from 0; below, the line after the last one. */
  start: number;
  end: number;
  /** The names that it declares. */
  names: string[];
}

/** Shorter pieces, in lines, are joined; below, longer ones are split. */
const FEWEST = 12;
const MOST = 60;
/** A line that belongs to the declaration below it, such as a comment, a decorator, or an attribute. */
const ABOVE = /^\s*(?:\/\/|\/\*|\*|#|--|;;|@|"""|\[\w|template\s*<)/;

/** @param lines without their ends. */
export function symbolChunks(lines: readonly string[], symbols = symbolsOf(lines)): SymbolChunk[] {
  const starts = [...new Set([0, ...symbols.map(({ line }) => startAbove(lines, line))])].sort((a, b) => a - b);
  const pieces = starts.map((start, index) => ({ start, end: starts[index + 1] ?? lines.length }));
  const chunks: { start: number; end: number }[] = [];
  for (const piece of pieces) {
    const last = chunks.at(-1);
    const isShort = last !== undefined && last.end - last.start < FEWEST;
    if (last !== undefined && isShort && piece.end - last.start <= MOST) last.end = piece.end;
    else chunks.push({ ...piece });
  }
  return chunks
    .flatMap((chunk) => partsOf(lines, chunk))
    .map((chunk) => trimmed(lines, chunk))
    .filter(({ start, end }) => end > start)
    .map((chunk) => ({ ...chunk, names: namesIn(symbols, chunk) }));
}

function namesIn(symbols: readonly DeclaredSymbol[], { start, end }: { start: number; end: number }): string[] {
  return symbols.filter(({ line }) => line >= start && line < end).map(({ name }) => name);
}

/** The first line of the comment and the attributes above a declaration. */
function startAbove(lines: readonly string[], line: number): number {
  let start = line;
  while (start > 0 && ABOVE.test(lines[start - 1] ?? "")) start--;
  return start;
}

/** Parts of at most {@link MOST} lines. They are split at a blank line if there is one in the second half. */
function partsOf(
  lines: readonly string[],
  { start, end }: { start: number; end: number },
): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let from = start;
  while (end - from > MOST) {
    let at = from + MOST;
    while (at > from + MOST / 2 && !isBlank(lines[at])) at--;
    const to = isBlank(lines[at]) ? at : from + MOST;
    parts.push({ start: from, end: to });
    from = to;
  }
  return [...parts, { start: from, end }];
}

function trimmed(
  lines: readonly string[],
  { start, end }: { start: number; end: number },
): { start: number; end: number } {
  let [first, last] = [start, end];
  while (first < last && isBlank(lines[first])) first++;
  while (last > first && isBlank(lines[last - 1])) last--;
  return { start: first, end: last };
}
