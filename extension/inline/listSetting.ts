/**
 * When the suggest widget opens during typing, by VS Code's settings. The result for a document is cached until a setting
 * changes, because every keystroke needs it and VS Code takes up to a millisecond to look it up.
 */
import * as vscode from "vscode";
import { opensAfterKey } from "./listAtOnce.ts";
import { type ListPlace, placesWhereListWaits } from "./listBound.ts";

interface Known {
  languageId: string;
  /** Where the widget waits for inline completions. */
  places: ListPlace[];
  /** Whether it may open right after a keystroke. */
  opensAfterKey: boolean;
}

export class ListSetting implements vscode.Disposable {
  #known = new WeakMap<vscode.TextDocument, Known>();
  readonly #subscription = vscode.workspace.onDidChangeConfiguration(() => {
    this.#known = new WeakMap();
  });

  for(document: vscode.TextDocument): Omit<Known, "languageId"> {
    const { languageId } = document;
    const known = this.#known.get(document);
    // A language can have a setting of its own, and a document can be given another language.
    if (known?.languageId === languageId) return known;
    const editor = vscode.workspace.getConfiguration("editor", document);
    const setting = {
      languageId,
      places: placesWhereListWaits(editor.get("quickSuggestions")),
      opensAfterKey: opensAfterKey({
        delayMs: editor.get("quickSuggestionsDelay"),
        hasInlineSuggestions: editor.get("inlineSuggest.enabled"),
        isClosedInSnippets: editor.get("suggest.snippetsPreventQuickSuggestions"),
      }),
    };
    this.#known.set(document, setting);
    return setting;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
