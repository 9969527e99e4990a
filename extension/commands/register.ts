/** Registers the commands on code, all of which ask the chat model. */
import * as vscode from "vscode";
import { requireChatModel } from "../chat/chatModel.ts";
import type { Services } from "../services.ts";
import { PROPOSAL_SCHEME } from "./changeProposals.ts";
import { codeHandlers } from "./codeHandlers.ts";
import { commitMessage } from "./commitMessage.ts";
import { type ActionPlace, EditCommands } from "./edits.ts";
import { explain, explainTerminal } from "./explain.ts";
import { nameSymbol } from "./suggestName.ts";

export function registerCommands(context: vscode.ExtensionContext, services: Services): void {
  const { chat, proposals, command } = services;
  const edits = new EditCommands(services);
  chat.setHandlers(
    codeHandlers({ apply: (code, about) => edits.apply(code, about), insert: (code) => edits.insert(code) }),
  );
  context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(PROPOSAL_SCHEME, proposals));

  /** Registers a command that needs a chat model; without one the user is told before anything else happens. */
  const ask = <A extends unknown[]>(name: string, run: (...args: A) => Promise<void>) =>
    command(name, async (...args: A) => {
      await requireChatModel(services);
      await run(...args);
    });
  const edit = (task: Parameters<EditCommands["run"]>[0]) => (given?: ActionPlace) => edits.run(task, placeIn(given));
  ask("sterna.explain", (given?: ActionPlace) => explain(services, placeIn(given)));
  ask("sterna.refactor", edit("refactor"));
  ask("sterna.fix", edit("fix"));
  ask("sterna.document", edit("document"));
  ask("sterna.tests", edit("tests"));
  ask("sterna.edit", edit("edit"));
  ask("sterna.name", () => nameSymbol(services));
  ask("sterna.commitMessage", (scm?: { rootUri?: vscode.Uri }) => commitMessage(services, scm));
  ask("sterna.explainTerminal", () => explainTerminal(services));
  command("sterna.acceptChange", () => proposals.accept());
  command("sterna.rejectChange", () => proposals.reject());
}

/** A menu passes the file's address instead of a place; then the selection is used. */
function placeIn(given: ActionPlace | undefined): ActionPlace | undefined {
  return given?.range === undefined ? undefined : given;
}
