/**
 * Follows the edits of one window's documents, and answers which edit may come next. The edits in a private document
 * are used for that document only.
 */
import type { DocumentChange, TextChange } from "../protocol/documents.ts";
import type {
  NextEdit,
  NextEditFixParams,
  NextEditParams,
  NextEditProblemsParams,
  NextEditsParams,
  Problem,
} from "../protocol/nextEdit.ts";
import type { Documents, MirroredDocument } from "../repository/openDocuments.ts";
import { isSameFamily } from "../text/languages.ts";
import { type Edit, editedSpans } from "./changes.ts";
import { describe } from "./describe.ts";
import { Dismissals } from "./dismissals.ts";
import { editPlace } from "./editPlace.ts";
import { EditHistory } from "./history.ts";
import { carryOver } from "./occurrences.ts";
import { followPatterns } from "./patterns.ts";
import type { Proposal, SourceText } from "./proposal.ts";
import { proposalsOfRule, proposing, wordsOfRepository } from "./propose.ts";
import { causedProblems, editOfFix, ruleOfFix } from "./quickFix.ts";
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
  /**
   * Resolves when other work that waited, such as the completion for the same key, has had its turn. Without it a
   * search is never interrupted.
   */
  nextTurn?(): Promise<void>;
  /**
   * The files of the repository that are not open and contain one of the words, by word; the nearest file comes first.
   */
  filesWith?(
    words: readonly string[],
    document: MirroredDocument,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, readonly UnopenedFile[]>>;
}

/** Milliseconds for which a search continues before other work has its turn. */
const TURN_MS = 1;

export class NextEditService {
  readonly #deps: NextEditDependencies;
  readonly #history = new EditHistory();
  readonly #dismissed = new Dismissals();
  /** The documents as they were when they were last searched, by address. */
  readonly #searched = new Map<string, MirroredDocument>();
  /** The edits for which rules were last looked for. */
  #edits: readonly Edit[] = [];
  /** The last answer, which the user may dismiss. */
  #answered: Proposal | undefined;
  /** The last quick fix that was proposed. */
  #fix: NextEdit | undefined;

  constructor(deps: NextEditDependencies) {
    this.#deps = deps;
  }

  /** A document changes. Must be called before the change is applied to the engine's copy of the document. */
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

  /** The whole text of a document has come. Must be called before the engine's copy of the document is replaced. */
  opened({ uri, text }: { uri: string; text: string }): void {
    if (this.#deps.documents.get(uri)?.text !== text) this.#history.forget(uri);
  }

  closed(uri: string): void {
    this.#history.forget(uri);
    this.#searched.delete(uri);
  }

  dismissed(rule: string): void {
    if (this.#answered?.rule === rule) this.#dismissed.add(this.#answered);
    else this.#dismissed.addRule(rule);
  }

  /**
   * The next edit: in the document, in other open documents, or in files that are not open. It is null when none is
   * sure enough, or when a document has changed in the meantime.
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
      ...(unused.length > 0 && { isUnused: overlapsAny(unused) }),
    };
    const workspace = { current: document, open: this.#openBeside(document), filesWith: () => [] };
    const searched = [document, ...workspace.open];
    for (const one of searched) this.#willSearch(one);
    // A result has offsets in the texts that were searched, so it is useless once one of them has changed.
    const isWanted = () =>
      signal?.aborted !== true && searched.every((one) => this.#deps.documents.get(one.uri) === one);
    const opened = await this.#inTurns(proposing({ ...options, workspace, scopes: ["file", "open"] }), isWanted);
    if (opened !== undefined) return this.#answer(opened, this.#deps.documents.get(opened.uri), edits);
    const files = await this.#unopenedFor(document, edits, signal);
    if (files.size === 0 || !isWanted()) return null;
    const filesWith = (word: string) => files.get(word) ?? [];
    const search = proposing({ ...options, workspace: { ...workspace, filesWith }, scopes: ["repository"] });
    const unopened = await this.#inTurns(search, isWanted);
    const target = [...files.values()].flat().find((file) => file.uri === unopened?.uri);
    return unopened === undefined ? null : this.#answer(unopened, target, edits);
  }

  #willSearch(document: MirroredDocument): void {
    const last = this.#searched.get(document.uri);
    if (last !== undefined) carryOver(last, document);
    this.#searched.set(document.uri, document);
  }

  /** Runs a search step by step while its result is wanted, and lets other work have its turn after {@link TURN_MS}. */
  async #inTurns(
    search: Generator<undefined, Proposal | undefined>,
    isWanted: () => boolean,
  ): Promise<Proposal | undefined> {
    const { now, nextTurn } = this.#deps;
    let began = now();
    for (let step = search.next(); ; step = search.next()) {
      if (step.done) return step.value;
      if (nextTurn === undefined || now() - began < TURN_MS) continue;
      await nextTurn();
      if (!isWanted()) return undefined;
      began = now();
    }
  }

  #answer(proposal: Proposal, target: Target | undefined, edits: readonly Edit[]): NextEdit | null {
    if (target === undefined) return null;
    this.#answered = proposal;
    return nextEditOf(proposal, target, edits);
  }

  /** The errors whose quick fixes may be next edits. */
  problems(params: NextEditProblemsParams): Problem[] {
    if (this.#documentAt(params.uri, params.version) === undefined) return [];
    return causedProblems(params, (problem) => this.#dismissed.hasRule(ruleOfFix(problem)));
  }

  /** The quick fix of an error as a next edit. */
  fix(params: NextEditFixParams): NextEdit | null {
    const document = this.#documentAt(params.uri, params.version);
    this.#fix = document && editOfFix(params, document, editedSpans(this.#editsFor(document), document.uri));
    return this.#fix ?? null;
  }

  /** All edits of a rule in a document. */
  all({ uri, version, rule }: NextEditsParams): TextChange[] {
    const document = this.#documentAt(uri, version);
    if (document === undefined) return [];
    const fix = this.#fix;
    if (fix?.rule === rule && fix.uri === uri && fix.version === version) return [fix.change];
    const edits = this.#editsFor(document);
    const scope = this.#answered?.rule === rule && this.#answered.uri === uri ? this.#answered.scope : "file";
    return proposalsOfRule(edits, rule, document, scope).map((proposal) => changeOf(proposal, document.text));
  }

  #documentAt(uri: string, version: number): MirroredDocument | undefined {
    const lookup = this.#deps.documents.lookUp(uri, version);
    return lookup.kind === "found" ? lookup.document : undefined;
  }

  /** The edits that may be repeated in a document: its own, and those of open documents in related languages. */
  #editsFor(document: MirroredDocument): Edit[] {
    const { documents } = this.#deps;
    const edits = this.#history.edits((uri) => {
      const other = documents.get(uri);
      return other !== undefined && (uri === document.uri || mayShare(document, other)) ? other.text : undefined;
    });
    followPatterns(this.#edits, edits);
    this.#edits = edits;
    return edits;
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

function overlapsAny(spans: readonly { offset: number; length: number }[]): (start: number, end: number) => boolean {
  return (start, end) => spans.some(({ offset, length }) => offset < end && offset + length > start);
}

/** Whether what was done in one document may be proposed in the other. */
function mayShare(one: MirroredDocument, other: MirroredDocument): boolean {
  return !one.isPrivate && !other.isPrivate && isSameFamily(one.languageId, other.languageId);
}

function changeOf({ start, end, text }: Proposal, document: string): TextChange {
  return smallestChange({ offset: start, length: end - start, text }, document.slice(start, end));
}

function nextEditOf(proposal: Proposal, target: Target, edits: readonly Edit[]): NextEdit {
  const { uri, kind, rule, scope } = proposal;
  const { text, path } = target;
  const change = changeOf(proposal, text);
  const place = editPlace(text, change);
  return {
    uri,
    path,
    version: "version" in target ? target.version : undefined,
    change,
    ...place,
    description: describe(kind, place.oldText, change.text),
    rule,
    count: Math.max(1, proposalsOfRule(edits, rule, target, scope).length),
  };
}
