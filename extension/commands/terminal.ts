/** The selection in the terminal. There is no call for it, only a command that copies it. */
import * as vscode from "vscode";

/** The user's clipboard is as before when this resolves. Rejects with a line for people when nothing is selected. */
export async function terminalSelection(): Promise<string> {
  if (vscode.window.activeTerminal === undefined) {
    throw new Error("No terminal is open.");
  }
  const before = await vscode.env.clipboard.readText();
  // What was copied before must not be taken for the selection.
  await vscode.env.clipboard.writeText("");
  await vscode.commands.executeCommand("workbench.action.terminal.copySelection");
  const text = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  if (text.trim() === "") {
    throw new Error("Nothing is selected in the terminal.");
  }
  return text;
}
