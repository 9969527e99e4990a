/**
 * Mirrors the editor's open documents in the engine, as a language server does: the whole text comes when a document is
 * opened, and then changes that name the version to which they apply.
 */
import type { DocumentChange, DocumentOpen } from "../protocol/documents.ts";
import { isSameFamily } from "../text/languages.ts";

export interface MirroredDocument {
  readonly uri: string;
  readonly path: string;
  readonly languageId: string;
  readonly version: number;
  /** The text with the document's own line ends; offsets count its UTF-16 units. */
  readonly text: string;
  /** Whether its text must not be used in suggestions for other files. */
  readonly isPrivate: boolean;
}

export type Lookup =
  | { kind: "found"; document: MirroredDocument }
  | { kind: "unknown" }
  /** A change was lost or the editor has another version; the document must be opened again. */
  | { kind: "outdated" };

interface Entry {
  document: MirroredDocument;
  /** Whether a change did not fit. The text must then not be used until the document is opened again. */
  broken: boolean;
  /** The document's text with LF between lines, computed when it is first needed. */
  unixText: string | undefined;
}

export class Documents {
  /** The documents by address, in the order in which they were last opened or edited, the latest last. */
  readonly #entries = new Map<string, Entry>();

  /** Adds a document, or replaces what is known about it. */
  open(opened: DocumentOpen): void {
    const { uri, path, languageId, version, text, isPrivate = false } = opened;
    this.#entries.delete(uri);
    this.#entries.set(uri, {
      document: { uri, path, languageId, version, text, isPrivate },
      broken: false,
      unixText: undefined,
    });
  }

  /** Applies a change. One that does not fit the mirrored version marks the document as outdated. */
  change(change: DocumentChange): void {
    const entry = this.#entries.get(change.uri);
    if (entry === undefined || entry.broken) {
      return;
    }
    const { document } = entry;
    const text =
      change.baseVersion === document.version && change.version >= change.baseVersion
        ? applyChanges(document.text, change.changes)
        : undefined;
    if (text === undefined) {
      entry.broken = true;
    } else {
      entry.document = { ...document, version: change.version, text };
      entry.unixText = undefined;
      this.#entries.delete(change.uri);
      this.#entries.set(change.uri, entry);
    }
  }

  close(uri: string): void {
    this.#entries.delete(uri);
  }

  /**
   * Texts of the other documents of a language and its family that are not private, with LF between lines, the one
   * edited or opened last first.
   */
  textsFor(uri: string, languageId: string): string[] {
    return [...this.#entries.values()]
      .filter(({ document, broken }) => {
        const isRelated = document.uri !== uri && isSameFamily(document.languageId, languageId);
        return isRelated && !document.isPrivate && !broken;
      })
      .map((entry) => {
        entry.unixText ??= entry.document.text.replaceAll("\r\n", "\n");
        return entry.unixText;
      })
      .reverse();
  }

  /** Addresses of all documents. */
  uris(): string[] {
    return [...this.#entries.keys()];
  }

  /** Paths of all documents. */
  paths(): string[] {
    return [...this.#entries.values()].map(({ document }) => document.path);
  }

  /** All documents whose present text is known, the one edited or opened last first. */
  all(): MirroredDocument[] {
    const known = [...this.#entries.values()].filter(({ broken }) => !broken);
    return known.map(({ document }) => document).reverse();
  }

  /** The document in the mirror; undefined when its present text is not known. */
  get(uri: string): MirroredDocument | undefined {
    const entry = this.#entries.get(uri);
    return entry === undefined || entry.broken ? undefined : entry.document;
  }

  /** The document, unless it is private, or its present text is not known. */
  shared(uri: string): MirroredDocument | undefined {
    const entry = this.#entries.get(uri);
    return entry === undefined || entry.broken || entry.document.isPrivate ? undefined : entry.document;
  }

  isPrivate(uri: string): boolean {
    return this.#entries.get(uri)?.document.isPrivate ?? false;
  }

  /** The document, when the mirror has exactly the requested version. */
  lookUp(uri: string, version: number): Lookup {
    const entry = this.#entries.get(uri);
    if (entry === undefined) {
      return { kind: "unknown" };
    }
    if (entry.broken || entry.document.version !== version) {
      return { kind: "outdated" };
    }
    return { kind: "found", document: entry.document };
  }
}

/** The text after all changes, or undefined when one is outside of the text. */
function applyChanges(text: string, changes: DocumentChange["changes"]): string | undefined {
  let result = text;
  for (const { offset, length, text: inserted } of changes) {
    const end = offset + length;
    if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0 || end > result.length) {
      return undefined;
    }
    result = result.slice(0, offset) + inserted + result.slice(end);
  }
  return result;
}
