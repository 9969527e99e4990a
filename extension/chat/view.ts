/**
 * The sidebar view that holds the chat page.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { parseFromPage, type ToPage } from "../../webview/messages.ts";
import type { EngineClient } from "../engine/client.ts";
import { attachment, workspaceFiles } from "./attachments.ts";
import { commandOffers, contextOffers } from "./offers.ts";
import { chatPage } from "./page.ts";
import { ChatRelay } from "./relay.ts";

export const CHAT_VIEW = "sterna.chat";
const REMEMBERED = "sterna.conversation";

/** What the page's buttons do in the editor. */
export interface CodeHandlers {
  insert(code: string): Promise<void>;
  newFile(code: string, language: string): Promise<void>;
  apply(code: string): Promise<void>;
  openAddress(address: string): Promise<void>;
}

export class ChatView implements vscode.WebviewViewProvider {
  readonly relay: ChatRelay;
  readonly #extensionUri: vscode.Uri;
  readonly #handlers: CodeHandlers;
  #view: vscode.WebviewView | undefined;
  /** The files of the workspace while one types behind an "@". */
  #files: { at: number; paths: Promise<string[]> } | undefined;

  constructor(context: vscode.ExtensionContext, client: EngineClient, handlers: CodeHandlers) {
    this.#extensionUri = context.extensionUri;
    this.#handlers = handlers;
    this.relay = new ChatRelay(
      {
        request: (type, params, token) => client.request(type, params, token),
        post: (message) => this.#post(message),
        remembered: () => context.workspaceState.get<string>(REMEMBERED, ""),
        remember: (id) => void context.workspaceState.update(REMEMBERED, id),
        attach: attachment,
      },
      client.status,
    );
  }

  /** Shows the view, with the cursor in its input. */
  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    this.#post({ type: "focus" });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const folder = vscode.Uri.joinPath(this.#extensionUri, "dist", "webview");
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const listener = webview.onDidReceiveMessage((value: unknown) => this.receive(value));
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

  /** Takes a message of the page; what is none of ours is left alone. */
  receive(value: unknown): void {
    const message = parseFromPage(value);
    if (message === undefined || this.relay.receive(message)) {
      return;
    }
    switch (message.type) {
      case "complete":
        void this.#offer(message.request, message.trigger, message.query);
        break;
      case "copy":
        void vscode.env.clipboard.writeText(message.text);
        break;
      case "insert":
        this.#run(this.#handlers.insert(message.code));
        break;
      case "newFile":
        this.#run(this.#handlers.newFile(message.code, message.language));
        break;
      case "apply":
        this.#run(this.#handlers.apply(message.code));
        break;
      case "link":
        this.#run(this.#handlers.openAddress(message.address));
        break;
      case "chooseModel":
        void vscode.commands.executeCommand("sterna.manageModels");
        break;
    }
  }

  async #offer(request: number, trigger: "@" | "/", query: string): Promise<void> {
    if (trigger === "/") {
      this.#post({ type: "offers", request, offers: commandOffers(query) });
      return;
    }
    const now = Date.now();
    if (this.#files === undefined || now - this.#files.at > 10_000) {
      this.#files = { at: now, paths: workspaceFiles() };
    }
    this.#post({ type: "offers", request, offers: contextOffers(query, await this.#files.paths) });
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#post({ type: "problem", text: error instanceof Error ? error.message : String(error) }),
    );
  }

  #post(message: ToPage): void {
    void this.#view?.webview.postMessage(message);
  }
}
