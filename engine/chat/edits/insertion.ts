/** Code of an answer as it goes in at the cursor: every line at the indentation of the place. */
import type { CodeContext } from "../../protocol/tasks.ts";
import { indentOf, isBlank, linesOf } from "../../text/lines.ts";
import { reindent } from "./reindent.ts";

export interface CursorPlace {
  /** The line with the cursor, up to it, and what of the line stays behind it. */
  before: string;
  after: string;
}

/** @param code whose selection begins at the cursor's line. */
export function insertion(code: CodeContext, text: string, { before, after }: CursorPlace): string {
  const lines = linesOf(text.replace(/^(\s*\n)+/, "").trimEnd());
  const indent = indentOf(before);
  const file = linesOf(code.text);
  const around = { before: file.slice(0, code.selection.start), after: file.slice(code.selection.end) };
  // The line where the code will be tells its indentation.
  const placed = reindent(lines, [`${indent}x`], code.indent, { languageId: code.languageId, around, isFixed: true });
  const [first = "", ...rest] = placed;
  const isOwnLine = isBlank(before);
  const start = isOwnLine && first.startsWith(indent) ? first.slice(indent.length) : first.trimStart();
  const end = isOwnLine && !isBlank(after) ? `\n${indent}` : "";
  return [start, ...rest].join("\n") + end;
}
