import { lineBefore } from "../../text/cursor.ts";
import { columnsOf, nextLineWithText } from "../../text/indentation.ts";
import { isRowOfValues } from "../lineLoops.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** Shorter lines ("}", "else") may well follow each other. */
const SHORTEST_DUPLICATE = 4;
/** Lines that only close a block that was opened above may follow each other as well. */
const CLOSING =
  /^(?:(?:#\s*)?end(?:if|for\w*|while|switch|case|macro|function|block|module|set|call|class)?\b|fi\b|done\b|esac\b|\{[{%]-?\s*end\w*\s*-?[%}]\}|\\end\{[\w*]+\}|<\/[\w.-]*>|[)\]}])[\s()\]};,]*$/;

/** Drops a suggestion that would make the line equal to the next line that is not blank, at the same depth. */
export const nextLine: Filter = ({ text, replaceLength }, context) => {
  const below = nextLineWithText(context.below) ?? "";
  const next = below.trim();
  const [first = "", ...others] = text.split("\n");
  const rest = others.length === 0 ? context.restOfLine.slice(replaceLength) : "";
  const line = lineBefore(context.prefix) + first + rest;
  const isCopy = line.trim() === next && columnsOf(line) === columnsOf(below);
  return isCopy && next.length >= SHORTEST_DUPLICATE && !CLOSING.test(next) && !isRowOfValues(next)
    ? drop("duplicates-next-line")
    : keep(text, replaceLength);
};
