/**
 * Asks the engine at every keystroke and hands its answer to the editor. It decides nothing but the user's switches and
 * whether the file may be read.
 */
import * as vscode from "vscode";
import type { CompleteParams, CompleteResult } from "../../engine/protocol/completion.ts";
import type { ConfigStore } from "../config.ts";
import type { EngineClient } from "../engine/client.ts";
import type { DocumentMirror } from "../repository/documentMirror.ts";
import { isLanguageEnabled } from "./enabledLanguages.ts";
import type { Silence } from "./silenceSentences.ts";

/** Command that runs when a suggestion is accepted; the stable API offers no other way to know. */
export const ACCEPTED_COMMAND = "sterna.accepted";

export const SELECTOR: vscode.DocumentSelector = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({
  scheme,
}));

export interface ProviderDependencies {
  engine: EngineClient;
  documents: DocumentMirror;
  config: ConfigStore;
  onResult(result: CompleteResult, uri: string): void;
  /** The engine was not asked. */
  onSilence(reason: Silence): void;
}

export class InlineProvider implements vscode.InlineCompletionItemProvider {
  readonly #deps: ProviderDependencies;

  constructor(deps: ProviderDependencies) {
    this.#deps = deps;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const { engine, documents, onResult, onSilence } = this.#deps;
    const isManual = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const { version } = document;
    const silence = isManual ? undefined : this.#switchedOff(document.languageId);
    const refusal = silence ?? (await documents.ensureOpen(document));
    if (refusal !== undefined || document.version !== version) {
      onSilence(refusal ?? "cancelled");
      return [];
    }
    const item = context.selectedCompletionInfo;
    const result = await engine.complete(
      {
        uri: document.uri.toString(),
        version,
        offset: document.offsetAt(position),
        trigger: isManual ? "manual" : "automatic",
        ...editorState(document),
        ...(item && { widgetItem: { ...span(document, item.range), text: item.text } }),
      },
      token,
    );
    onResult(result, document.uri.toString());
    if (result.kind === "silent") {
      if (result.reason === "outdated" && document.version === version) {
        // The engine has lost a change although nothing has changed here: the next keystroke finds the text complete.
        documents.resend(document);
      }
      return [];
    }
    if (token.isCancellationRequested) {
      return [];
    }
    // With an item selected in the suggest widget, the suggestion must cover what the item covers.
    const start = item?.range.start ?? position;
    const typed = document.getText(new vscode.Range(start, position));
    const range = new vscode.Range(start, position.translate(0, result.replaceLength));
    return [
      new vscode.InlineCompletionItem(typed + result.text, range, {
        command: ACCEPTED_COMMAND,
        title: "Suggestion accepted",
      }),
    ];
  }

  #switchedOff(languageId: string): Silence | undefined {
    const { enabled, languages } = this.#deps.config.current;
    if (!enabled) return "off";
    return isLanguageEnabled(languages, languageId) ? undefined : "language-off";
  }
}

/** What only the editor knows. */
function editorState(document: vscode.TextDocument): Pick<CompleteParams, "cursors" | "isSelecting" | "indent"> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document !== document) {
    return {};
  }
  const { insertSpaces, tabSize } = editor.options;
  return {
    cursors: editor.selections.length,
    isSelecting: !editor.selection.isEmpty,
    ...(typeof insertSpaces === "boolean" && typeof tabSize === "number" && { indent: { insertSpaces, tabSize } }),
  };
}

function span(document: vscode.TextDocument, range: vscode.Range): { offset: number; length: number } {
  const offset = document.offsetAt(range.start);
  return { offset, length: document.offsetAt(range.end) - offset };
}
