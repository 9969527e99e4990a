/** Splits texts into lines, with any kind of line end. */

import { commonStart } from "./repeats.ts";

/** The lines without their ends. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

export function sliceLines(lines: readonly string[], { start, end }: { start: number; end: number }): string {
  return lines.slice(start, end).join("\n");
}

/** The first lines of a text, without the last one's end. It is the whole text when that has no more lines. */
export function firstLines(text: string, count: number): string {
  let end = -1;
  for (let line = 0; line < count; line++) {
    end = text.indexOf("\n", end + 1);
    if (end === -1) return text;
  }
  return text.slice(0, end);
}

export function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "";
}

/** The white space at the beginning of a line; a byte order mark is none. */
export function indentOf(line: string): string {
  return /^[^\S\uFEFF]*/.exec(line)?.[0] ?? "";
}

/** The white space that all lines begin with, blank ones excepted. */
export function commonIndent(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (isBlank(line)) {
      continue;
    }
    const indent = indentOf(line);
    common = common === undefined ? indent : common.slice(0, commonStart(common, indent));
  }
  return common ?? "";
}

/** The lines from the first to the last that is not blank. */
export function trimBlank(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => !isBlank(line));
  const end = lines.findLastIndex((line) => !isBlank(line));
  return start === -1 ? [] : lines.slice(start, end + 1);
}

/** The offset of the beginning of the line at an offset. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset of the line feed that ends the line at an offset, or the length of the text on the last line. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

/** The line at an offset, without its line feed. */
export function lineAt(text: string, offset: number): string {
  return text.slice(lineStart(text, offset), lineEnd(text, offset));
}

/** The line without a CR at its end. */
export function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
