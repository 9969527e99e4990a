import { isClosers } from "../../text/closers.ts";
import { scanAtCursor } from "../../text/codeState.ts";
import { type CursorContext, lineBefore } from "../../text/cursor.ts";
import { columnsOf } from "../../text/indentation.ts";
import { languageOf, opensBlock } from "../../text/languages.ts";
import type { StopRule } from "./rule.ts";

/**
 * A block ends before a line that is indented less than its first one. After an opening bracket, the line that closes
 * it belongs to the block unless the document has one already.
 */
export const dedent: StopRule = (text, context) => {
  const line = lineBefore(context.prefix);
  const [first = "", ...others] = text.split("\n");
  const isFresh = line.trim() === "";
  const opens = !isFresh && opensBlock(line + first, context.languageId);
  const base = columnsOf(isFresh ? line + first : line) + (opens ? 1 : 0);
  let length = first.length;
  for (const [index, next] of others.entries()) {
    if (next.trim() !== "" && columnsOf(next) < base && !hasOwnIndentation(text, length + 1, context)) {
      if (!opens || !isClosers(next) || columnsOf(next) < base - 1 || context.restOfLine.trim() !== "") {
        return length;
      }
      // The line may still be growing: "}" may become "});".
      return index < others.length - 1 ? length + 1 + next.length : undefined;
    }
    length += 1 + next.length;
  }
  return undefined;
};

/** Whether the indentation of a line says nothing: the line is within a string, or is a directive of the preprocessor. */
function hasOwnIndentation(text: string, start: number, context: CursorContext): boolean {
  const { syntax } = languageOf(context.languageId);
  if (syntax?.features.includes("directives") && text[start] === "#") return true;
  const cursor = lineBefore(context.prefix).length;
  return scanAtCursor(context, text).frameAt(cursor + start)?.kind === "string";
}
