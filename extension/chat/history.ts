/** The list of conversations: searched as one types, opened, renamed, exported and removed. */
import * as vscode from "vscode";
import * as protocol from "../../engine/protocol/index.ts";
import type { EngineClient } from "../engine/client.ts";
import type { ChatRelay } from "./relay.ts";

interface Item extends vscode.QuickPickItem {
  id: string;
}

const EXPORT = { iconPath: new vscode.ThemeIcon("export"), tooltip: "Export as Markdown" };
const REMOVE = { iconPath: new vscode.ThemeIcon("trash"), tooltip: "Delete" };

export async function showHistory(client: EngineClient, relay: ChatRelay): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = "Conversations";
  pick.placeholder = "Words to look for";
  // The question whether to delete takes the focus away.
  pick.ignoreFocusOut = true;
  let asked = 0;
  const refresh = async () => {
    const number = ++asked;
    pick.busy = true;
    try {
      const found = await client.request(protocol.chatList, { query: pick.value });
      if (number === asked) {
        pick.items = found.map(itemOf);
      }
    } catch (error) {
      void vscode.window.showErrorMessage(`Sterna: ${error instanceof Error ? error.message : error}`);
    }
    pick.busy = number !== asked;
  };
  pick.onDidChangeValue(refresh);
  pick.onDidAccept(() => {
    const [item] = pick.selectedItems;
    pick.hide();
    if (item !== undefined) {
      void relay.open(item.id);
    }
  });
  pick.onDidTriggerItemButton(async ({ item, button }) => {
    if (button === EXPORT) {
      pick.hide();
      await exportConversation(client, item.id);
    } else if (await isSure(item.label)) {
      await removeConversation(client, relay, item.id);
      await refresh();
    }
  });
  pick.onDidHide(() => pick.dispose());
  await refresh();
  pick.show();
}

/** Opens the conversation as a Markdown document, to be saved where the user wants it. */
export async function exportConversation(client: EngineClient, id: string): Promise<void> {
  const content = await client.request(protocol.chatExport, { id });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "markdown", content }));
}

async function isSure(title: string): Promise<boolean> {
  const options = { modal: true, detail: "It cannot be brought back." };
  return (
    (await vscode.window.showWarningMessage(`Delete the conversation "${title}"?`, options, "Delete")) === "Delete"
  );
}

async function removeConversation(client: EngineClient, relay: ChatRelay, id: string): Promise<void> {
  await client.request(protocol.chatRemove, { id });
  if (relay.conversation?.id === id) {
    await relay.open("");
  }
}

export async function renameConversation(relay: ChatRelay): Promise<void> {
  const value = relay.conversation?.title ?? "";
  const title = await vscode.window.showInputBox({ title: "Name of this conversation", value });
  if (title !== undefined) {
    await relay.rename(title);
  }
}

function itemOf({ id, title, updated, turns, excerpt }: protocol.ConversationSummary): Item {
  const date = new Date(updated).toLocaleString();
  return {
    id,
    label: title || "(no title)",
    description: `${date}, ${turns} messages`,
    ...(excerpt && { detail: excerpt }),
    // The search has found it; the list must not search again by the label alone.
    alwaysShow: true,
    buttons: [EXPORT, REMOVE],
  };
}
