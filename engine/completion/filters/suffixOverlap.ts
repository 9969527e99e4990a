import { isClosing, joinSuffix } from "../suffixJoin.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Fits the suggestion to what follows the cursor on its line, so that nothing is doubled:
 *
 * - closers that the text writes itself are replaced ("x)" over ")"): the cursor is after them when it is accepted;
 * - where the text runs on into the rest of the line, that part is cut off;
 * - a mark or blank at the seam is not written twice.
 */
export const overlap: Filter = ({ text, replaceLength, whole = text }, context) => {
  const rest = context.restOfLine.trimEnd();
  if (rest === "" || replaceLength > 0 || text.trim() === "") return keep(text, replaceLength);
  // What the gate has cut off may be what tells where the text runs on.
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
