/** The list of conversations. It can be searched, and conversations can be opened, exported and deleted in it. */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { showError } from "../showError.ts";
import type { ChatRelay } from "./relay.ts";

interface Item extends vscode.QuickPickItem {
  id: string;
}

const EXPORT = { iconPath: new vscode.ThemeIcon("export"), tooltip: "Export as Markdown" };
const REMOVE = { iconPath: new vscode.ThemeIcon("trash"), tooltip: "Delete" };

export async function showHistory(engine: EngineClient, relay: ChatRelay): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = "Conversations";
  pick.placeholder = "Search for words";
  // The confirmation before a deletion takes the focus, which would close the list.
  pick.ignoreFocusOut = true;
  let searches = 0;
  const refresh = async () => {
    const number = ++searches;
    pick.busy = true;
    try {
      const found = await engine.request(protocol.chatList, { query: pick.value });
      if (number === searches) {
        pick.items = found.map(itemOf);
      }
    } catch (error) {
      void showError(error);
    }
    pick.busy = number !== searches;
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
      await exportConversation(engine, item.id);
    } else if (await isSure(item.label)) {
      await removeConversation(engine, relay, item.id);
      await refresh();
    }
  });
  pick.onDidHide(() => pick.dispose());
  await refresh();
  pick.show();
}

/** Opens the conversation as a Markdown document, which the user can save anywhere. */
export async function exportConversation(engine: EngineClient, id: string): Promise<void> {
  const content = await engine.request(protocol.chatExport, { id });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "markdown", content }));
}

async function isSure(title: string): Promise<boolean> {
  const options = { modal: true, detail: "This cannot be undone." };
  return (
    (await vscode.window.showWarningMessage(`Delete the conversation "${title}"?`, options, "Delete")) === "Delete"
  );
}

async function removeConversation(engine: EngineClient, relay: ChatRelay, id: string): Promise<void> {
  await engine.request(protocol.chatRemove, { id });
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
    // The engine has searched the whole text; the list must not filter again by the label alone.
    alwaysShow: true,
    buttons: [EXPORT, REMOVE],
  };
}
