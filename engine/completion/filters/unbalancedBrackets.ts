import type { CursorContext } from "../../text/cursor.ts";
import { drop, type Filter, keep } from "./filter.ts";

const CLOSER = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);
const CLOSERS = new Set(CLOSER.values());
const QUOTES = new Set(['"', "'", "`"]);
/** Lines above that are looked at for what is open. */
const LINES = 40;

/**
 * Ends the text before a bracket that closes nothing: of another kind than the innermost open one, or where nothing is
 * open. Brackets within strings do not count; a quote that stays open (an apostrophe) ends with its line.
 */
export const brackets: Filter = ({ text, replaceLength }, context) => {
  const open: string[] = [];
  const { before, isWhole } = linesBefore(context);
  if (scan(before, open, true) !== undefined || QUOTES.has(open.at(-1) ?? "")) {
    // What stands there already is not understood, or the cursor is inside a string.
    return keep(text, replaceLength);
  }
  const rest = context.restOfLine.slice(replaceLength);
  // What the rest of the line closes is not for the text to close.
  const taken = [...rest].filter((character) => CLOSERS.has(character)).length;
  const end = scan(text, open.slice(0, Math.max(0, open.length - taken)), !isWhole || taken > 0);
  const kept = end === undefined ? text : text.slice(0, end).trimEnd();
  return kept.trim() === "" ? drop("unbalanced") : keep(kept, replaceLength);
};

function linesBefore({ prefix, prefixLine }: CursorContext): { before: string; isWhole: boolean } {
  let start = prefix.length;
  for (let line = 0; line < LINES && start > 0; line++) {
    start = prefix.lastIndexOf("\n", start - 1);
    if (start === -1) {
      return { before: prefix, isWhole: prefixLine === 0 };
    }
  }
  return { before: prefix.slice(start), isWhole: start === 0 && prefixLine === 0 };
}

/**
 * Follows the brackets of a text.
 *
 * @param open closers of what is open, the innermost last; changed.
 * @param lenient something may be open that is not known: a closer too many is no error.
 * @returns the offset of the first closer that does not fit.
 */
function scan(text: string, open: string[], lenient: boolean): number | undefined {
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const innermost = open.at(-1);
    if (character === "\\") {
      index++;
    } else if (character === innermost) {
      open.pop();
    } else if (innermost !== undefined && QUOTES.has(innermost)) {
      if (character === "\n" && innermost !== "`") open.pop();
    } else if (QUOTES.has(character)) {
      open.push(character);
    } else if (CLOSER.has(character)) {
      open.push(CLOSER.get(character) ?? "");
    } else if (CLOSERS.has(character) && (innermost !== undefined || !lenient)) {
      return index;
    }
  }
  return undefined;
}
