/** Applies hunks to a text. */
import type { Hunk } from "./unifiedDiff.ts";

/** Offset of the beginning of a line, counted from 0; the text's length for the line after the last. */
export function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let count = 0; count < line; count++) {
    const end = text.indexOf("\n", offset);
    if (end === -1) return text.length;
    offset = end + 1;
  }
  return offset;
}

/**
 * The text with hunks applied; undefined when the old lines are not in their places.
 *
 * @param hunks of one diff against this very text, in order.
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): string | undefined {
  const lines = text.split("\n");
  for (const { oldStart, oldLines, newLines } of [...hunks].reverse()) {
    const there = lines.slice(oldStart, oldStart + oldLines.length);
    if (there.length !== oldLines.length || there.some((line, index) => line !== oldLines[index])) return undefined;
    lines.splice(oldStart, oldLines.length, ...newLines);
  }
  return lines.join("\n");
}
