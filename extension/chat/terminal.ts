/** The selection in the terminal. VS Code's API cannot read it, but a command copies it to the clipboard. */
import * as vscode from "vscode";

/**
 * Reads the selection through the clipboard, whose text is put back afterwards.
 *
 * @throws Error with one sentence for people when nothing is selected, or when the clipboard holds something that could
 * not be put back.
 */
export async function terminalSelection(): Promise<string> {
  if (vscode.window.activeTerminal === undefined) {
    throw new Error("No terminal is open.");
  }
  const before = await vscode.env.clipboard.readText();
  if (before === "" && !(await mayOverwrite())) {
    throw new Error("The clipboard was left as it is: copy the selection in the terminal first, then try again.");
  }
  // Otherwise text that was copied before could be taken for the selection.
  await vscode.env.clipboard.writeText("");
  await vscode.commands.executeCommand("workbench.action.terminal.copySelection");
  const text = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  if (text.trim() === "") {
    throw new Error("Nothing is selected in the terminal.");
  }
  return text;
}

/**
 * Without text the clipboard is either empty, or holds a picture or files, which VS Code can neither see nor put back.
 */
async function mayOverwrite(): Promise<boolean> {
  const use = "Use the Clipboard";
  const answer = await vscode.window.showWarningMessage(
    "Reading the terminal's selection takes the clipboard, which holds no text now.",
    { modal: true, detail: "A picture or files in it would be lost." },
    use,
  );
  return answer === use;
}
