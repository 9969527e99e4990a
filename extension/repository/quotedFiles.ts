/** Keeps text that comes from a terminal or another extension free of what is in files that may not be read. */
import * as vscode from "vscode";
import { quotes } from "../../engine/workspace/quotes.ts";
import { ActionableError } from "../actionableError.ts";
import type { FileAccess } from "./fileAccess.ts";
import { nameOf } from "./paths.ts";

/**
 * Only files that are open can be compared with: others are read by nobody.
 *
 * @param what names the text in the error: "The selection in the terminal".
 * @throws ActionableError with one sentence for people when the text has something of a file that is open and excluded.
 */
export async function requireUnquoted(text: string, what: string, access: FileAccess): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    if ((await access.check(document)) !== "excluded" || !quotes(text, document.getText())) continue;
    const name = nameOf(document.uri.path);
    throw new ActionableError(
      `${what} has something of ${name}, which the setting "sterna.inline.exclude" lists: leave it out, and try again.`,
      { title: "Open the Setting", command: "workbench.action.openSettings", arguments: ["sterna.inline.exclude"] },
    );
  }
}

/** Schemes of documents whose text is that of their own file. */
const OF_FILES = new Set(["file", "vscode-notebook-cell", "vscode-remote", "vscode-vfs", "git"]);

/**
 * Output, results of searches, and documents that are not saved can have been filled from any file.
 *
 * @throws ActionableError with one sentence for people when such a document has something of an excluded file.
 */
export async function requireOwnText(document: vscode.TextDocument, access: FileAccess): Promise<void> {
  if (OF_FILES.has(document.uri.scheme)) return;
  await requireUnquoted(document.getText(), nameOf(document.uri.path), access);
}
