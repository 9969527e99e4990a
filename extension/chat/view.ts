/**
 * The sidebar view that holds the chat page.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Status } from "../../engine/protocol.ts";
import { parseFromPage, type ToPage } from "../../webview/messages.ts";
import type { EngineClient } from "../engineClient.ts";
import { Conversation } from "./conversation.ts";
import { chatPage } from "./page.ts";

export const CHAT_VIEW = "sterna.chat";

export class ChatView implements vscode.WebviewViewProvider {
  readonly #extensionUri: vscode.Uri;
  readonly #conversation: Conversation;
  #view: vscode.WebviewView | undefined;

  constructor(extensionUri: vscode.Uri, client: EngineClient) {
    this.#extensionUri = extensionUri;
    this.#conversation = new Conversation(
      {
        chat: (params, onText, token) => client.chat(params, onText, token),
        createCancellation: () => new vscode.CancellationTokenSource(),
        post: (message) => this.#post(message),
      },
      client.status,
    );
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  setStatus(status: Status): void {
    this.#conversation.setStatus(status);
  }

  /** Shows the view and asks. */
  async ask(question: string): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    await this.#conversation.ask(question);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const folder = vscode.Uri.joinPath(this.#extensionUri, "dist", "webview");
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const listener = webview.onDidReceiveMessage((value: unknown) => this.#receive(value));
    view.onDidDispose(() => {
      listener.dispose();
      if (this.#view === view) {
        this.#view = undefined;
      }
    });
    this.#view = view;
    webview.html = chatPage({
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, "main.js")).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(folder, "style.css")).toString(),
      nonce: randomBytes(16).toString("hex"),
    });
  }

  #receive(value: unknown): void {
    const message = parseFromPage(value);
    switch (message?.type) {
      case "ready":
        this.#conversation.show();
        break;
      case "ask":
        void this.#conversation.ask(message.text);
        break;
      case "stop":
        this.#conversation.stop();
        break;
      case "clear":
        this.#conversation.clear();
        break;
      case undefined:
        break;
    }
  }

  #post(message: ToPage): void {
    void this.#view?.webview.postMessage(message);
  }
}
