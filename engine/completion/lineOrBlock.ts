/**
 * Whether to suggest the rest of a line or a whole block. A block takes seconds on a processor and is wrong more often,
 * so it is only tried where a block clearly has to be written.
 */

import { isClosers } from "../text/closers.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { columnsOf, nextLineWithText } from "../text/indentation.ts";
import { opensBlock } from "../text/languages.ts";

export type Shape = "line" | "block";

/** @param isAccepted whether the cursor is after a suggestion that was just accepted. */
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
  return opensBlock(opener, languageId) && isEmptyBelow(columnsOf(opener), below ?? "") ? "block" : "line";
}

/** Whether nothing of the block exists yet: the next line with text is not deeper than the one that opens the block. */
function isEmptyBelow(opener: number, below: string): boolean {
  const next = nextLineWithText(below);
  return next === undefined || columnsOf(next) <= opener;
}
