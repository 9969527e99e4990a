/**
 * Where the suggest widget waits for inline completions, by VS Code's settings. The result for a document is cached until
 * a setting changes, because every keystroke needs it and VS Code takes up to a millisecond to look it up.
 */
import * as vscode from "vscode";
import { type ListPlace, placesWhereListWaits } from "./listBound.ts";

export class ListSetting implements vscode.Disposable {
  #known = new WeakMap<vscode.TextDocument, { languageId: string; places: ListPlace[] }>();
  readonly #subscription = vscode.workspace.onDidChangeConfiguration(() => {
    this.#known = new WeakMap();
  });

  placesIn(document: vscode.TextDocument): ListPlace[] {
    const { languageId } = document;
    const known = this.#known.get(document);
    // A language can have a setting of its own, and a document can be given another language.
    if (known?.languageId === languageId) return known.places;
    const setting: unknown = vscode.workspace.getConfiguration("editor", document).get("quickSuggestions");
    const places = placesWhereListWaits(setting);
    this.#known.set(document, { languageId, places });
    return places;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
