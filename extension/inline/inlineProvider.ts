/**
 * Asks the engine at every keystroke and passes its answer to the editor. All it decides is what the user's switches
 * say and whether the file may be read.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import type { CompleteParams, CompleteResult } from "../../engine/protocol/completion.ts";
import { isLanguageEnabled } from "../../engine/workspace/enabledLanguages.ts";
import type { ConfigStore } from "../config.ts";
import type { DocumentMirror } from "../repository/documentMirror.ts";
import { isEditedFile } from "../repository/paths.ts";
import { boundFor, listWaits, withinBound } from "./listBound.ts";
import type { Silence } from "./silenceSentences.ts";

/** A command that the editor runs when a suggestion is accepted; the stable API has no other way to notice that. */
export const ACCEPTED_COMMAND = "sterna.accepted";

export const SELECTOR: vscode.DocumentSelector = "*";

export interface ProviderDependencies {
  engine: EngineClient;
  documents: DocumentMirror;
  config: ConfigStore;
  onResult(result: CompleteResult, uri: string): void;
  /** Called when the engine was not asked, with the reason. */
  onSilence(reason: Silence): void;
}

export class InlineProvider implements vscode.InlineCompletionItemProvider {
  readonly #deps: ProviderDependencies;
  /** The request whose answer is awaited although the editor no longer waits for it. */
  #lateRequest: vscode.CancellationTokenSource | undefined;
  /** The document whose last answer was a suggestion. */
  #shownIn: string | undefined;
  /** An answer that came late, until the editor asks for it. */
  #late: { params: CompleteParams; result: CompleteResult } | undefined;

  constructor(deps: ProviderDependencies) {
    this.#deps = deps;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const { documents, onResult, onSilence } = this.#deps;
    if (!isEditedFile(document.uri)) {
      return [];
    }
    const isManual = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const { version } = document;
    const silence = isManual ? undefined : this.#switchedOff(document.languageId);
    const refusal = silence ?? (await documents.ensureOpen(document));
    if (refusal !== undefined || document.version !== version) {
      onSilence(refusal ?? "cancelled");
      return [];
    }
    const item = context.selectedCompletionInfo;
    const params: CompleteParams = {
      uri: document.uri.toString(),
      version,
      offset: document.offsetAt(position),
      trigger: isManual ? "manual" : "automatic",
      ...editorState(document),
      ...(item && { widgetItem: { ...span(document, item.range), text: item.text } }),
    };
    const result = this.#takeLate(params) ?? (await this.#ask(document, position, params, token));
    this.#shownIn = result?.kind === "shown" ? params.uri : undefined;
    if (result === undefined) {
      return [];
    }
    onResult(result, params.uri);
    if (result.kind === "silent") {
      if (result.reason === "outdated" && document.version === version) {
        // The engine has missed a change. The text is sent again, so that the next keystroke finds it complete.
        documents.resend(document);
      }
      return [];
    }
    return token.isCancellationRequested ? [] : [itemOf(document, position, item, result)];
  }

  /** @returns undefined when the answer takes so long that the editor's list would be delayed; it is shown later. */
  async #ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    params: CompleteParams,
    token: vscode.CancellationToken,
  ): Promise<CompleteResult | undefined> {
    const { engine } = this.#deps;
    this.#lateRequest?.cancel();
    const quickSuggestions = vscode.workspace.getConfiguration("editor", document).get("quickSuggestions");
    if (params.trigger === "manual" || !listWaits(quickSuggestions)) {
      return await engine.complete(params, token);
    }
    // The editor cancels its own token as soon as it has an answer, so this request needs another one.
    const source = new vscode.CancellationTokenSource();
    const link = token.onCancellationRequested(() => source.cancel());
    const answer = engine.complete(params, source.token);
    const result = await withinBound(answer, boundFor(this.#shownIn === params.uri));
    link.dispose();
    if (result !== undefined) {
      source.dispose();
      return result;
    }
    this.#lateRequest = source;
    void this.#showLate(document, position, params, answer, source);
    return undefined;
  }

  /** Shows an answer when it comes, unless the user has typed on. */
  async #showLate(
    document: vscode.TextDocument,
    position: vscode.Position,
    params: CompleteParams,
    answer: Promise<CompleteResult>,
    source: vscode.CancellationTokenSource,
  ): Promise<void> {
    const result = await answer;
    if (this.#lateRequest === source) this.#lateRequest = undefined;
    source.dispose();
    const editor = vscode.window.activeTextEditor;
    const isThere =
      editor?.document === document &&
      document.version === params.version &&
      editor.selection.isEmpty &&
      editor.selection.active.isEqual(position);
    if (result.kind === "silent" || !isThere) {
      const { timings } = result;
      const unseen: CompleteResult = { kind: "silent", reason: "cancelled", ...(timings && { timings }) };
      this.#deps.onResult(result.kind === "silent" ? result : unseen, params.uri);
      return;
    }
    this.#late = { params, result };
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }

  /**
   * A late answer that fits what the editor asks for now. With an item selected in the list, the engine is asked again.
   */
  #takeLate(params: CompleteParams): CompleteResult | undefined {
    const late = this.#late;
    this.#late = undefined;
    const isSame =
      late?.params.uri === params.uri &&
      late.params.version === params.version &&
      late.params.offset === params.offset &&
      params.widgetItem === undefined &&
      late.params.widgetItem === undefined;
    return isSame ? late.result : undefined;
  }

  #switchedOff(languageId: string): Silence | undefined {
    const { enabled, languages } = this.#deps.config.current;
    if (!enabled) return "off";
    return isLanguageEnabled(languages, languageId) ? undefined : "language-off";
  }
}

/** What the editor shows. With an item selected in the suggest widget, it must cover the range of that item. */
function itemOf(
  document: vscode.TextDocument,
  position: vscode.Position,
  item: vscode.SelectedCompletionInfo | undefined,
  { text, replaceLength }: Extract<CompleteResult, { kind: "shown" }>,
): vscode.InlineCompletionItem {
  const start = item?.range.start ?? position;
  const typed = document.getText(new vscode.Range(start, position));
  const range = new vscode.Range(start, position.translate(0, replaceLength));
  return new vscode.InlineCompletionItem(typed + text, range, {
    command: ACCEPTED_COMMAND,
    title: "Suggestion accepted",
  });
}

/** The part of a request that only the editor knows. */
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
