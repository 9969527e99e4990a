/** The first steps: opens the walkthrough once, and leads to a place where a suggestion appears. */
import * as vscode from "vscode";
import type { Services } from "../services.ts";
import { SAMPLE } from "./sample.ts";

const WALKTHROUGH = "sterna.sterna#start";
const SHOWN = "walkthroughShown";

export function registerWalkthrough(context: vscode.ExtensionContext, { command }: Services): void {
  command("sterna.tryIt", trySuggestion);
  void openOnce(context);
}

/** Opens a file that is not on disk, with the cursor where a suggestion appears, and asks for one. */
async function trySuggestion(): Promise<void> {
  const { language, before, typed, after } = SAMPLE;
  const document = await vscode.workspace.openTextDocument({ language, content: before + typed + after });
  const editor = await vscode.window.showTextDocument(document);
  const cursor = document.positionAt(before.length + typed.length);
  editor.selection = new vscode.Selection(cursor, cursor);
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
}

async function openOnce(context: vscode.ExtensionContext): Promise<void> {
  const isWanted =
    vscode.workspace.getConfiguration("workbench.welcomePage.walkthroughs").get("openOnInstall") !== false;
  const isProduction = context.extensionMode === vscode.ExtensionMode.Production;
  if (!isWanted || !isProduction || context.globalState.get<boolean>(SHOWN) === true) {
    return;
  }
  await context.globalState.update(SHOWN, true);
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", WALKTHROUGH, false);
}
