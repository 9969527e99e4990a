/** What the buttons of the chat page do in the editor. */
import * as vscode from "vscode";
import type { CodeHandlers } from "../chat/chatView.ts";
import { webAddress } from "../chat/webAddress.ts";

export function codeHandlers({ apply, insert }: Pick<CodeHandlers, "apply" | "insert">): CodeHandlers {
  return { insert, newFile, apply, openAddress };
}

async function newFile(content: string, language: string): Promise<void> {
  const isKnown = (await vscode.languages.getLanguages()).includes(language);
  const document = await vscode.workspace.openTextDocument({ content, ...(isKnown && { language }) });
  await vscode.window.showTextDocument(document);
}

/** Shows where a link leads, and opens it only if the user agrees. */
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
