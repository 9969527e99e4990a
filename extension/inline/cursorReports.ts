/**
 * Tells the engine where the cursor is after it moved without typing, so that an idle engine can compute the prompt of
 * that place in advance.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { cursorLeft, cursorMoved } from "../../engine/protocol/documents.ts";
import { isLanguageEnabled } from "../../engine/workspace/enabledLanguages.ts";
import type { ConfigStore } from "../config.ts";
import type { DefinitionFinder } from "../repository/definitions.ts";
import type { DocumentMirror } from "../repository/documentMirror.ts";
import { isEditedFile } from "../repository/paths.ts";

export interface CursorDependencies {
  engine: EngineClient;
  documents: DocumentMirror;
  definitions: DefinitionFinder;
  config: ConfigStore;
}

export class CursorReporter implements vscode.Disposable {
  readonly #deps: CursorDependencies;
  readonly #subscriptions: vscode.Disposable[];
  /** The document at the last selection. If its version is newer now, the cursor moved because of typing. */
  #last: { document: vscode.TextDocument; version: number } | undefined;

  constructor(deps: CursorDependencies) {
    this.#deps = deps;
    this.#subscriptions = [
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        void this.#moved(editor);
        if (editor !== undefined) void this.#findDefinitions(editor.document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => void this.#findDefinitions(document)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        const { document } = textEditor;
        const typed = this.#last?.document === document && this.#last.version !== document.version;
        this.#last = { document, version: document.version };
        if (!typed && textEditor === vscode.window.activeTextEditor) {
          void this.#moved(textEditor);
        }
      }),
    ];
  }

  /** Reports the cursor of the active editor to a new engine. */
  report(): void {
    void this.#moved(vscode.window.activeTextEditor);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  async #findDefinitions(document: vscode.TextDocument): Promise<void> {
    const { documents, definitions, config } = this.#deps;
    if (config.current.enabled && this.#isWanted(document) && (await documents.ensureOpen(document)) === undefined) {
      await definitions.find(document);
    }
  }

  #isWanted(document: vscode.TextDocument): boolean {
    const { languages } = this.#deps.config.current;
    return isEditedFile(document.uri) && isLanguageEnabled(languages, document.languageId);
  }

  async #moved(editor: vscode.TextEditor | undefined): Promise<void> {
    const { engine, documents, config } = this.#deps;
    if (editor === undefined || !config.current.enabled) {
      engine.notify(cursorLeft);
      return;
    }
    const { document } = editor;
    if (!editor.selection.isEmpty || !this.#isWanted(document)) {
      return;
    }
    this.#last = { document, version: document.version };
    if ((await documents.ensureOpen(document)) !== undefined) {
      engine.notify(cursorLeft);
      return;
    }
    engine.notify(cursorMoved, {
      uri: document.uri.toString(),
      version: document.version,
      offset: document.offsetAt(editor.selection.active),
    });
  }
}
