/**
 * What is remembered of earlier answers, per document: suggestions that may be shown again while they fit, places where
 * the model had nothing to say, and suggestions that the user did not want.
 */

import type { SilenceReason } from "../protocol/completion.ts";
import type { DocumentChange } from "../protocol/documents.ts";
import type { CursorContext } from "../text/cursor.ts";
import { classifyEdit, type Edit, type PlacedText } from "./acceptance.ts";
import { suffixOf } from "./completionSite.ts";
import { CompletionTrie, type Remembered } from "./completionTrie.ts";
import type { Piece } from "./confidence.ts";
import type { Gate } from "./gate/gate.ts";
import { suffixFits } from "./suffixFit.ts";

/** Of a document. The text of a long file stands in the tree once for every edit far above, so there is an end. */
const CAPACITY = 64;
/** Documents, the latest first. */
const DOCUMENTS = 8;
/** Refused suggestions of a document. */
const REFUSED = 32;

interface Answer {
  /** What followed the cursor. */
  suffix: string;
  /** How sure the model was of the text. */
  pieces: readonly Piece[];
  /** Why there was nothing; then the text is empty. */
  silence?: SilenceReason;
}

/** Where a suggestion is remembered. */
export type Source = Remembered<Answer>;

export type CacheHit =
  | { kind: "text"; text: string; source: Source; isOnScreen: boolean }
  | { kind: "silence"; reason: SilenceReason };

interface OnScreen extends PlacedText {
  uri: string;
  prefix: string;
  source: Source | undefined;
}

interface DocumentCache {
  answers: CompletionTrie<Answer>;
  refused: CompletionTrie<undefined>;
}

export class CompletionCache {
  /** The latest last. */
  readonly #documents = new Map<string, DocumentCache>();
  #shown: OnScreen | undefined;
  #accepted: OnScreen | undefined;

  /** Remembers what the model suggests at a place. */
  add(uri: string, context: CursorContext, text: string, pieces: readonly Piece[]): void {
    this.#cacheOf(uri).answers.add(context.prefix, text, { suffix: suffixOf(context), pieces });
  }

  /** Remembers that there is nothing to suggest at a place. */
  addSilence(uri: string, context: CursorContext, silence: SilenceReason): void {
    this.#cacheOf(uri).answers.add(context.prefix, "", { suffix: suffixOf(context), pieces: [], silence });
  }

  /**
   * Earlier answers that fit a place, the best first: what stands on the screen, then the latest.
   *
   * @param gate how much of them is shown.
   */
  lookUp(uri: string, context: CursorContext, gate: Gate): CacheHit[] {
    const cache = this.#documents.get(uri);
    const suffix = suffixOf(context);
    const hits: CacheHit[] = [];
    for (const { entry, typed } of cache?.answers.find(context.prefix) ?? []) {
      const { silence, suffix: then, pieces } = entry.value;
      const isOnScreen = this.#shown?.uri === uri && this.#shown.source === entry;
      const onScreen = isOnScreen ? this.#onScreenBehind(context.prefix) : 0;
      const { text: all } = entry;
      const end = gate({ text: all, pieces, typed: typed.length, onScreen, source: "model", context });
      const text = all.slice(typed.length, end);
      if (silence !== undefined || text.trim() === "") {
        const isSame = typed === "" && then === suffix;
        if (isSame) hits.push({ kind: "silence", reason: silence ?? "unsure" });
        continue;
      }
      if (!suffixFits(then, suffix, typed) || this.isRefused(uri, context, text)) continue;
      hits.push({ kind: "text", text, source: entry, isOnScreen });
    }
    return hits.sort((a, b) => rank(a) - rank(b));
  }

  /** Characters of the suggestion on the screen that are left when the text before the cursor is this. */
  #onScreenBehind(prefix: string): number {
    const { prefix: then = "", text = "" } = this.#shown ?? {};
    return Math.max(0, then.length + text.length - prefix.length);
  }

  isRefused(uri: string, context: CursorContext, text: string): boolean {
    const found = this.#documents.get(uri)?.refused.find(context.prefix) ?? [];
    return found.some(
      ({ entry, typed }) => typed === "" && (entry.text.startsWith(text) || text.startsWith(entry.text)),
    );
  }

  /**
   * A suggestion appears on the screen.
   *
   * @param offset of the cursor in the document.
   * @param source where it is remembered.
   */
  show(uri: string, context: CursorContext, offset: number, text: string, source: Source | undefined): void {
    this.#shown = { uri, offset, text, prefix: context.prefix, source };
    if (source !== undefined) this.#cacheOf(uri).answers.touch(source);
  }

  /** Where a suggestion for a place is remembered. */
  sourceOf(uri: string, context: CursorContext, text: string): Source | undefined {
    const found = this.#documents.get(uri)?.answers.find(context.prefix) ?? [];
    return found.find(({ entry, typed }) => entry.text.startsWith(text, typed.length))?.entry;
  }

  /** Whether a place is the one behind a suggestion that has just been accepted. */
  isAcceptedAt(uri: string, context: CursorContext): boolean {
    const accepted = this.#accepted;
    return accepted?.uri === uri && context.prefix === accepted.prefix + accepted.text;
  }

  /** Nothing stands on the screen any more. */
  hide(): void {
    this.#shown = undefined;
  }

  /** The user does not want what stands on the screen. */
  dismiss(uri: string): void {
    if (this.#shown?.uri === uri) {
      this.#refuse(this.#shown);
      this.#shown = undefined;
    }
  }

  /**
   * Follows a change of a document.
   *
   * @param contextAt what surrounds an offset after the change; undefined when the document is not known.
   */
  edited(change: DocumentChange, contextAt: (offset: number) => CursorContext | undefined): Edit {
    const { uri, changes } = change;
    const on = (shown: OnScreen | undefined) => (shown?.uri === uri ? shown : undefined);
    const shown = on(this.#shown);
    const edit = classifyEdit(changes, shown, on(this.#accepted));
    if (edit.kind === "accepted" && shown !== undefined) {
      this.#accepted = { ...shown, text: edit.text };
    } else if (edit.kind === "undone" && this.#accepted !== undefined) {
      this.#refuse(this.#accepted);
      this.#accepted = undefined;
    }
    if (edit.kind === "deleted" || edit.kind === "undone") {
      const context = contextAt(changes[0]?.offset ?? 0);
      if (context !== undefined) this.#documents.get(uri)?.answers.removeBehind(context.prefix);
    }
    return edit;
  }

  forget(uri: string): void {
    this.#documents.delete(uri);
    if (this.#shown?.uri === uri) this.#shown = undefined;
    if (this.#accepted?.uri === uri) this.#accepted = undefined;
  }

  /** Forgets everything: another model answers from now on. */
  clear(): void {
    this.#documents.clear();
    this.#shown = undefined;
    this.#accepted = undefined;
  }

  #refuse({ uri, prefix, text, source }: OnScreen): void {
    const cache = this.#cacheOf(uri);
    if (source !== undefined) cache.answers.remove(source);
    cache.refused.add(prefix, text, undefined);
  }

  #cacheOf(uri: string): DocumentCache {
    const cache = this.#documents.get(uri) ?? {
      answers: new CompletionTrie<Answer>(CAPACITY),
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
