/** Documents that are too large to be sent to another process while somebody types. */
import type * as vscode from "vscode";

/**
 * UTF-16 units. Sending a document occupies the thread that all extensions share, for up to 15 ms per million of them; a
 * user notices 50 ms.
 */
const MAX_LENGTH = 2_000_000;

export const TOO_LARGE = "This file is too large for Sterna (more than two million characters).";

export function isTooLarge(document: Pick<vscode.TextDocument, "lineCount" | "lineAt" | "offsetAt">): boolean {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end) > MAX_LENGTH;
}
