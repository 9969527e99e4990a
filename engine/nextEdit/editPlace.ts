/** Where a change is in a text, in the form in which a next edit is passed on. */
import type { TextChange } from "../protocol/documents.ts";
import type { NextEdit } from "../protocol/nextEdit.ts";
import { lineAt, withoutReturn } from "../text/lines.ts";

export function editPlace(text: string, change: TextChange): Pick<NextEdit, "oldText" | "line" | "lineText"> {
  return {
    oldText: text.slice(change.offset, change.offset + change.length),
    line: lineNumber(text, change.offset),
    lineText: withoutReturn(lineAt(text, change.offset)),
  };
}

function lineNumber(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
