/**
 * Follows the edits of one window's documents, and answers what the next one may be. Edits in documents that are
 * private speak about those documents only.
 */
import type { DocumentChange, TextChange } from "../protocol/documents.ts";
import type { NextEdit, NextEditParams, NextEditsParams } from "../protocol/nextEdit.ts";
import type { Documents, MirroredDocument } from "../repository/openDocuments.ts";
import { isSameFamily } from "../text/languages.ts";
import type { Edit } from "./changes.ts";
import { describe } from "./describe.ts";
import { EditHistory } from "./history.ts";
import type { Proposal, SourceText, Workspace } from "./proposal.ts";
import { proposalsOfRule, propose } from "./propose.ts";
import { smallestChange } from "./smallestChange.ts";

/** A file that is not open. */
export interface IndexedFile extends SourceText {
  path: string;
}

export interface NextEditDependencies {
  documents: Documents;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Files of the repository that are not open and hold a word, in languages like this one, the nearest first. */
  filesWith?(word: string, languageId: string): Iterable<IndexedFile>;
}

export class NextEditService {
  readonly #deps: NextEditDependencies;
  readonly #history = new EditHistory();
  /** Rules that the user turned away. */
  readonly #dismissed = new Set<string>();

  constructor(deps: NextEditDependencies) {
    this.#deps = deps;
  }

  /** A document changes. Called before the mirror takes the change in. */
  changed({ uri, baseVersion, changes }: DocumentChange): void {
    const document = this.#deps.documents.get(uri);
    if (document === undefined || document.version !== baseVersion) {
      this.#history.forget(uri);
      return;
    }
    let { text } = document;
    for (const change of changes) {
      const end = change.offset + change.length;
      if (!(change.offset >= 0 && change.length >= 0 && end <= text.length)) {
        this.#history.forget(uri);
        return;
      }
      this.#history.change(uri, text, change, this.#deps.now());
      text = text.slice(0, change.offset) + change.text + text.slice(end);
    }
  }

  /** A document is sent whole. Called before the mirror takes it in. */
  opened({ uri, text }: { uri: string; text: string }): void {
    if (this.#deps.documents.get(uri)?.text !== text) this.#history.forget(uri);
  }

  closed(uri: string): void {
    this.#history.forget(uri);
  }

  dismissed(rule: string): void {
    this.#dismissed.add(rule);
  }

  /** The next edit; null where none is sure enough. */
  next({ uri, version, offset, unused = [] }: NextEditParams): NextEdit | null {
    const document = this.#documentAt(uri, version);
    if (document === undefined) return null;
    const edits = this.#editsFor(document);
    const files = new Map<string, IndexedFile>();
    const workspace = this.#workspaceOf(document, files);
    const proposal = propose({
      edits,
      workspace,
      cursor: offset,
      isDismissed: ({ rule }) => this.#dismissed.has(rule),
      isUnused: (start, end) => unused.some((span) => span.offset < end && span.offset + span.length > start),
    });
    if (proposal === undefined) return null;
    const target = this.#deps.documents.get(proposal.uri) ?? files.get(proposal.uri);
    return target === undefined ? null : shown(proposal, target, edits);
  }

  /** All edits of a rule in a document. */
  all({ uri, version, rule }: NextEditsParams): TextChange[] {
    const document = this.#documentAt(uri, version);
    if (document === undefined) return [];
    return proposalsOfRule(this.#editsFor(document), rule, document).map((proposal) =>
      changeOf(proposal, document.text),
    );
  }

  #documentAt(uri: string, version: number): MirroredDocument | undefined {
    const lookup = this.#deps.documents.at(uri, version);
    return lookup.kind === "found" ? lookup.document : undefined;
  }

  /** The edits that may speak about a document: its own, and those of open documents in languages like its own. */
  #editsFor(document: MirroredDocument): Edit[] {
    const { documents } = this.#deps;
    return this.#history.edits((uri) => {
      const other = documents.get(uri);
      return other !== undefined && (uri === document.uri || mayShare(document, other)) ? other.text : undefined;
    });
  }

  #workspaceOf(document: MirroredDocument, files: Map<string, IndexedFile>): Workspace {
    const { documents, filesWith } = this.#deps;
    const open = documents.all().filter((other) => other.uri !== document.uri && mayShare(document, other));
    const isOpen = (uri: string) => documents.all().some((other) => other.uri === uri);
    return {
      current: document,
      open,
      *filesWith(word) {
        if (document.isPrivate || filesWith === undefined) return;
        for (const file of filesWith(word, document.languageId)) {
          if (isOpen(file.uri)) continue;
          files.set(file.uri, file);
          yield file;
        }
      },
    };
  }
}

/** Whether what was done in one document may be proposed in the other. */
function mayShare(one: MirroredDocument, other: MirroredDocument): boolean {
  return !one.isPrivate && !other.isPrivate && isSameFamily(one.languageId, other.languageId);
}

function changeOf({ start, end, text }: Proposal, document: string): TextChange {
  return smallestChange({ offset: start, length: end - start, text }, document.slice(start, end));
}

function shown(proposal: Proposal, target: MirroredDocument | IndexedFile, edits: readonly Edit[]): NextEdit {
  const { uri, kind, rule } = proposal;
  const { text, path } = target;
  const change = changeOf(proposal, text);
  const oldText = text.slice(change.offset, change.offset + change.length);
  return {
    uri,
    path,
    version: "version" in target ? target.version : undefined,
    change,
    oldText,
    line: lineNumber(text, change.offset),
    description: describe(kind, oldText, change.text),
    rule,
    count: Math.max(1, proposalsOfRule(edits, rule, target).length),
  };
}

function lineNumber(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
