/** White space at the beginning of lines. */
import { lineAt } from "./lines.ts";

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
  return start === -1 ? undefined : lineAt(text, start);
}
