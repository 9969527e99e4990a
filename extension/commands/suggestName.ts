/** Suggests other names for the symbol at the cursor, and renames it through the language's own service. */
import * as vscode from "vscode";
import * as protocol from "../../engine/protocol/index.ts";
import { codeContext } from "./codeContext.ts";
import type { EditDependencies } from "./edits.ts";

/** @throws Error with one sentence for people when there is nothing to rename, or no other name. */
export async function nameSymbol({ engine, chat, access }: EditDependencies): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const position = editor?.selection.active;
  const range = position && editor?.document.getWordRangeAtPosition(position);
  if (editor === undefined || position === undefined || range === undefined) {
    throw new Error("Put the cursor on the name that you want to change.");
  }
  const { document } = editor;
  const name = document.getText(range);
  const code = await codeContext(document, new vscode.Range(position, position), access);
  const result = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Sterna: names for ${name}` },
    () => engine.stream(protocol.task, { task: "name", code, name }, protocol.taskProgress, () => {}),
  );
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
    throw new Error("The editor did not accept the new name.");
  }
}
