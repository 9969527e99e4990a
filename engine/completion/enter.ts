/**
 * Where the cursor will be after Enter. Enter is the key that is easiest to predict, and the one after which a
 * suggestion is wanted most.
 */

import { isClosers } from "../text/closers.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { opensBlock } from "../text/languages.ts";

/** A line may end after these. After a word or an operator more is to come. */
const MAY_END = /[;{}()[\]:,>"'`]$/;
const CLOSES: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };

/**
 * The text around the cursor after Enter, with the indentation that the editor inserts; undefined when Enter is
 * unlikely.
 */
export function afterEnter(context: CursorContext): CursorContext | undefined {
  const { prefix, restOfLine, below, languageId } = context;
  const line = lineBefore(prefix);
  if (!MAY_END.test(line) || !isClosers(restOfLine)) {
    return undefined;
  }
  const white = /^[ \t]*/.exec(line)?.[0] ?? "";
  const rest = restOfLine.trim();
  const opens = /[{([]$/.test(line) || opensBlock(line, languageId);
  const next = { ...context, prefix: `${prefix}\n${white}${opens ? unit(context) : ""}` };
  if (rest === "") {
    return { ...next, restOfLine: "" };
  }
  // Between brackets the closing one moves to a line of its own.
  return rest.startsWith(CLOSES[line.slice(-1)] ?? " ")
    ? { ...next, restOfLine: "", below: `${white}${rest}${below === undefined ? "" : `\n${below}`}` }
    : undefined;
}

/** One step of indentation: the editor's, or else that of the document's first deeper line. */
function unit({ indent, prefix, below }: CursorContext): string {
  if (indent !== undefined) {
    return indent.insertSpaces ? " ".repeat(indent.tabSize) : "\t";
  }
  return /(?:^|\n)(\t| {2,8})(?=[^ \t\n*])/.exec(`${prefix}\n${below ?? ""}`)?.[1] ?? "  ";
}
