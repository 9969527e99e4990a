/** The commands that people look for behind the light bulb and in the refactoring menu. */
import * as vscode from "vscode";
import { chatAbility } from "../../engine/client/chatAbility.ts";
import type { EngineClient } from "../../engine/client/client.ts";
import type { Services } from "../services.ts";
import type { ActionPlace } from "./edits.ts";

export function registerCodeActions(context: vscode.ExtensionContext, { engine }: Services): void {
  context.subscriptions.push(
    vscode.languages.registerCodeActionsProvider(
      [{ scheme: "file" }, { scheme: "untitled" }],
      new SternaCodeActions(engine),
      { providedCodeActionKinds: SternaCodeActions.kinds },
    ),
  );
}

const REWRITES: [command: string, title: string][] = [
  ["sterna.edit", "Change with Sterna…"],
  ["sterna.refactor", "Refactor with Sterna…"],
  ["sterna.document", "Document with Sterna"],
  ["sterna.tests", "Write tests with Sterna"],
];
const REWRITE = vscode.CodeActionKind.RefactorRewrite;

class SternaCodeActions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix, REWRITE];
  readonly #engine: EngineClient;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  provideCodeActions(
    { uri }: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics, only }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    if (chatAbility(this.#engine.status).kind === "no") {
      return [];
    }
    const fixes = diagnostics.map((diagnostic) => {
      const action = new vscode.CodeAction("Fix with Sterna", vscode.CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      const place: ActionPlace = { uri, range: diagnostic.range, message: diagnostic.message };
      action.command = { command: "sterna.fix", title: action.title, arguments: [place] };
      return action;
    });
    // Without this condition every line would have a light bulb.
    const rewrites = range.isEmpty && only?.intersects(REWRITE) !== true ? [] : REWRITES;
    return [
      ...fixes,
      ...rewrites.map(([command, title]) => {
        const action = new vscode.CodeAction(title, REWRITE);
        const place: ActionPlace = { uri, range };
        action.command = { command, title, arguments: [place] };
        return action;
      }),
    ];
  }
}
