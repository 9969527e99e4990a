/**
 * Mirrors documents to the engine as a language client does. A document is opened there when the first suggestion is
 * asked for in it, and kept up to date from then on.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../engine/client.ts";
import { IgnoredFiles } from "./ignoredFiles.ts";
import { isTooLarge } from "./size.ts";

interface Sent {
  document: vscode.TextDocument;
  version: number;
  eol: vscode.EndOfLine;
}

export class DocumentMirror implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #ignored = new IgnoredFiles(() => this.reopenAll());
  readonly #sent = new Map<string, Sent>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(client: EngineClient) {
    this.#client = client;
    this.#subscriptions = [
      this.#ignored,
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.#sent.has(uri.toString())) client.saveDocument(uri.toString());
      }),
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      // A change of language comes as close and open.
      vscode.workspace.onDidCloseTextDocument((document) => this.#closed(document)),
    ];
  }

  /** Makes sure that the engine has the document as it stands; false when it is too large for that. */
  ensureOpen(document: vscode.TextDocument): boolean {
    if (isTooLarge(document)) {
      return false;
    }
    const sent = this.#sent.get(document.uri.toString());
    if (sent === undefined || sent.version !== document.version) {
      this.open(document);
    }
    for (const cell of cellsBeside(document)) {
      if (!this.#sent.has(cell.uri.toString())) this.open(cell);
    }
    return true;
  }

  /** Sends the whole document, unless it is too large. */
  open(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (isTooLarge(document)) {
      this.#closed(document);
      return;
    }
    const isIgnored = this.#ignored.has(document.uri);
    if (isIgnored === undefined) {
      void this.#ignored.read(document.uri).then(() => {
        if (this.#sent.has(uri)) this.open(document);
      });
    }
    this.#sent.set(uri, { document, version: document.version, eol: document.eol });
    this.#client.openDocument({
      uri,
      path: pathInWorkspace(document.uri),
      languageId: document.languageId,
      version: document.version,
      text: document.getText(),
      isPrivate: isIgnored !== false,
    });
  }

  /** Whether git ignores a file. */
  async isIgnored(uri: vscode.Uri): Promise<boolean> {
    await this.#ignored.read(uri);
    return this.#ignored.has(uri) !== false;
  }

  /** Sends everything again: the engine is a new process. */
  reopenAll(): void {
    for (const { document } of [...this.#sent.values()]) {
      this.open(document);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  #changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const uri = document.uri.toString();
    const sent = this.#sent.get(uri);
    if (sent === undefined || sent.version === document.version) {
      return;
    }
    if (sent.eol !== document.eol || isTooLarge(document)) {
      this.open(document);
      return;
    }
    this.#client.changeDocument({
      uri,
      baseVersion: sent.version,
      version: document.version,
      changes: contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
        offset: rangeOffset,
        length: rangeLength,
        text,
      })),
    });
    sent.version = document.version;
  }

  #closed(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (this.#sent.delete(uri)) {
      this.#client.closeDocument(uri);
    }
  }
}

/** Relative to the workspace folder with forward slashes; the name alone when it lies outside. */
export function pathInWorkspace(uri: vscode.Uri): string {
  if (vscode.workspace.getWorkspaceFolder(uri) === undefined) {
    return uri.path.slice(uri.path.lastIndexOf("/") + 1);
  }
  return vscode.workspace.asRelativePath(uri, false).replaceAll("\\", "/");
}

/** The other cells with code of the same language, when the document is a cell of a notebook. */
function cellsBeside(document: vscode.TextDocument): vscode.TextDocument[] {
  if (document.uri.scheme !== "vscode-notebook-cell") {
    return [];
  }
  const notebook = vscode.workspace.notebookDocuments.find(({ uri }) => uri.path === document.uri.path);
  const cells = notebook?.getCells().map((cell) => cell.document) ?? [];
  return cells.filter((cell) => cell !== document && cell.languageId === document.languageId);
}
