import { lineBefore } from "../../text/cursor.ts";
import { loopLength } from "../lineLoops.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Drops a text whose last line ends in a loop ("a, a, a, a,"). What the user has typed of the line counts as well, so
 * that a loop is not shown bit by bit.
 */
export const repetition: Filter = ({ text, replaceLength }, context) => {
  const last = text.slice(text.lastIndexOf("\n") + 1);
  const line = last === text ? lineBefore(context.prefix) + text : last;
  return loopLength(line, last.length) > 0 ? drop("repetitive") : keep(text, replaceLength);
};
