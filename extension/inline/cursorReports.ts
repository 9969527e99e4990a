/**
 * Tells the engine where the cursor is when it gets there otherwise than by typing, so that the engine can compute the
 * prompt of that place while nothing else is to be done.
 */
import * as vscode from "vscode";
import type { Config } from "../config.ts";
import type { EngineClient } from "../engine/client.ts";
import { DefinitionFinder } from "./definitions.ts";
import { languageEnabled } from "./enabledLanguages.ts";
import type { DocumentMirror } from "./mirror.ts";
import { isExcluded, SELECTOR } from "./provider.ts";
import { isTooLarge } from "./size.ts";

export interface CursorDependencies {
  client: EngineClient;
  mirror: DocumentMirror;
  config(): Config;
}

export class CursorReporter implements vscode.Disposable {
  readonly #deps: CursorDependencies;
  readonly #definitions: DefinitionFinder;
  readonly #subscriptions: vscode.Disposable[];
  /** Of the document at the last selection: a newer one means that the cursor moved because something was typed. */
  #last: { document: vscode.TextDocument; version: number } | undefined;

  constructor(deps: CursorDependencies) {
    this.#deps = deps;
    this.#definitions = new DefinitionFinder({
      client: deps.client,
      isOffLimits: async (uri) =>
        isExcluded({ uri, languageId: "" }, deps.config().exclude) || (await deps.mirror.isIgnored(uri)),
    });
    this.#subscriptions = [
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.#moved(editor);
        if (editor !== undefined) this.#lookUp(editor.document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => this.#lookUp(document)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        const { document } = textEditor;
        const typed = this.#last?.document === document && this.#last.version !== document.version;
        this.#last = { document, version: document.version };
        if (!typed && textEditor === vscode.window.activeTextEditor) {
          this.#moved(textEditor);
        }
      }),
    ];
  }

  /** Tells of the active editor: the engine is new. */
  report(): void {
    this.#moved(vscode.window.activeTextEditor);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  #lookUp(document: vscode.TextDocument): void {
    const isWanted = this.#deps.config().enabled && this.#isWanted(document) && !isTooLarge(document);
    if (isWanted) void this.#definitions.find(document);
  }

  #isWanted(document: vscode.TextDocument): boolean {
    const { languages, exclude } = this.#deps.config();
    const isKnown = vscode.languages.match(SELECTOR, document) > 0;
    return isKnown && languageEnabled(languages, document.languageId) && !isExcluded(document, exclude);
  }

  #moved(editor: vscode.TextEditor | undefined): void {
    const { client, mirror, config } = this.#deps;
    const { enabled } = config();
    if (editor === undefined || !enabled) {
      client.leaveCursor();
      return;
    }
    if (!editor.selection.isEmpty) {
      return;
    }
    const { document, selection } = editor;
    if (!this.#isWanted(document)) {
      return;
    }
    this.#last = { document, version: document.version };
    if (!mirror.ensureOpen(document)) {
      client.leaveCursor();
      return;
    }
    client.moveCursor({
      uri: document.uri.toString(),
      version: document.version,
      offset: document.offsetAt(selection.active),
    });
  }
}
