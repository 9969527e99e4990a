/**
 * Lines of the file that an answer repeats around what it was asked for, such as a whole function or the whole file.
 */
import { trimBlank } from "../../text/lines.ts";
import type { Surroundings } from "./place.ts";

const OPENS = /[{:([]\s*$/;

/** The lines without those at either end that are already directly above and below the place. */
export function withoutSurroundings(lines: readonly string[], { before, after }: Surroundings): string[] {
  const above = overlap(lines, before);
  const rest = lines.slice(above);
  // The end is compared in the same way, with the lines in reverse.
  const backwards = overlap([...rest].reverse(), [...after].reverse());
  const kept = backwards > 0 && (above > 0 || backwards > 1) ? rest.slice(0, -backwards) : rest;
  return trimBlank(kept);
}

/**
 * How many lines at the beginning equal the last lines of the file before the place. There must be at least two, or one
 * that opens the block with the place. They must contain words, and occur only once in the file.
 */
function overlap(lines: readonly string[], before: readonly string[]): number {
  for (let count = Math.min(lines.length - 1, before.length); count > 0; count--) {
    const known = before.slice(-count);
    if (!known.every((line, index) => line.trim() === lines[index]?.trim())) continue;
    const telling = known.filter(
      (line) => /[\p{L}\p{N}]/u.test(line) && before.filter((each) => each === line).length === 1,
    );
    const isHeader = known.length === 1 && OPENS.test(known[0] ?? "");
    return telling.length >= 2 || (isHeader && telling.length === 1) ? count : 0;
  }
  return 0;
}
