/** Commands that ask the chat: about code, and about what the terminal says. */
import * as vscode from "vscode";
import type { CodeContext } from "../../engine/protocol/tasks.ts";
import { terminalAttachment } from "../chat/attachments.ts";
import type { ChatView } from "../chat/view.ts";
import { codeContext } from "./codeContext.ts";
import type { ActionPlace } from "./edits.ts";
import { terminalSelection } from "./terminal.ts";

/** Asks about the selection, else about what the cursor stands in. */
export async function explain(chat: ChatView, given?: ActionPlace): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const document = given?.uri === undefined ? editor?.document : await vscode.workspace.openTextDocument(given.uri);
  const range = given?.range ?? editor?.selection;
  if (document === undefined || range === undefined) {
    throw new Error("No editor is open.");
  }
  const code = await codeContext(document, range);
  await chat.focus();
  await chat.relay.ask({ text: titleOf(code), attachments: [], task: "explain", code }, true);
}

export async function explainTerminal(chat: ChatView): Promise<void> {
  const attachment = terminalAttachment(await terminalSelection());
  await chat.focus();
  await chat.relay.ask({ text: "Explain what the terminal says", attachments: [attachment], task: "terminal" }, true);
}

function titleOf({ path, selection: { start, end }, symbols }: CodeContext): string {
  if (end > start) {
    return `Explain this code (${path}, ${end > start + 1 ? `lines ${start + 1} to ${end}` : `line ${end}`})`;
  }
  const symbol = symbols.findLast(({ isBlock }) => isBlock);
  return symbol === undefined
    ? `Explain the code round line ${start + 1} of ${path}`
    : `Explain ${symbol.name} (${path}, lines ${symbol.start + 1} to ${symbol.end})`;
}
