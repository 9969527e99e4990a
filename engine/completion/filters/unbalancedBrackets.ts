import { scanAtCursor, stateBeforeLine } from "../../text/codeState.ts";
import { lineBefore } from "../../text/cursor.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Ends the text before a bracket that closes nothing: its kind differs from that of the innermost open one, or none is
 * open. When the document's own brackets do not match, the text is left alone.
 */
export const brackets: Filter = ({ text, replaceLength }, context) => {
  if (stateBeforeLine(context).misfits > 0) return keep(text, replaceLength);
  const cursor = lineBefore(context.prefix).length;
  // What follows on the line may end a string or a regular expression that the text is in.
  const { tokens } = scanAtCursor(context, text + context.restOfLine.slice(replaceLength));
  const first = tokens.find(({ fits }) => fits === false);
  if (first === undefined || first.start < cursor || first.start >= cursor + text.length) {
    return keep(text, replaceLength);
  }
  const kept = text.slice(0, first.start - cursor).trimEnd();
  return kept.trim() === "" ? drop("unbalanced") : keep(kept, replaceLength);
};
