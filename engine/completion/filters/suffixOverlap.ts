import { isClosing, joinSuffix } from "../suffixJoin.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Fits the suggestion to what follows the cursor on its line, so that nothing is doubled:
 *
 * - closers after the cursor that the text contains are replaced ("x)" is written over ")"), so that the cursor is after
 *   them when the suggestion is accepted;
 * - where the text goes on with the rest of the line, that part is cut off;
 * - a mark or blank where the two meet is not written twice.
 */
export const overlap: Filter = ({ text, replaceLength, whole = text }, context) => {
  const rest = context.restOfLine.trimEnd();
  if (rest === "" || replaceLength > 0 || text.trim() === "") return keep(text, replaceLength);
  // Only the whole answer, of which the gate has cut off the end, may show where it goes on with the rest of the line.
  const isCut = text.length < whole.length && whole.startsWith(text);
  const all = isCut && !isClosing(context) ? joinSuffix(whole, context) : undefined;
  const own = all !== undefined && all.repeated > 0 ? text.slice(0, all.own) : text;
  const join = joinSuffix(own, context);
  if (join.isDoubtful) return drop("repeats-suffix");
  const replaced = rest.slice(0, join.repeated);
  const isOver = join.repeated > 0 && isClosing(context);
  const kept = own.slice(0, join.own);
  const isNothing = kept.trim() === "" || (isOver && kept.trim() === replaced.trim());
  return isNothing ? drop("repeats-suffix") : keep(isOver ? kept.trimEnd() : kept, isOver ? join.repeated : 0);
};
