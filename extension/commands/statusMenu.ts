/**
 * What a click on the status item offers.
 */
import * as vscode from "vscode";

interface Choice extends vscode.QuickPickItem {
  command: string;
  args?: unknown[];
}

/** @param summary the status item's lines, shown above the choices. */
export async function showMenu(enabled: boolean, summary: string): Promise<void> {
  const choices: Choice[] = [
    enabled
      ? { label: "$(circle-slash) Turn suggestions off", command: "sterna.toggle" }
      : { label: "$(check) Turn suggestions on", command: "sterna.toggle" },
    { label: "$(sparkle) Suggest now", command: "sterna.trigger" },
    { label: "$(comment) Open the chat", command: "sterna.chat.focus" },
    { label: "$(package) Models", command: "sterna.manageModels" },
    { label: "$(output) Show the log", command: "sterna.showLog" },
    { label: "$(debug-restart) Restart the engine", command: "sterna.restart" },
    { label: "$(gear) Settings", command: "workbench.action.openSettings", args: ["sterna."] },
  ];
  const choice = await vscode.window.showQuickPick(choices, { title: "Sterna", placeHolder: summary });
  if (choice !== undefined) {
    await vscode.commands.executeCommand(choice.command, ...(choice.args ?? []));
  }
}
