/** The sidebar view that holds the chat page. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { messageOf } from "../../engine/client/errors.ts";
import type { Subject } from "../../engine/protocol/conversations.ts";
import { repositoryNames } from "../../engine/protocol/repository.ts";
import { parseFromPage, type ToPage } from "../../webview/messages.ts";
import type { ModelChooser } from "../models/chooser.ts";
import type { FileAccess } from "../repository/fileAccess.ts";
import { uriOfPath } from "../repository/paths.ts";
import { WorkspaceFiles } from "../repository/workspaceFiles.ts";
import { attachment } from "./attachments.ts";
import { chatModelLabel } from "./chatModel.ts";
import { chatPage } from "./chatPageHtml.ts";
import { commandOffers, contextOffers, nameOffer } from "./offers.ts";
import { ChatRelay } from "./relay.ts";

export const CHAT_VIEW = "sterna.chat";
const LAST_CONVERSATION = "sterna.conversation";
const THINKING = "chat.thinking";

/** What the page's buttons do in the editor. */
export interface CodeHandlers {
  insert(code: string): Promise<void>;
  newFile(code: string, language: string): Promise<void>;
  /** @param about the files that the answer is about. */
  apply(code: string, about: Subject[]): Promise<void>;
  openAddress(address: string): Promise<void>;
}

export interface ChatViewDependencies {
  context: vscode.ExtensionContext;
  engine: EngineClient;
  access: FileAccess;
  models: ModelChooser;
}

export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly relay: ChatRelay;
  readonly #extensionUri: vscode.Uri;
  readonly #files: WorkspaceFiles;
  readonly #engine: EngineClient;
  readonly #subscription: vscode.Disposable;
  #handlers: CodeHandlers | undefined;
  #view: vscode.WebviewView | undefined;
  #chatModelLabel = "";

  constructor({ context, engine, access, models }: ChatViewDependencies) {
    this.#extensionUri = context.extensionUri;
    const files = new WorkspaceFiles(access);
    this.#files = files;
    this.#engine = engine;
    this.relay = new ChatRelay(
      {
        request: engine.request.bind(engine),
        post: (message) => this.#post(message),
        remembered: () => context.workspaceState.get<string>(LAST_CONVERSATION, ""),
        remember: (id) => void context.workspaceState.update(LAST_CONVERSATION, id),
        attach: (offer) => attachment(offer, { access, files }),
        chatModelLabel: () => this.#chatModelLabel,
        isThinking: () => vscode.workspace.getConfiguration("sterna").get(THINKING) === true,
      },
      engine.status,
    );
    const ofModels = models.onDidChange(async (row) => {
      // The progress of a single download changes nothing here.
      if (row !== undefined) return;
      this.#chatModelLabel = await chatModelLabel(models);
      this.relay.postState();
    });
    const ofSettings = vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`sterna.${THINKING}`)) this.relay.postState();
    });
    const ofRules = access.onDidChange(() => void this.relay.recheckChips((path) => mayRead(path, access)));
    this.#subscription = vscode.Disposable.from(ofModels, ofSettings, ofRules);
  }

  /** Sets what the page's buttons do. */
  setHandlers(handlers: CodeHandlers): void {
    this.#handlers = handlers;
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

  /** Handles a message from the page. One of unknown shape is ignored. */
  receive(value: unknown): void {
    const message = parseFromPage(value);
    if (message === undefined || this.relay.receive(message)) {
      return;
    }
    switch (message.type) {
      case "complete":
        this.#run(this.#offer(message.request, message.trigger, message.query));
        break;
      case "copy":
        this.#run(vscode.env.clipboard.writeText(message.text));
        break;
      case "insert":
        this.#run(this.#handlers?.insert(message.code));
        break;
      case "newFile":
        this.#run(this.#handlers?.newFile(message.code, message.language));
        break;
      case "apply":
        this.#run(this.#apply(message.code, message.turn));
        break;
      case "link":
        this.#run(this.#handlers?.openAddress(message.address));
        break;
      case "chooseModel":
        this.#run(vscode.commands.executeCommand("sterna.manageModels"));
        break;
      case "getModel":
        this.#run(vscode.commands.executeCommand("sterna.getChatModel"));
        break;
      case "think":
        this.#run(setThinking(message.isOn));
        break;
    }
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #apply(code: string, turn: number | undefined): Promise<void> {
    await this.#handlers?.apply(code, turn === undefined ? [] : await this.relay.subjects(turn));
  }

  async #offer(request: number, trigger: "@" | "/", query: string): Promise<void> {
    if (trigger === "/") {
      this.#post({ type: "offers", request, offers: commandOffers(query) });
      return;
    }
    const offers = contextOffers(query, [...(await this.#files.list()).keys()]);
    this.#post({ type: "offers", request, offers });
    // Names come when the engine has read the files: at the first question of a window, that takes a moment.
    const names = query === "" ? [] : await this.#engine.request(repositoryNames, { query }).catch(() => []);
    if (names.length > 0) this.#post({ type: "offers", request, offers: [...offers, ...names.map(nameOffer)] });
  }

  #run(work: Thenable<unknown> | undefined): void {
    work?.then(undefined, (error: unknown) => this.#post({ type: "problem", text: messageOf(error) }));
  }

  #post(message: ToPage): void {
    void this.#view?.webview.postMessage(message);
  }
}

/** Changes the setting where it is set, because a workspace's value goes before the user's. */
async function setThinking(isOn: boolean): Promise<void> {
  const settings = vscode.workspace.getConfiguration("sterna");
  const isOfWorkspace = settings.inspect(THINKING)?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await settings.update(THINKING, isOn, isOfWorkspace ? Workspace : Global);
}

/** @param path of an attachment. What is no file any more, or none yet, has nothing that could be read. */
async function mayRead(path: string, access: FileAccess): Promise<boolean> {
  const uri = await uriOfPath(path).catch(() => undefined);
  return uri === undefined || (await access.checkUri(uri)) === undefined;
}
