/** Text as lines, whatever ends them. */

/** Lines without their ends. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

export function sliceLines(lines: readonly string[], { start, end }: { start: number; end: number }): string {
  return lines.slice(start, end).join("\n");
}

/** The first lines of a text, without the end of the last one; all of it where it has no more. */
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

/** White space that a line begins with. */
export function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? "";
}

/** White space that all lines but the blank ones begin with. */
export function commonIndent(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (isBlank(line)) {
      continue;
    }
    const indent = indentOf(line);
    if (common === undefined) {
      common = indent;
    } else {
      let length = 0;
      while (length < common.length && common[length] === indent[length]) {
        length++;
      }
      common = common.slice(0, length);
    }
  }
  return common ?? "";
}
