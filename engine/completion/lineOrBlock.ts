/**
 * Whether a suggestion is to be the rest of a line, or a whole block. A block costs seconds on a processor and is more
 * often wrong, so it is only tried where there clearly is one to be written.
 */

import { isClosers } from "../prompt/frozenSuffix.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";

export type Shape = "line" | "block";

const OPENS_BLOCK = /(?:\{|=>|\b(?:do|then|begin))\s*$/;
/** In these a colon at the end of a line opens a block. */
const COLON = new Set(["python", "yaml", "nim", "gdscript"]);

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

/** Whether a line ends with what a block follows. */
export function opensBlock(line: string, languageId: string): boolean {
  return OPENS_BLOCK.test(line) || (COLON.has(languageId) && /:\s*$/.test(line));
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
