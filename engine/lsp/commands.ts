/** The commands on code. Each asks the engine, and returns an edit or shows a text. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CancellationToken, Connection, Range, WorkspaceEdit } from "vscode-languageserver/node";
import type { EngineClient } from "../client/client.ts";
import * as protocol from "../protocol/index.ts";
import type { CommandPlace } from "./codeActions.ts";
import { codeContext } from "./codeContext.ts";
import type { DiskAccess } from "./diskAccess.ts";
import type { DocumentMirror } from "./documentMirror.ts";
import { type Folders, nameOf, pathOf } from "./folders.ts";
import { documentEdit, fileEdit, lineEdit } from "./workspaceEdit.ts";

export interface CommandDependencies {
  engine: Pick<EngineClient, "listen" | "request" | "stream">;
  documents: Pick<DocumentMirror, "get">;
  access: Pick<DiskAccess, "require">;
  folders: Pick<Folders, "find" | "pathInWorkspace">;
  window: Pick<Connection["window"], "showDocument">;
  /** Shows a text to which no answer is expected. */
  showMessage(text: string): void;
  /** Whether the client can open a document that the server names. */
  showsDocuments(): boolean;
}

export class Commands {
  readonly #deps: CommandDependencies;

  constructor(deps: CommandDependencies) {
    this.#deps = deps;
  }

  /**
   * The edit that the model proposes.
   *
   * @returns undefined when the request was cancelled, or when the answer was not an edit and was shown instead.
   * @throws Error with one sentence for people.
   */
  async edit(
    { task, uri, range, instruction }: CommandPlace,
    token: CancellationToken,
  ): Promise<WorkspaceEdit | undefined> {
    const { engine, documents } = this.#deps;
    const code = this.#code(uri, range);
    const request = { task, code, instruction };
    const result = await engine.stream(protocol.task, request, protocol.taskProgress, () => {}, token);
    if (result.kind === "chat") {
      await this.#show(`${result.reason}\n\n${result.text}`);
      return undefined;
    }
    if (result.kind !== "edit" || token.isCancellationRequested) return undefined;
    if (result.file !== "") return this.#editOfFile(uri, result.file, result.text);
    const document = documents.get(uri);
    if (document === undefined) throw new Error(`${nameOf(uri)} was closed meanwhile.`);
    return documentEdit(document, [lineEdit(document, code.text, result.target, result.text)]);
  }

  /** Explains code and shows the answer. @returns Markdown. */
  async explain({ uri, range }: CommandPlace, token: CancellationToken): Promise<string> {
    const { engine } = this.#deps;
    const code = this.#code(uri, range);
    const { id } = await engine.request(protocol.chatOpen, { id: "new" });
    let answer: protocol.ChatTurn | undefined;
    let text = "";
    const listening = engine.listen({
      onChatEvent: ({ conversation, event }) => {
        if (conversation !== id) return;
        if (event.type === "turn" && event.turn.role === "assistant") answer = event.turn;
        if (event.type === "text") text += event.text;
      },
    });
    const stop = () =>
      void engine.request(protocol.chatAct, { conversation: id, action: { type: "stop" } }).catch(() => {});
    const cancellation = token.onCancellationRequested(stop);
    try {
      const { start, end } = code.selection;
      const title = `Explain ${code.path}, line ${start + 1}${end > start + 1 ? ` to ${end}` : ""}`;
      const action = { type: "ask" as const, text: title, attachments: [], task: "explain" as const, code };
      await engine.request(protocol.chatAct, { conversation: id, action });
      if (token.isCancellationRequested) return "";
      if (answer?.state === "failed") throw new Error(answer.note || "There was no answer.");
      const shown = answer?.text || text;
      await this.#show(shown);
      return shown;
    } finally {
      cancellation.dispose();
      listening.dispose();
      // The conversation is removed, because these editors do not show conversations.
      await engine.request(protocol.chatRemove, { id }).catch(() => {});
    }
  }

  #code(uri: string, range: Range): protocol.CodeContext {
    const { access, documents, folders } = this.#deps;
    access.require(uri);
    const document = documents.get(uri);
    if (document === undefined) throw new Error(`${nameOf(uri)} is not open.`);
    return codeContext(document, range, folders.pathInWorkspace(uri));
  }

  /** @param file relative to the workspace folder, or a name beside the document when that is in no folder. */
  #editOfFile(uri: string, file: string, text: string): WorkspaceEdit {
    const { access, documents, folders } = this.#deps;
    const folder = folders.find(uri)?.folder;
    const beside = new URL(file.slice(file.lastIndexOf("/") + 1), uri).href;
    const address = folder === undefined ? beside : pathToFileURL(join(folder, file)).href;
    access.require(address);
    const open = documents.get(address);
    const path = pathOf(address);
    const onDisk = path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : undefined;
    return fileEdit(address, open?.getText() ?? onDisk, text);
  }

  /** Shows the model's text: in a document if the client can do that, else as a message. */
  async #show(text: string): Promise<void> {
    const { window, showMessage, showsDocuments } = this.#deps;
    if (showsDocuments()) {
      const file = join(mkdtempSync(join(tmpdir(), "sterna-")), "answer.md");
      writeFileSync(file, `${text.trimEnd()}\n`, { mode: 0o600 });
      const request = { uri: pathToFileURL(file).href, takeFocus: true };
      const { success } = await window.showDocument(request).catch(() => ({ success: false }));
      if (success) return;
    }
    showMessage(text);
  }
}
