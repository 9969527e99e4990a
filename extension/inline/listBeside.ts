/**
 * Decides when VS Code's suggest widget is opened beside a suggestion. VS Code does not open the widget while ghost text is
 * visible, but where the rest of the suggestion only completes a word, the widget is more useful than the ghost text. The
 * engine says after how many typed characters that is so (`opensList`). This class follows the characters that are typed
 * of the suggestion on the screen, so that the widget opens on that very keystroke and not only after VS Code has asked
 * for suggestions again. It does not use `vscode`, so that tests run it in plain Node.
 */
import type { CompleteResult } from "../../engine/protocol/completion.ts";

type Shown = Extract<CompleteResult, { kind: "shown" }>;

/** A suggestion on the screen. */
interface OnScreen {
  uri: string;
  /** Where its text begins in the document. */
  offset: number;
  text: string;
  /** How much of the text has been typed; it is in the document already. */
  typed: number;
  opensList: Shown["opensList"];
}

export interface TypedChange {
  rangeOffset: number;
  rangeLength: number;
  text: string;
}

export class ListBeside {
  #shown: OnScreen | undefined;
  #isListOpen = false;
  /** The end of the suggestion beside which the widget was opened last, unless it has been closed since. */
  #openedBefore: { uri: string; end: number } | undefined;

  /** Notes that VS Code asks for suggestions. @param isListOpen whether the suggest widget has a selected item. */
  asked(isListOpen: boolean): void {
    // When the user closes the widget, it opens again at the next key, as it does without suggestions.
    if (this.#isListOpen && !isListOpen) this.#openedBefore = undefined;
    this.#isListOpen = isListOpen;
  }

  /** Notes that a suggestion is on the screen. @param offset where its text begins in the document. */
  shown(uri: string, offset: number, { text, opensList }: Shown): void {
    this.#shown = { uri, offset, text, typed: 0, opensList };
  }

  /** Notes that there is no suggestion on the screen. */
  hidden(): void {
    this.#shown = undefined;
  }

  /** Follows a change of a document. @returns whether the suggest widget is to be opened. */
  changed(uri: string, changes: readonly TypedChange[]): boolean {
    const shown = this.#shown;
    const [change] = changes;
    if (shown?.uri !== uri || change === undefined) return false;
    const place = shown.offset + shown.typed;
    const isNext = change.text.length === 1 && change.text === shown.text[shown.typed];
    if (changes.length > 1 || change.rangeLength > 0 || change.rangeOffset !== place || !isNext) {
      this.#shown = undefined;
      return false;
    }
    shown.typed++;
    const { typed, opensList } = shown;
    if (opensList === undefined || typed < opensList.from || typed > opensList.to || this.#isListOpen) return false;
    // While VS Code still collects the widget's items, it must not be made to start again.
    const end = shown.offset + shown.text.length;
    if (this.#openedBefore?.uri === uri && this.#openedBefore.end === end) return false;
    this.#openedBefore = { uri, end };
    return true;
  }
}
