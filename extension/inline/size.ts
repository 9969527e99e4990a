/** Documents that are too large to be handed to another process while somebody types. */
import type * as vscode from "vscode";

/**
 * UTF-16 units. Sending a document takes the extension host's thread 4 to 9 ms per million of them, and up to 15 when
 * the processor is busy; all extensions wait for that thread, and 50 ms are felt.
 */
const LARGEST = 2_000_000;

export const TOO_LARGE = "This file is too large for Sterna (more than two million characters).";

export function isTooLarge(document: Pick<vscode.TextDocument, "lineCount" | "lineAt" | "offsetAt">): boolean {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end) > LARGEST;
}
