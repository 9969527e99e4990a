/** Inserts the code of an answer at the cursor, with every line at the indentation of the place. */
import type { CodeContext } from "../../protocol/tasks.ts";
import { indentOf, isBlank, linesOf } from "../../text/lines.ts";
import { reindent } from "./reindent.ts";

export interface CursorPlace {
  /** The text of the cursor's line before the cursor; below, the text of the line that stays after it. */
  before: string;
  after: string;
}

/** @param code the file, with a selection that begins at the cursor's line. */
export function insertion(code: CodeContext, text: string, { before, after }: CursorPlace): string {
  const lines = linesOf(text.replace(/^(\s*\n)+/, "").trimEnd());
  const indent = indentOf(before);
  const file = linesOf(code.text);
  const around = { before: file.slice(0, code.selection.start), after: file.slice(code.selection.end) };
  // The line that the code goes to determines its indentation.
  const placed = reindent(lines, [`${indent}x`], code.indent, { languageId: code.languageId, around, isFixed: true });
  const [first = "", ...rest] = placed;
  const isOwnLine = isBlank(before);
  const start = isOwnLine && first.startsWith(indent) ? first.slice(indent.length) : first.trimStart();
  const end = isOwnLine && !isBlank(after) ? `\n${indent}` : "";
  return [start, ...rest].join("\n") + end;
}
