/** What the buttons of the chat page do in the editor. */
import * as vscode from "vscode";
import { webAddress } from "../chat/address.ts";
import type { CodeHandlers } from "../chat/view.ts";

export function codeHandlers(apply: (code: string) => Promise<void>): CodeHandlers {
  return { insert: insertCode, newFile, apply, openAddress };
}

async function newFile(content: string, language: string): Promise<void> {
  const isKnown = (await vscode.languages.getLanguages()).includes(language);
  const document = await vscode.workspace.openTextDocument({ content, ...(isKnown && { language }) });
  await vscode.window.showTextDocument(document);
}

async function insertCode(code: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open to insert into.");
  }
  await editor.edit((builder) => builder.replace(editor.selection, code));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

/** Shows where a link leads, and opens it only when the user says so. */
async function openAddress(text: string): Promise<void> {
  const address = webAddress(text);
  if (address === undefined) {
    throw new Error("Only addresses of the web can be opened.");
  }
  const choice = await vscode.window.showInformationMessage(
    "Open this address in the browser?",
    { modal: true, detail: address },
    "Open",
    "Copy",
  );
  if (choice === "Open") {
    await vscode.env.openExternal(vscode.Uri.parse(address, true));
  } else if (choice === "Copy") {
    await vscode.env.clipboard.writeText(address);
  }
}
