/** White space at the beginning of lines. */

/** The columns that a tab counts as. */
const TAB_COLUMNS = 4;

/** How many columns of white space a line begins with. */
export function columnsOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === "\t") columns += TAB_COLUMNS;
    else if (character === " ") columns++;
    else break;
  }
  return columns;
}

/** The first line that is not blank; undefined when there is none. */
export function nextLineWithText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const start = text.search(/\S/);
  if (start === -1) return undefined;
  const lineStart = text.lastIndexOf("\n", start) + 1;
  const end = text.indexOf("\n", start);
  return text.slice(lineStart, end === -1 ? undefined : end);
}
