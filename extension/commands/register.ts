/** Registers the commands of the chat and of the editor, with one way to say what went wrong. */
import * as vscode from "vscode";
import { webAddress } from "../chat/address.ts";
import { exportConversation, renameConversation, showHistory } from "../chat/history.ts";
import { CHAT_VIEW, ChatView } from "../chat/view.ts";
import type { EngineClient } from "../engine/client.ts";
import { SternaCodeActions } from "./codeActions.ts";
import { commitMessage } from "./commitMessage.ts";
import { type ActionPlace, EditCommands } from "./edits.ts";
import { explain, explainTerminal } from "./explain.ts";
import { Proposals } from "./proposal.ts";
import { nameSymbol } from "./suggestName.ts";

export interface Commands {
  chat: ChatView;
  proposals: Proposals;
}

export function registerCommands(context: vscode.ExtensionContext, client: EngineClient): Commands {
  const proposals = new Proposals();
  const chat: ChatView = new ChatView(context, client, {
    insert: insertCode,
    newFile: async (content, language) => {
      const known = (await vscode.languages.getLanguages()).includes(language);
      const document = await vscode.workspace.openTextDocument({ content, ...(known && { language }) });
      await vscode.window.showTextDocument(document);
    },
    apply: (code) => edits.apply(code),
    openAddress,
  });
  const deps = { client, chat, proposals };
  const edits = new EditCommands(deps);

  const command = <A extends unknown[]>(name: string, run: (...args: A) => Promise<void>) =>
    vscode.commands.registerCommand(name, async (...args: A) => {
      try {
        await run(...args);
      } catch (error) {
        void vscode.window.showErrorMessage(`Sterna: ${error instanceof Error ? error.message : error}`);
      }
    });
  const edit = (task: Parameters<EditCommands["run"]>[0]) => (given?: ActionPlace) => edits.run(task, placeIn(given));
  context.subscriptions.push(
    proposals,
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, chat),
    vscode.languages.registerCodeActionsProvider(
      [{ scheme: "file" }, { scheme: "untitled" }],
      new SternaCodeActions(),
      { providedCodeActionKinds: SternaCodeActions.kinds },
    ),
    command("sterna.explain", (given?: ActionPlace) => explain(chat, placeIn(given))),
    command("sterna.refactor", edit("refactor")),
    command("sterna.fix", edit("fix")),
    command("sterna.document", edit("document")),
    command("sterna.tests", edit("tests")),
    command("sterna.edit", edit("edit")),
    command("sterna.name", () => nameSymbol(deps)),
    command("sterna.commitMessage", (scm?: { rootUri?: vscode.Uri }) => commitMessage(deps, scm)),
    command("sterna.explainTerminal", () => explainTerminal(chat)),
    command("sterna.acceptChange", () => proposals.accept()),
    command("sterna.rejectChange", () => proposals.reject()),
    command("sterna.newChat", async () => {
      await chat.focus();
      await chat.relay.open("new");
    }),
    command("sterna.chatHistory", () => showHistory(client, chat.relay)),
    command("sterna.renameChat", () => renameConversation(chat.relay)),
    command("sterna.exportChat", async () => {
      const id = chat.relay.conversation?.id;
      if (id !== undefined) {
        await exportConversation(client, id);
      }
    }),
  );
  return { chat, proposals };
}

/** A menu hands over the file's address instead: then the selection counts. */
function placeIn(given: ActionPlace | undefined): ActionPlace | undefined {
  return given?.range === undefined ? undefined : given;
}

async function insertCode(code: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open to insert into.");
  }
  await editor.edit((builder) => builder.replace(editor.selection, code));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

/** Shows where a link leads, and opens it only when the user says so. */
async function openAddress(text: string): Promise<void> {
  const address = webAddress(text);
  if (address === undefined) {
    throw new Error("Only addresses of the web can be opened.");
  }
  const choice = await vscode.window.showInformationMessage(
    "Open this address in the browser?",
    { modal: true, detail: address },
    "Open",
    "Copy",
  );
  if (choice === "Open") {
    await vscode.env.openExternal(vscode.Uri.parse(address, true));
  } else if (choice === "Copy") {
    await vscode.env.clipboard.writeText(address);
  }
}
