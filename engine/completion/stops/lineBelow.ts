import { lineBefore } from "../../text/cursor.ts";
import { columnsOf, nextLineWithText } from "../../text/indentation.ts";
import type { StopRule } from "./rule.ts";

/** Shorter lines ("}", "else") may well follow each other. */
const SHORTEST = 4;

/** A text ends before a line that is already below the cursor, at the same depth. */
export const lineBelow: StopRule = (text, context) => {
  const below = nextLineWithText(context.below);
  const wanted = below?.trim() ?? "";
  if (below === undefined || wanted.length < SHORTEST) return undefined;
  let length = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const whole = index === 0 ? lineBefore(context.prefix) + line : line;
    // A line that has been typed already cannot be left out.
    const isOwn = line.trim() !== "";
    if (isOwn && whole.trim() === wanted && columnsOf(whole) === columnsOf(below)) return Math.max(0, length - 1);
    length += line.length + 1;
  }
  return undefined;
};
