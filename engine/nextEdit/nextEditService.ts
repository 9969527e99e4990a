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
import { Dismissals } from "./dismissals.ts";
import { EditHistory } from "./history.ts";
import { lineAt, withoutReturn } from "./lineBounds.ts";
import type { Proposal, SourceText } from "./proposal.ts";
import { proposalsOfRule, propose, wordsOfRepository } from "./propose.ts";
import { smallestChange } from "./smallestChange.ts";

/** A file that is not open. */
export interface UnopenedFile extends SourceText {
  /** Its path, with forward slashes. */
  path: string;
}

export interface NextEditDependencies {
  documents: Documents;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Files of the repository that are not open, by the words of those asked for that they hold, the nearest first. */
  filesWith?(
    words: readonly string[],
    document: MirroredDocument,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, readonly UnopenedFile[]>>;
}

export class NextEditService {
  readonly #deps: NextEditDependencies;
  readonly #history = new EditHistory();
  /** What the user turned away. */
  readonly #dismissed = new Dismissals();
  /** What was answered last: it may be turned away. */
  #answered: Proposal | undefined;

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
    if (this.#answered?.rule === rule) this.#dismissed.add(this.#answered);
    else this.#dismissed.addRule(rule);
  }

  /**
   * The next edit: in the document, in other open ones, or in files that are not open; null where none is sure enough,
   * or the document changed while files were read.
   */
  async next(params: NextEditParams, signal?: AbortSignal): Promise<NextEdit | null> {
    const { uri, version, offset, unused = [] } = params;
    const document = this.#documentAt(uri, version);
    if (document === undefined) return null;
    const edits = this.#editsFor(document);
    const options = {
      edits,
      cursor: offset,
      isDismissed: (proposal: Proposal) => this.#dismissed.has(proposal),
      ...(unused.length > 0 && { isUnused: isIn(unused) }),
    };
    const workspace = { current: document, open: this.#openBeside(document), filesWith: () => [] };
    const near = propose({ ...options, workspace, scopes: ["file", "open"] });
    if (near !== undefined) return this.#answer(near, this.#deps.documents.get(near.uri), edits);
    const files = await this.#unopenedFor(document, edits, signal);
    if (files.size === 0 || this.#documentAt(uri, version) === undefined) return null;
    const filesWith = (word: string) => files.get(word) ?? [];
    const far = propose({ ...options, workspace: { ...workspace, filesWith }, scopes: ["repository"] });
    const target = [...files.values()].flat().find((file) => file.uri === far?.uri);
    return far === undefined ? null : this.#answer(far, target, edits);
  }

  #answer(proposal: Proposal, target: Target | undefined, edits: readonly Edit[]): NextEdit | null {
    if (target === undefined) return null;
    this.#answered = proposal;
    return shown(proposal, target, edits);
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

  #openBeside(document: MirroredDocument): MirroredDocument[] {
    return this.#deps.documents.all().filter((other) => other.uri !== document.uri && mayShare(document, other));
  }

  async #unopenedFor(
    document: MirroredDocument,
    edits: readonly Edit[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, readonly UnopenedFile[]>> {
    const { filesWith } = this.#deps;
    const words = document.isPrivate || filesWith === undefined ? [] : wordsOfRepository(edits);
    return words.length === 0 || filesWith === undefined ? new Map() : await filesWith(words, document, signal);
  }
}

type Target = MirroredDocument | UnopenedFile;

function isIn(spans: readonly { offset: number; length: number }[]): (start: number, end: number) => boolean {
  return (start, end) => spans.some(({ offset, length }) => offset < end && offset + length > start);
}

/** Whether what was done in one document may be proposed in the other. */
function mayShare(one: MirroredDocument, other: MirroredDocument): boolean {
  return !one.isPrivate && !other.isPrivate && isSameFamily(one.languageId, other.languageId);
}

function changeOf({ start, end, text }: Proposal, document: string): TextChange {
  return smallestChange({ offset: start, length: end - start, text }, document.slice(start, end));
}

function shown(proposal: Proposal, target: Target, edits: readonly Edit[]): NextEdit {
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
    lineText: withoutReturn(lineAt(text, change.offset)),
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
