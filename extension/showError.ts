/** The only way in which an error is shown. */
import * as vscode from "vscode";
import { messageOf } from "../engine/client/errors.ts";
import { ActionableError } from "./actionableError.ts";

/** Shows an error as a notification with its buttons. It is never called for what happens while somebody types. */
export async function showError(error: unknown): Promise<void> {
  const actions = error instanceof ActionableError ? error.actions : [];
  const title = await vscode.window.showErrorMessage(
    `Sterna: ${messageOf(error)}`,
    ...actions.map((action) => action.title),
  );
  const chosen = actions.find((action) => action.title === title);
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command, ...(chosen.arguments ?? []));
  }
}
