/**
 * Mirrors documents to the engine as a language client does. A document is opened there when the first suggestion is
 * requested in it, and is kept up to date from then on. A document that may not be read is never sent.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import {
  type DocumentChange,
  definitionsFound,
  documentChanged,
  documentClosed,
  documentOpened,
  documentSaved,
} from "../../engine/protocol/documents.ts";
import { readingRulesChanged } from "../../engine/protocol/repository.ts";
import type { Refusal } from "../../engine/workspace/refusal.ts";
import { isTooLarge } from "./documentSize.ts";
import type { FileAccess } from "./fileAccess.ts";
import { cellsAbove, cellsBeside } from "./notebookCells.ts";
import { pathInWorkspace } from "./paths.ts";

interface Sent {
  document: vscode.TextDocument;
  version: number;
  eol: vscode.EndOfLine;
}

/**
 * A document that is being checked: its text when the check began, and its changes since. They are sent once the check
 * allows it, so that the engine knows every edit of somebody who types at once.
 */
interface Held extends Sent {
  /** The version of the text; `version` is the one after the changes. */
  textVersion: number;
  text: string;
  changes: DocumentChange[];
}

export class DocumentMirror implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #access: FileAccess;
  readonly #sent = new Map<string, Sent>();
  readonly #held = new Map<string, Held>();
  /** The cells above that were sent last, by the cell whose context they are. */
  readonly #cellsSent = new Map<string, string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(client: EngineClient, access: FileAccess) {
    this.#client = client;
    this.#access = access;
    this.#subscriptions = [
      access.onDidChange(() => void this.#recheckAll()),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.#sent.has(uri.toString())) client.notify(documentSaved, { uri: uri.toString() });
      }),
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      // VS Code reports a change of language as closing and opening.
      vscode.workspace.onDidCloseTextDocument((document) => this.#close(document)),
    ];
  }

  /**
   * Makes sure that the engine has the document's current text. In a notebook it also gets the other cells of the same
   * language.
   *
   * @returns undefined when the engine has it, else why it may not have it.
   */
  async ensureOpen(document: vscode.TextDocument): Promise<Refusal | "too-large" | undefined> {
    const known = this.#access.known(document);
    if (known === "unknown") this.#hold(document);
    const refusal = known === "unknown" ? await this.#access.check(document) : known;
    if (refusal !== undefined) {
      this.#close(document);
      return refusal;
    }
    if (isTooLarge(document)) {
      this.#held.delete(document.uri.toString());
      return "too-large";
    }
    const sent = this.#sent.get(document.uri.toString());
    if (sent === undefined) this.#sendHeld(document);
    else if (sent.version !== document.version) this.resend(document);
    this.#ensureCells(document);
    return undefined;
  }

  #hold(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (this.#held.get(uri)?.document === document || this.#sent.has(uri) || isTooLarge(document)) return;
    const { version, eol } = document;
    this.#held.set(uri, { document, version, eol, textVersion: version, text: document.getText(), changes: [] });
  }

  /** Sends a document as it was when it was held, and its changes since; without that, as it is. */
  #sendHeld(document: vscode.TextDocument): void {
    const held = this.#held.get(document.uri.toString());
    if (held?.document !== document || held.version !== document.version || held.eol !== document.eol) {
      this.resend(document);
      return;
    }
    const { version, eol, textVersion, text, changes } = held;
    this.#open({ document, version, eol }, textVersion, text);
    for (const change of changes) this.#client.notify(documentChanged, change);
  }

  /** In a notebook, opens the other cells in the engine and sends those above as context of this one. */
  #ensureCells(document: vscode.TextDocument): void {
    for (const cell of cellsBeside(document)) {
      if (!this.#sent.has(cell.uri.toString())) this.resend(cell);
    }
    const uri = document.uri.toString();
    const { key, cells } = cellsAbove(document);
    if (cells.length > 0 && this.#cellsSent.get(uri) !== key) {
      this.#cellsSent.set(uri, key);
      this.#client.notify(definitionsFound, { uri, languageId: document.languageId, chunks: cells });
    }
  }

  /** Sends the whole text of a document that {@link ensureOpen} has accepted, unless it has become too large. */
  resend(document: vscode.TextDocument): void {
    if (isTooLarge(document)) {
      this.#close(document);
      return;
    }
    const { version, eol } = document;
    this.#open({ document, version, eol }, version, document.getText());
  }

  /** @param version of the text. Where it is older than the one in `sent`, the changes in between are sent next. */
  #open(sent: Sent, version: number, text: string): void {
    const { document } = sent;
    const uri = document.uri.toString();
    this.#held.delete(uri);
    this.#sent.set(uri, sent);
    this.#client.notify(documentOpened, {
      uri,
      path: pathInWorkspace(document.uri),
      languageId: document.languageId,
      version,
      text,
      isPrivate: this.#access.isIgnored(document.uri),
    });
  }

  /** Sends all documents again to a new engine. */
  resendAll(): void {
    this.#cellsSent.clear();
    for (const { document } of [...this.#sent.values()]) {
      this.resend(document);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  /**
   * The rules for reading have changed. Closes in the engine every document that is now excluded, and also every document
   * not yet checked against the new rules. A document is sent again when the check allows it.
   */
  async #recheckAll(): Promise<void> {
    this.#client.notify(readingRulesChanged);
    this.#cellsSent.clear();
    const documents = [...this.#sent.values()].map(({ document }) => document);
    for (const document of documents) if (this.#access.known(document) !== undefined) this.#close(document);
    for (const document of documents) await this.#check(document);
  }

  /** Sends a document if it may be read, and closes it in the engine if not. */
  async #check(document: vscode.TextDocument): Promise<void> {
    const refusal = await this.#access.check(document);
    if (refusal !== undefined || document.isClosed) this.#close(document);
    else this.resend(document);
  }

  #changed(event: vscode.TextDocumentChangeEvent): void {
    const { document } = event;
    const uri = document.uri.toString();
    const held = this.#held.get(uri);
    if (held !== undefined && held.version !== document.version) held.changes.push(changeSince(held, event));
    const sent = this.#sent.get(uri);
    if (sent === undefined || sent.version === document.version) {
      return;
    }
    // The editor may have reloaded the file from disk, and the path may now be a symbolic link to a file that must not be
    // read.
    if (this.#access.known(document) !== undefined) {
      this.#close(document);
      void this.#check(document);
      return;
    }
    if (sent.eol !== document.eol || isTooLarge(document)) {
      this.resend(document);
      return;
    }
    this.#client.notify(documentChanged, changeSince(sent, event));
  }

  #close(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    this.#held.delete(uri);
    if (this.#sent.delete(uri)) {
      this.#client.notify(documentClosed, { uri });
    }
  }
}

/** The change from the version that is known of a document to the present one, which is the known one from now on. */
function changeSince(known: Sent, { document, contentChanges }: vscode.TextDocumentChangeEvent): DocumentChange {
  const { version: baseVersion } = known;
  known.version = document.version;
  const changes = contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
    offset: rangeOffset,
    length: rangeLength,
    text,
  }));
  return { uri: document.uri.toString(), baseVersion, version: document.version, changes };
}
