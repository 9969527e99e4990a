/** Suggests other names for the symbol at the cursor, and renames it by the language's own service. */
import * as vscode from "vscode";
import { codeContext } from "./codeContext.ts";
import type { EditDependencies } from "./edits.ts";

/** Rejects with a line for people when there is nothing to rename, or no other name. */
export async function nameSymbol({ client, chat }: EditDependencies): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const position = editor?.selection.active;
  const range = position && editor?.document.getWordRangeAtPosition(position);
  if (editor === undefined || position === undefined || range === undefined) {
    throw new Error("Put the cursor on the name in question.");
  }
  const { document } = editor;
  const name = document.getText(range);
  const code = await codeContext(document, new vscode.Range(position, position));
  const cancellation = new vscode.CancellationTokenSource();
  const result = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Sterna: names for ${name}` },
    () => client.task({ task: "name", code, name }, () => {}, cancellation.token),
  );
  cancellation.dispose();
  if (result.kind === "chat") {
    await chat.focus();
    await chat.relay.record(result.question, result.text, result.reason);
    return;
  }
  if (result.kind !== "names") {
    return;
  }
  const chosen = await vscode.window.showQuickPick(result.names, { title: `Another name for ${name}` });
  if (chosen !== undefined) {
    await rename(document, range.start, chosen);
  }
}

async function rename(document: vscode.TextDocument, position: vscode.Position, name: string): Promise<void> {
  const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
    "vscode.executeDocumentRenameProvider",
    document.uri,
    position,
    name,
  );
  if (edit === undefined || edit.size === 0) {
    throw new Error(`Nothing can rename this symbol for ${document.languageId}: install the language's extension.`);
  }
  if (!(await vscode.workspace.applyEdit(edit))) {
    throw new Error("The editor did not take the new name.");
  }
}
