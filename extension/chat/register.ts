/** Registers the chat view and the commands of conversations. */
import * as vscode from "vscode";
import type { Services } from "../services.ts";
import { watchChatModel } from "./chatModel.ts";
import { CHAT_VIEW } from "./chatView.ts";
import { exportConversation, renameConversation, showHistory } from "./conversationList.ts";

export function registerChat(context: vscode.ExtensionContext, services: Services): void {
  const { chat, engine, command } = services;
  const { relay } = chat;
  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, chat),
    watchChatModel(engine),
    engine.listen({
      onStarted: () => relay.engineStarted(),
      onEnded: () => relay.engineEnded(),
      onStatus: (status) => relay.setStatus(status),
      onChatEvent: ({ conversation, event }) => relay.onEvent(conversation, event),
    }),
  );
  command("sterna.newChat", async () => {
    await chat.focus();
    await relay.open("new");
  });
  command("sterna.chatHistory", () => showHistory(engine, relay));
  command("sterna.renameChat", () => renameConversation(relay));
  command("sterna.exportChat", async () => {
    const id = relay.conversation?.id;
    if (id !== undefined) {
      await exportConversation(engine, id);
    }
  });
}
