/**
 * Asks the engine at every keystroke and hands its answer to the editor. Decides nothing but the user's switches.
 */
import * as vscode from "vscode";
import type { CompleteParams, CompleteResult } from "../../engine/protocol/completion.ts";
import type { Config } from "../config.ts";
import type { EngineClient } from "../engine/client.ts";
import { languageEnabled } from "./enabledLanguages.ts";
import type { DocumentMirror } from "./mirror.ts";
import type { Silence } from "./silenceSentences.ts";

/** Command that runs when a suggestion is accepted; stable API tells it no other way. */
export const ACCEPTED_COMMAND = "sterna.accepted";

export const SELECTOR: vscode.DocumentSelector = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({
  scheme,
}));

export interface ProviderDependencies {
  client: EngineClient;
  mirror: DocumentMirror;
  config(): Config;
  onResult(result: CompleteResult, uri: string): void;
  onNotAsked(reason: Silence): void;
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
    const { client, mirror, config, onResult, onNotAsked } = this.#deps;
    const { enabled, languages, exclude } = config();
    const manual = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (!manual && !enabled) {
      onNotAsked("off");
      return [];
    }
    if (!manual && !languageEnabled(languages, document.languageId)) {
      onNotAsked("language-off");
      return [];
    }
    if (isExcluded(document, exclude)) {
      onNotAsked("file-off");
      return [];
    }
    if (!mirror.ensureOpen(document)) {
      onNotAsked("too-large");
      return [];
    }
    const { version } = document;
    const item = context.selectedCompletionInfo;
    const result = await client.complete(
      {
        uri: document.uri.toString(),
        version,
        offset: document.offsetAt(position),
        trigger: manual ? "manual" : "automatic",
        ...editorState(document),
        ...(item && { widgetItem: { ...span(document, item.range), text: item.text } }),
      },
      token,
    );
    onResult(result, document.uri.toString());
    if (result.kind === "silent") {
      if (result.reason === "outdated" && document.version === version) {
        // The mirror has lost a change, though nothing has changed here: the next keystroke finds it mended.
        mirror.open(document);
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
}

type Addressed = Pick<vscode.TextDocument, "uri" | "languageId">;

/** Files of which nothing is sent to the engine. */
export function isExcluded(document: Addressed, patterns: Record<string, boolean>): boolean {
  const globs = Object.keys(patterns).filter((glob) => patterns[glob] === true);
  const selector = globs.map((pattern) => ({ pattern }));
  // Only the address and the language count, so that a file need not be opened to be left alone.
  return globs.length > 0 && vscode.languages.match(selector, document as vscode.TextDocument) > 0;
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
