/**
 * Earlier answers, document by document: suggestions that may be shown again while they fit, sites at which the model
 * had nothing to say, and suggestions that the user did not want.
 */

import type { Piece } from "../backend/backend.ts";
import type { SilenceReason } from "../protocol/completion.ts";
import type { DocumentChange } from "../protocol/documents.ts";
import { type CursorContext, textAbove } from "../text/cursor.ts";
import { classifyEdit, type Edit, type PlacedText } from "./acceptance.ts";
import { suffixOf } from "./completionSite.ts";
import { CompletionTrie, type TrieEntry } from "./completionTrie.ts";
import { suffixFits } from "./suffixFit.ts";

/**
 * The most answers of one document. They are stored in a tree of the texts before the cursor. Answers to nearby keystrokes
 * share that text, but after an edit at the beginning of a long file the tree needs its whole text a second time.
 */
const CAPACITY = 64;
/** The most documents; the latest ones are kept. */
const DOCUMENTS = 8;
/** The most suggestions of one document that are remembered because the user dismissed or undid them. */
const REFUSED = 32;

interface CachedAnswer {
  /** The text that followed the cursor. */
  suffix: string;
  /** The text's tokens with their probabilities. */
  pieces: readonly Piece[];
  /** Why there was nothing to suggest; the text is then empty. */
  silence?: SilenceReason;
}

/** A cached suggestion. */
export type CacheEntry = TrieEntry<CachedAnswer>;

export type CacheHit =
  | {
      kind: "text";
      entry: CacheEntry;
      /** How many characters of the entry's text are before the cursor already. */
      typed: number;
      /** How many characters of it are on the screen as ghost text and not typed yet; 0 if it is not on the screen. */
      onScreen: number;
      isOnScreen: boolean;
      /** Whether nothing has been typed since, and the same text follows. */
      isSameSite: boolean;
    }
  | { kind: "silence"; reason: SilenceReason };

interface OnScreen extends PlacedText {
  uri: string;
  prefix: string;
  entry: CacheEntry | undefined;
}

interface DocumentCache {
  answers: CompletionTrie<CachedAnswer>;
  /** Suggestions that the user dismissed or undid. */
  refused: CompletionTrie<undefined>;
}

export class CompletionCache {
  /** By address; the document that was used last is at the end. */
  readonly #documents = new Map<string, DocumentCache>();
  #shown: OnScreen | undefined;
  #accepted: OnScreen | undefined;
  /**
   * Where the user last dismissed a suggestion: on the rest of that line nothing is suggested unless it is asked for.
   */
  #dismissedLine: { uri: string; above: string } | undefined;

  /** Stores what the model suggests at a place. */
  add(uri: string, context: CursorContext, text: string, pieces: readonly Piece[]): void {
    this.#cacheOf(uri).answers.add(context.prefix, text, { suffix: suffixOf(context), pieces });
  }

  /** Stores that there is nothing to suggest at a place. */
  addSilence(uri: string, context: CursorContext, silence: SilenceReason): void {
    this.#cacheOf(uri).answers.add(context.prefix, "", { suffix: suffixOf(context), pieces: [], silence });
  }

  /** Earlier answers that fit a place, best first: what is on the screen, then the latest ones, then silences. */
  lookUp(uri: string, context: CursorContext): CacheHit[] {
    const suffix = suffixOf(context);
    const hits: CacheHit[] = [];
    for (const { entry, typed } of this.#documents.get(uri)?.answers.find(context.prefix) ?? []) {
      const { silence, suffix: earlier } = entry.value;
      const isSameSite = typed === "" && earlier === suffix;
      if (silence !== undefined) {
        if (isSameSite) hits.push({ kind: "silence", reason: silence });
        continue;
      }
      const text = entry.text.slice(typed.length);
      if (text.trim() === "" || !suffixFits(earlier, suffix, typed) || this.isRefused(uri, context, text)) continue;
      const isOnScreen = this.#shown?.uri === uri && this.#shown.entry === entry;
      const onScreen = isOnScreen ? this.#leftOnScreen(context.prefix) : 0;
      hits.push({ kind: "text", entry, typed: typed.length, onScreen, isOnScreen, isSameSite });
    }
    return hits.sort((a, b) => rank(a) - rank(b));
  }

  /** How many characters of the suggestion on the screen are left, given the text before the cursor. */
  #leftOnScreen(prefix: string): number {
    const { prefix: shownAfter = "", text = "" } = this.#shown ?? {};
    return Math.max(0, shownAfter.length + text.length - prefix.length);
  }

  /** Whether the user has dismissed or undone this suggestion, or one that begins like it, at a place. */
  isRefused(uri: string, context: CursorContext, text: string): boolean {
    const found = this.#documents.get(uri)?.refused.find(context.prefix) ?? [];
    return found.some(
      ({ entry, typed }) => typed === "" && (entry.text.startsWith(text) || text.startsWith(entry.text)),
    );
  }

  /**
   * Notes that a suggestion is shown.
   *
   * @param offset of the cursor in the document.
   * @param entry where it is stored.
   */
  show(uri: string, context: CursorContext, offset: number, text: string, entry: CacheEntry | undefined): void {
    this.#shown = { uri, offset, text, prefix: context.prefix, entry };
    if (entry !== undefined) this.#cacheOf(uri).answers.touch(entry);
  }

  /** The entry in which a suggestion for a place is stored. */
  entryOf(uri: string, context: CursorContext, text: string): CacheEntry | undefined {
    const found = this.#documents.get(uri)?.answers.find(context.prefix) ?? [];
    return found.find(({ entry, typed }) => entry.text.startsWith(text, typed.length))?.entry;
  }

  /** Whether a place is directly after a suggestion that has just been accepted. */
  isAcceptedAt(uri: string, context: CursorContext): boolean {
    const accepted = this.#accepted;
    return accepted?.uri === uri && context.prefix === accepted.prefix + accepted.text;
  }

  /** Notes that there is no suggestion on the screen any more. */
  hide(): void {
    this.#shown = undefined;
  }

  /** Notes that the user has dismissed the suggestion on the screen. */
  dismiss(uri: string): void {
    if (this.#shown?.uri === uri) {
      this.#refuse(this.#shown);
      this.#dismissedLine = { uri, above: textAbove(this.#shown.prefix) };
      this.#shown = undefined;
    }
  }

  /** Whether a suggestion was dismissed on this line. It is forgotten when the cursor goes to another line. */
  isLineDismissed(uri: string, { prefix }: CursorContext): boolean {
    const isSame = this.#dismissedLine?.uri === uri && this.#dismissedLine.above === textAbove(prefix);
    if (!isSame) this.#dismissedLine = undefined;
    return isSame;
  }

  /**
   * Follows a change of a document.
   *
   * @param contextAt the text around an offset after the change; undefined when the document is not known.
   */
  edit(change: DocumentChange, contextAt: (offset: number) => CursorContext | undefined): Edit {
    const { uri, changes } = change;
    const ofDocument = (text: OnScreen | undefined) => (text?.uri === uri ? text : undefined);
    const shown = ofDocument(this.#shown);
    const edit = classifyEdit(changes, shown, ofDocument(this.#accepted));
    if (edit.kind === "accepted" && shown !== undefined) {
      this.#accepted = { ...shown, text: edit.text };
    } else if (edit.kind === "undone" && this.#accepted !== undefined) {
      this.#refuse(this.#accepted);
      this.#accepted = undefined;
    }
    if (edit.kind === "deleted" || edit.kind === "undone") {
      const context = contextAt(changes[0]?.offset ?? 0);
      if (context !== undefined) this.#documents.get(uri)?.answers.removeAfter(context.prefix);
    }
    return edit;
  }

  forget(uri: string): void {
    this.#documents.delete(uri);
    if (this.#shown?.uri === uri) this.#shown = undefined;
    if (this.#accepted?.uri === uri) this.#accepted = undefined;
    if (this.#dismissedLine?.uri === uri) this.#dismissedLine = undefined;
  }

  /** Forgets everything, because another model answers from now on. */
  clear(): void {
    this.#documents.clear();
    this.#shown = undefined;
    this.#accepted = undefined;
  }

  /** Remembers that the user does not want a suggestion. */
  #refuse({ uri, prefix, text, entry }: OnScreen): void {
    const cache = this.#cacheOf(uri);
    if (entry !== undefined) cache.answers.remove(entry);
    cache.refused.add(prefix, text, undefined);
  }

  #cacheOf(uri: string): DocumentCache {
    const cache = this.#documents.get(uri) ?? {
      answers: new CompletionTrie<CachedAnswer>(CAPACITY),
      refused: new CompletionTrie<undefined>(REFUSED),
    };
    this.#documents.delete(uri);
    this.#documents.set(uri, cache);
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > DOCUMENTS && oldest !== undefined) this.#documents.delete(oldest);
    return cache;
  }
}

function rank(hit: CacheHit): number {
  return hit.kind === "silence" ? 2 : hit.isOnScreen ? 0 : 1;
}
