/**
 * The documents that the client has open, and their mirror in the engine. A document that may not be read is never
 * sent.
 */
import type { TextDocumentContentChangeEvent, TextDocumentItem } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { EngineClient } from "../client/client.ts";
import {
  documentChanged,
  documentClosed,
  documentOpened,
  documentSaved,
  type TextChange,
} from "../protocol/documents.ts";
import { MAX_LENGTH } from "../workspace/maxLength.ts";
import type { Refusal } from "../workspace/refusal.ts";
import type { DiskAccess } from "./diskAccess.ts";
import type { Folders } from "./folders.ts";

interface Open {
  document: TextDocument;
  /** Whether the engine has it, in this version; below, whether the engine was told that it is private. */
  isSent: boolean;
  isPrivate: boolean;
}

export class DocumentMirror {
  readonly #client: Pick<EngineClient, "notify">;
  readonly #access: Pick<DiskAccess, "check" | "isIgnored">;
  readonly #folders: Pick<Folders, "pathInWorkspace">;
  readonly #open = new Map<string, Open>();

  constructor(
    client: Pick<EngineClient, "notify">,
    access: Pick<DiskAccess, "check" | "isIgnored">,
    folders: Pick<Folders, "pathInWorkspace">,
  ) {
    this.#client = client;
    this.#access = access;
    this.#folders = folders;
  }

  get(uri: string): TextDocument | undefined {
    return this.#open.get(uri)?.document;
  }

  open({ uri, languageId, version, text }: TextDocumentItem): void {
    this.close(uri);
    this.#open.set(uri, {
      document: TextDocument.create(uri, languageId, version, text),
      isSent: false,
      isPrivate: false,
    });
  }

  /** Applies changes in their order; each refers to the text after the changes before it. */
  change(uri: string, version: number, changes: readonly TextDocumentContentChangeEvent[]): void {
    const open = this.#open.get(uri);
    if (open === undefined) return;
    const baseVersion = open.document.version;
    const sent: TextChange[] = [];
    for (const change of changes) {
      const { document } = open;
      const known =
        "range" in change ? changeOf(document, change.range, change.text) : smallest(document.getText(), change.text);
      sent.push(known);
      // Positions are moved into the document, because the library loses count of the lines with others.
      const range = {
        start: document.positionAt(known.offset),
        end: document.positionAt(known.offset + known.length),
      };
      const fitting = "range" in change ? { range, text: known.text } : { text: change.text };
      open.document = TextDocument.update(document, [fitting], version);
    }
    if (changes.length === 0) open.document = TextDocument.update(open.document, [], version);
    if (!open.isSent) return;
    // What was read again from the disk may be that of a link to another file.
    if (this.#access.check(uri) !== undefined || isTooLarge(open.document)) this.#takeBack(open);
    else this.#client.notify(documentChanged, { uri, baseVersion, version, changes: sent });
  }

  save(uri: string): void {
    if (this.#open.get(uri)?.isSent === true) this.#client.notify(documentSaved, { uri });
  }

  close(uri: string): void {
    const open = this.#open.get(uri);
    this.#open.delete(uri);
    if (open !== undefined) this.#takeBack(open);
  }

  /**
   * Makes sure that the engine has the current text of an open document.
   *
   * @returns undefined when it has, else why not.
   */
  ensureSent(uri: string): Refusal | "too-large" | "unknown-document" | undefined {
    const open = this.#open.get(uri);
    if (open === undefined) return "unknown-document";
    const refusal = this.#access.check(uri);
    if (refusal !== undefined || isTooLarge(open.document)) {
      this.#takeBack(open);
      return refusal ?? "too-large";
    }
    if (!open.isSent) this.#send(open);
    return undefined;
  }

  /** Sends everything again that was sent, to a new engine or to one that has missed a change. */
  resendAll(): void {
    for (const open of this.#open.values()) {
      if (!open.isSent) continue;
      open.isSent = false;
      this.ensureSent(open.document.uri);
    }
  }

  /** Takes back the documents that may no longer be read, after the rules for that have changed. */
  recheckAll(): void {
    for (const [uri, open] of this.#open) {
      if (!open.isSent) continue;
      if (this.#access.check(uri) !== undefined) this.#takeBack(open);
      else if (this.#access.isIgnored(uri) !== open.isPrivate) this.#send(open);
    }
  }

  #send(open: Open): void {
    const { uri, languageId, version } = open.document;
    open.isSent = true;
    open.isPrivate = this.#access.isIgnored(uri);
    this.#client.notify(documentOpened, {
      uri,
      path: this.#folders.pathInWorkspace(uri),
      languageId,
      version,
      text: open.document.getText(),
      isPrivate: open.isPrivate,
    });
  }

  #takeBack(open: Open): void {
    if (!open.isSent) return;
    open.isSent = false;
    this.#client.notify(documentClosed, { uri: open.document.uri });
  }
}

function isTooLarge(document: TextDocument): boolean {
  return document.getText().length > MAX_LENGTH;
}

function changeOf(
  document: TextDocument,
  range: Parameters<TextDocument["getText"]>[0] & {},
  text: string,
): TextChange {
  const [one, other] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const offset = Math.min(one, other);
  return { offset, length: Math.max(one, other) - offset, text };
}

/** The smallest change from one text to the other, for clients that always send the whole text. */
export function smallest(before: string, after: string): TextChange {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { offset: start, length: before.length - start - end, text: after.slice(start, after.length - end) };
}
