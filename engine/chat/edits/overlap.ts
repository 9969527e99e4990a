/**
 * Lines of the file that an answer repeats around what it was asked for, such as a whole function or the whole file.
 */
import { indentOf, isBlank, trimBlank } from "../../text/lines.ts";
import type { Surroundings } from "./place.ts";

/** What opens a block: a bracket or a colon at the end of a line, or a word. */
const OPENS =
  /[{:([]\s*$|^\s*(?:local\s+)?(?:def|class|module|function|func|fn|sub|proc|describe|it)\s|\b(?:do|then)(?:\s*\|[^|]*\|)?\s*$/;

/** What closes a block, at the beginning of a line. */
const CLOSES = /^\s*(?:[)\]}]|<\/|(?:end|fi|done|esac)\b)/;

/** A line that only closes blocks, as many lines of a file do. */
const ONLY_CLOSES = /^\s*(?:end|fi|done|esac)\b[\s;,)]*$/i;

/** The lines without those at either end that are already directly above and below the place. */
export function withoutSurroundings(lines: readonly string[], { before, after }: Surroundings): string[] {
  const file = [...before, ...after];
  const above = overlap(lines, before, file);
  const rest = lines.slice(above);
  const closing = above > 0 ? closingOverlap(rest, after, indentOf(lines[above - 1] ?? "")) : 0;
  // The end is compared in the same way, with the lines in reverse.
  const backwards = Math.max(closing, overlap([...rest].reverse(), [...after].reverse(), file));
  const kept = backwards > 0 && (above > 0 || backwards > 1) ? rest.slice(0, -backwards) : rest;
  return trimBlank(kept);
}

/** The lines without brackets at their end that close what stands above the place, and stand below it already. */
export function withoutClosers(lines: readonly string[], { after }: Surroundings): string[] | undefined {
  const below = after.filter((line) => !isBlank(line));
  for (let count = Math.min(lines.length - 1, below.length); count > 0; count--) {
    const end = lines.slice(-count);
    const areSame = end.every(
      (line, index) => /^\s*[)\]}]+[;,]?\s*$/.test(line) && line.trim() === below[index]?.trim(),
    );
    if (areSame) return trimBlank(lines.slice(0, -count));
  }
  return undefined;
}

/**
 * How many lines at the end repeat those below the place, where the first of them closes the block that the answer has
 * begun with a line of the file at this depth.
 */
function closingOverlap(lines: readonly string[], after: readonly string[], indent: string): number {
  for (let count = Math.min(lines.length - 1, after.length); count > 0; count--) {
    const end = lines.slice(-count);
    const [first = ""] = end;
    const isSame = end.every((line, index) => line.trim() === after[index]?.trim());
    if (isSame && CLOSES.test(first) && indentOf(first) === indent) return count;
  }
  return 0;
}

/**
 * How many lines at the beginning equal the last lines of the file before the place. There must be at least two, or one
 * that opens the block with the place. They must contain words besides those that close a block, and occur only once
 * in the file.
 */
function overlap(lines: readonly string[], before: readonly string[], file: readonly string[]): number {
  for (let count = Math.min(lines.length - 1, before.length); count > 0; count--) {
    const known = before.slice(-count);
    if (!known.every((line, index) => line.trim() === lines[index]?.trim())) continue;
    const telling = known.filter(
      (line) =>
        /[\p{L}\p{N}]/u.test(line) && !ONLY_CLOSES.test(line) && file.filter((each) => each === line).length === 1,
    );
    // A block that begins like the one around it is deeper than that.
    const isDeeper = indentOf(lines[0] ?? "").length > indentOf(known[0] ?? "").length;
    const isHeader = known.length === 1 && OPENS.test(known[0] ?? "") && !isDeeper;
    return telling.length >= 2 || (isHeader && telling.length === 1) ? count : 0;
  }
  return 0;
}
