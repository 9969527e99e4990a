/**
 * Whether a suggestion is to be the rest of a line, or a whole block. A block costs seconds on a processor and is more
 * often wrong, so it is only tried where there clearly is one to be written.
 */

import { isClosers } from "../prompt/frozenSuffix.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { opensBlock } from "../text/languages.ts";

export type Shape = "line" | "block";

/** @param isAccepted the cursor stands behind a suggestion that was just accepted. */
export function shapeOf(context: CursorContext, isAccepted: boolean): Shape {
  const { prefix, restOfLine, below, languageId } = context;
  if (!isClosers(restOfLine)) {
    return "line";
  }
  if (isAccepted) {
    return "block";
  }
  const line = lineBefore(prefix);
  const above = prefix.slice(0, prefix.length - line.length).trimEnd();
  const opener = line.trim() === "" ? above.slice(above.lastIndexOf("\n") + 1) : line;
  return opensBlock(opener, languageId) && isEmptyBelow(indentation(opener), below ?? "") ? "block" : "line";
}

/** Whether nothing of the block stands there yet: the next line with text is no deeper than the one that opens it. */
function isEmptyBelow(opener: number, below: string): boolean {
  const next = below.split("\n").find((line) => line.trim() !== "");
  return next === undefined || indentation(next) <= opener;
}

/** Columns of white space at the beginning of a line; a tab counts as four. */
export function indentation(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === "\t") columns += 4;
    else if (character === " ") columns++;
    else break;
  }
  return columns;
}
