import { isClosers } from "../../prompt/frozenSuffix.ts";
import { drop, type Filter, keep } from "./filter.ts";

/**
 * Fits the suggestion to what stands after the cursor on the line:
 *
 * - the rest is closers: those that the text closes itself are replaced ("x)" over ")"), so that accepting does not
 *   double them;
 * - the text ends with the whole rest: the rest is replaced;
 * - the end of the text is the beginning of the rest: that end is cut off;
 * - the text is the rest, or nothing is left: there is nothing to show.
 */
export const overlap: Filter = ({ text, replaceLength }, context) => {
  const rest = context.restOfLine.trimEnd();
  const trimmed = text.trimEnd();
  if (rest === "" || replaceLength > 0) {
    return keep(text, replaceLength);
  }
  if (trimmed.trimStart() === rest.trimStart()) {
    return drop("repeats-suffix");
  }
  if (isClosers(rest)) {
    return keep(text, closersClosed(trimmed, rest));
  }
  if (trimmed.endsWith(rest)) {
    return keep(trimmed, rest.length);
  }
  for (let length = Math.min(trimmed.length, rest.length - 1); length > 1; length--) {
    if (trimmed.endsWith(rest.slice(0, length))) {
      const left = trimmed.slice(0, -length);
      return left.trim() === "" ? drop("repeats-suffix") : keep(left, 0);
    }
  }
  return keep(text, 0);
};

const OPENER = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);
const OPENERS = new Set(OPENER.values());
const QUOTES = new Set(['"', "'", "`"]);

/**
 * Length of the beginning of `rest` (closers) that the text closes: each closer in the text without an opener in the
 * text must be the next one of the rest. Within a string only its quote counts.
 */
function closersClosed(text: string, rest: string): number {
  const open: string[] = [];
  let matched = 0;
  const next = () => {
    const gap = /^\s*/.exec(rest.slice(matched))?.[0].length ?? 0;
    return { character: rest[matched + gap], end: matched + gap + 1 };
  };
  // A quote right after the cursor means that the cursor is inside that string.
  const enclosing = next().character ?? "";
  let string = QUOTES.has(enclosing) ? enclosing : "";
  for (const character of text) {
    const expected = next();
    if (string !== "") {
      if (character === string) {
        string = "";
        matched = matched === 0 && enclosing === character ? expected.end : matched;
      }
    } else if (QUOTES.has(character)) {
      string = character;
    } else if (OPENERS.has(character)) {
      open.push(character);
    } else if (OPENER.has(character) && open.at(-1) === OPENER.get(character)) {
      open.pop();
    } else if (character === expected.character && (OPENER.has(character) || matched > 0)) {
      matched = expected.end;
    }
  }
  return matched;
}
