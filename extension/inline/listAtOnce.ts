/**
 * Decides when VS Code's suggest widget is opened at the keystroke, because there is nothing to suggest. Where no ghost text
 * is visible, VS Code waits 50 ms before it asks for inline completions, and opens the widget only after their answer. So the
 * engine is asked at the keystroke itself, and where it has nothing, the widget need not wait. VS Code starts to collect the
 * widget's items again when it is opened a second time while it collects them. It is therefore opened only where it cannot be
 * on its way already. This file does not use `vscode`, so that tests run it in plain Node.
 */
import type { TypedChange } from "./listBeside.ts";

/** The word that is being typed: its document, and the UTF-16 offset of its first character. */
export interface TypedWord {
  uri: string;
  start: number;
}

/** The settings of VS Code that decide how its suggest widget opens during typing. */
export interface ListSettings {
  /** `editor.quickSuggestionsDelay`, in milliseconds. */
  delayMs: unknown;
  /** `editor.inlineSuggest.enabled` */
  hasInlineSuggestions: unknown;
  /** `editor.suggest.snippetsPreventQuickSuggestions` */
  isClosedInSnippets: unknown;
}

/** The delay that VS Code has by default. With a longer one, its wait for inline completions matters less. */
const USUAL_DELAY_MS = 10;

/** Whether VS Code's settings let the widget open right after a keystroke, if there is no suggestion. */
export function opensAfterKey({ delayMs, hasInlineSuggestions, isClosedInSnippets }: ListSettings): boolean {
  // An extension cannot see whether a snippet is being filled in.
  return hasInlineSuggestions !== false && isClosedInSnippets !== true && Number(delayMs ?? 0) <= USUAL_DELAY_MS;
}

export class ListAtOnce {
  #isOpen = false;
  /** Whether the text has changed since VS Code last asked for suggestions. */
  #hasChanged = false;
  /** Whether the user has closed the widget and not typed since. VS Code opens it again only at a key. */
  #isDismissed = false;
  /** The word in which VS Code may have opened the widget already, or may be about to. */
  #mayBeComingIn: TypedWord | undefined;
  #hasInputMethod = false;

  /** Notes that VS Code asks for suggestions. @param isOpen whether the suggest widget has a selected item. */
  asked(isOpen: boolean): void {
    if (this.#isOpen && !isOpen) {
      this.#mayBeComingIn = undefined;
      this.#isDismissed = !this.#hasChanged;
    }
    this.#isOpen = isOpen;
    this.#hasChanged = false;
  }

  /**
   * Follows a change of a document.
   *
   * @returns the offset behind a letter or digit that was typed; undefined for every other change.
   */
  typed(changes: readonly TypedChange[]): number | undefined {
    const [change] = changes;
    if (change === undefined) return undefined;
    this.#hasChanged = true;
    this.#isDismissed = false;
    if (changes.length > 1) return undefined;
    const { text, rangeLength, rangeOffset } = change;
    // An input method replaces the letters that were typed for a character by that character.
    if (rangeLength > 0 && /^[^\p{ASCII}]+$/u.test(text)) this.#hasInputMethod = true;
    return rangeLength === 0 && /^[A-Za-z0-9_$]$/.test(text) ? rangeOffset + 1 : undefined;
  }

  /**
   * Whether the widget is opened if there is nothing to suggest behind a word.
   *
   * @param length how many characters the word has.
   */
  mayOpen(word: TypedWord, length: number): boolean {
    if (this.#isOpen || isSame(word, this.#mayBeComingIn)) return false;
    // While a character is composed, the widget stays closed. Its first letter looks like one that was simply typed.
    return length > 1 || !this.#hasInputMethod;
  }

  /** Notes what VS Code shows behind a word: a suggestion, beside which it opens no widget, or none. */
  answered(word: TypedWord, isShown: boolean): void {
    if (!isShown && !this.#isDismissed) this.#mayBeComingIn = word;
    else if (isSame(word, this.#mayBeComingIn)) this.#mayBeComingIn = undefined;
  }
}

function isSame(word: TypedWord, other: TypedWord | undefined): boolean {
  return word.uri === other?.uri && word.start === other.start;
}
