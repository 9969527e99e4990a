import { isClosers } from "../../text/closers.ts";
import { lineBefore } from "../../text/cursor.ts";
import { columnsOf, nextLineWithText } from "../../text/indentation.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Cuts off closing lines ("}", "});") that the document already has. If the next line with text below the cursor only
 * closes something, the text ends before its first line that is the same at the same depth.
 */
export const closersBelow: Filter = ({ text, replaceLength }, context) => {
  const below = nextLineWithText(context.below);
  if (
    below === undefined ||
    !isClosers(below) ||
    !/[)\]}`]/.test(below) ||
    context.restOfLine.slice(replaceLength).trim() !== ""
  ) {
    return keep(text, replaceLength);
  }
  const lines = text.split("\n");
  const at = lines.findIndex((line, index) => {
    const whole = index === 0 ? lineBefore(context.prefix) + line : line;
    return whole.trim() === below.trim() && columnsOf(whole) === columnsOf(below);
  });
  if (at === -1) {
    return keep(text, replaceLength);
  }
  return at === 0 ? drop("repeats-suffix") : keep(lines.slice(0, at).join("\n"), replaceLength);
};
