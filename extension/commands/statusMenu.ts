/** The menu of the status item. */
import * as vscode from "vscode";
import { chatAbility } from "../../engine/client/chatAbility.ts";
import { isLanguageEnabled } from "../../engine/workspace/enabledLanguages.ts";
import { setEnabled, setExcluded, setLanguageEnabled } from "../config.ts";
import { nameOf, pathInWorkspace } from "../repository/paths.ts";
import type { Services } from "../services.ts";

interface Choice extends vscode.QuickPickItem {
  run(): unknown;
}

export function registerStatusMenu(_: vscode.ExtensionContext, services: Services): void {
  const { statusItem, command } = services;
  command("sterna.menu", async () => {
    const choices = [...suggestionChoices(services), ...otherChoices(services)];
    const options = { title: "Sterna", placeHolder: statusItem.summary, matchOnDescription: true };
    const choice = await vscode.window.showQuickPick(choices, options);
    await choice?.run();
  });
}

function suggestionChoices({ config }: Services): Choice[] {
  const { enabled, languages } = config.current;
  const choices: Choice[] = [
    enabled
      ? { label: "$(circle-slash) Turn suggestions off", run: () => setEnabled(false) }
      : { label: "$(check) Turn suggestions on", run: () => setEnabled(true) },
  ];
  const document = vscode.window.activeTextEditor?.document;
  if (document !== undefined) {
    const { languageId } = document;
    const isOn = isLanguageEnabled(languages, languageId);
    choices.push(
      {
        label: isOn
          ? `$(circle-slash) Turn suggestions off in ${languageId}`
          : `$(check) Turn suggestions on in ${languageId}`,
        run: () => setLanguageEnabled(languages, languageId, !isOn),
      },
      {
        label: `$(eye-closed) Never read ${nameOf(document.uri.path)}`,
        description: "no suggestions, not in answers",
        run: () => setExcluded(pathInWorkspace(document.uri)),
      },
      choice("$(sparkle) Suggest now", "sterna.trigger"),
    );
  }
  return choices;
}

function otherChoices({ engine }: Services): Choice[] {
  const canChat = chatAbility(engine.status).kind !== "no";
  return [
    canChat
      ? choice("$(comment) Open the chat", "sterna.chat.focus")
      : choice("$(comment) Get a model that answers questions", "sterna.getChatModel"),
    choice("$(package) Models", "sterna.manageModels"),
    choice("$(graph) Statistics", "sterna.showStatistics"),
    choice("$(book) What is known of the workspace", "sterna.showIndex"),
    choice("$(output) Show the log", "sterna.showLog"),
    choice("$(debug-restart) Restart the engine", "sterna.restart"),
    choice("$(gear) Settings", "workbench.action.openSettings", "sterna."),
  ];
}

function choice(label: string, command: string, ...args: unknown[]): Choice {
  return { label, run: () => vscode.commands.executeCommand(command, ...args) };
}
