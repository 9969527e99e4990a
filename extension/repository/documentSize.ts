/** Whether a document is too large to be sent to another process while somebody types. */
import type * as vscode from "vscode";
import { MAX_LENGTH } from "../../engine/workspace/maxLength.ts";

export function isTooLarge(document: Pick<vscode.TextDocument, "lineCount" | "lineAt" | "offsetAt">): boolean {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end) > MAX_LENGTH;
}
