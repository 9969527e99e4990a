import { lineBefore } from "../../text/cursor.ts";
import { nextLineWithText } from "../../text/indentation.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** Shorter lines ("}", "else") may well follow each other. */
const SHORTEST_DUPLICATE = 4;
/** Lines that only close what was opened above may do so, too. */
const CLOSING = /^(?:end\b|<\/[\w.-]*>|[)\]}])[\s)\]};,]*$/;

/** Drops a suggestion that would make the line equal to the next line that is not blank. */
export const nextLine: Filter = ({ text, replaceLength }, context) => {
  const next = nextLineWithText(context.below)?.trim();
  const [first = "", ...others] = text.split("\n");
  const rest = others.length === 0 ? context.restOfLine.slice(replaceLength) : "";
  const line = (lineBefore(context.prefix) + first + rest).trim();
  return next !== undefined && line === next && next.length >= SHORTEST_DUPLICATE && !CLOSING.test(next)
    ? drop("duplicates-next-line")
    : keep(text, replaceLength);
};
