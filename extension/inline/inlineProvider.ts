/**
 * Asks the engine at every keystroke and passes its answer to the editor. The only decisions made here are whether the
 * user has switched suggestions off and whether the file may be read.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { type CompleteParams, type CompleteResult, LIST_BOUND_MS } from "../../engine/protocol/completion.ts";
import type { CursorPosition } from "../../engine/protocol/documents.ts";
import { isLanguageEnabled } from "../../engine/workspace/enabledLanguages.ts";
import type { ConfigStore } from "../config.ts";
import type { DocumentMirror } from "../repository/documentMirror.ts";
import { isEditedFile } from "../repository/paths.ts";
import { ListAtOnce, type TypedWord } from "./listAtOnce.ts";
import { ListBeside } from "./listBeside.ts";
import { boundFor, withinBound } from "./listBound.ts";
import { ListSetting } from "./listSetting.ts";
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

/** A request to the engine. */
interface Request {
  params: CompleteParams;
  answer: Promise<CompleteResult>;
  source: vscode.CancellationTokenSource;
}

/** A request that was sent before VS Code asks for suggestions. */
interface EarlyRequest extends Request {
  document: vscode.TextDocument;
  /** The word at the end of which it was sent. */
  word: TypedWord;
  /** Whether the engine has answered with a suggestion that was not on the screen before. */
  isNewShown: boolean;
}

export class InlineProvider implements vscode.InlineCompletionItemProvider, vscode.Disposable {
  readonly #deps: ProviderDependencies;
  readonly #listSetting = new ListSetting();
  readonly #listBeside = new ListBeside();
  readonly #listAtOnce = new ListAtOnce();
  readonly #subscription = vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event));
  /**
   * A request that outlives the call of VS Code that started it, or that we sent ourselves after "list-first". Its answer
   * is shown through a new trigger.
   */
  #lateRequest: vscode.CancellationTokenSource | undefined;
  /** The request of the last keystroke, until VS Code asks for suggestions. */
  #early: EarlyRequest | undefined;
  /** The request for which VS Code is waiting, unless a suggestion is on the screen. */
  #waiting: { params: CompleteParams; giveUp(): void } | undefined;
  /** The document for which the last answer was a suggestion; undefined if it was none. */
  #shownIn: string | undefined;
  /**
   * The document in which a suggestion came too late to be shown. The engine takes what is then shown of it at a later key
   * for text that was on the screen already.
   */
  #unseenIn: string | undefined;
  /**
   * An answer that came late, while VS Code is told to ask again so that it can be given. VS Code marks that request as
   * one that the user made by hand, which it is not.
   */
  #late: { params: CompleteParams; result: CompleteResult } | undefined;

  constructor(deps: ProviderDependencies) {
    this.#deps = deps;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#listSetting.dispose();
  }

  /** The engine expects that its answer for a place takes longer than the suggest widget may wait. */
  answerIsLate(place: CursorPosition): void {
    if (isAt(this.#early?.params, place)) this.#openListFor(this.#early);
    if (isAt(this.#waiting?.params, place)) this.#waiting.giveUp();
  }

  /** The user has dismissed the suggestion on the screen. */
  dismissed(): void {
    this.#listBeside.hidden();
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
    const late = this.#late;
    const isManual = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke && late === undefined;
    const { version } = document;
    const silence = isManual ? undefined : this.#switchedOff(document.languageId);
    // The engine is not asked if suggestions are switched off, or if the file may not be read or is too large.
    const notAsked = silence ?? (await documents.ensureOpen(document));
    if (notAsked !== undefined || document.version !== version) {
      onSilence(notAsked ?? "cancelled");
      return [];
    }
    const item = context.selectedCompletionInfo;
    this.#listBeside.asked(item !== undefined);
    this.#listAtOnce.asked(item !== undefined);
    const params: CompleteParams = {
      ...this.#paramsAt(document, position),
      trigger: isManual ? "manual" : "automatic",
      ...(item && { widgetItem: { ...span(document, item.range), text: item.text } }),
    };
    const lateResult = isSamePlace(late?.params, params) ? late?.result : undefined;
    const result = lateResult ?? (await this.#ask(document, position, params, token));
    this.#shownIn = result?.kind === "shown" ? params.uri : undefined;
    const word = wordBefore(document, position);
    // The suggest widget has not waited for a late answer, so it is open by now, or on its way.
    if (word !== undefined && lateResult === undefined) this.#listAtOnce.answered(word, result?.kind === "shown");
    if (!token.isCancellationRequested) this.#noteOnScreen(params, result);
    if (result === undefined) {
      return [];
    }
    onResult(this.#asSeen(result, params.uri), params.uri);
    if (result.kind === "silent") {
      // If the user has typed on, the next key makes a request of its own.
      if (result.reason === "list-first" && !token.isCancellationRequested) {
        this.#askAfterList(document, position, params);
      }
      if (result.reason === "outdated" && document.version === version) {
        // The engine has missed a change. The text is sent again, so that the next keystroke finds it complete.
        documents.resend(document);
      }
      return [];
    }
    return token.isCancellationRequested ? [] : [itemOf(document, position, item, result)];
  }

  #paramsAt(document: vscode.TextDocument, position: vscode.Position): CompleteParams {
    const listWaitsIn = this.#listSetting.for(document).places;
    return {
      uri: document.uri.toString(),
      version: document.version,
      offset: document.offsetAt(position),
      trigger: "automatic",
      ...(listWaitsIn.length > 0 && { listWaitsIn }),
      ...editorState(document),
    };
  }

  /** @returns undefined when the answer takes so long that the suggest widget would be delayed; it is shown later. */
  async #ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    params: CompleteParams,
    token: vscode.CancellationToken,
  ): Promise<CompleteResult | undefined> {
    const { engine } = this.#deps;
    const early = this.#takeEarly(params);
    this.#lateRequest?.cancel();
    if (params.trigger === "manual" || params.listWaitsIn === undefined) {
      return await engine.complete(params, token);
    }
    // The editor cancels its own token as soon as it has an answer, so this request needs another one.
    const { answer, source } = early ?? this.#request(params);
    const link = token.onCancellationRequested(() => source.cancel());
    const isShown = this.#shownIn === params.uri;
    const late = new Promise<undefined>((resolve) => {
      this.#waiting = isShown ? undefined : { params, giveUp: () => resolve(undefined) };
    });
    const result = await withinBound(Promise.race([answer, late]), boundFor(isShown));
    link.dispose();
    if (result !== undefined) {
      source.dispose();
      return result;
    }
    this.#lateRequest = source;
    void this.#showLate(document, position, params, answer, source);
    return undefined;
  }

  /**
   * Ends the wait of the early request for VS Code. @returns it if VS Code asks for the same; it is cancelled if not.
   */
  #takeEarly(params?: CompleteParams): Request | undefined {
    const early = this.#early;
    this.#early = undefined;
    if (params?.trigger === "automatic" && isSamePlace(early?.params, params)) return early;
    if (early?.isNewShown) this.#unseenIn = early.params.uri;
    early?.source.cancel();
    return undefined;
  }

  #request(params: CompleteParams): Request {
    const source = new vscode.CancellationTokenSource();
    return { params, answer: this.#deps.engine.complete(params, source.token), source };
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
    const isNewest = this.#lateRequest === source;
    if (isNewest) this.#lateRequest = undefined;
    source.dispose();
    const editor = vscode.window.activeTextEditor;
    const isThere =
      editor?.document === document &&
      document.version === params.version &&
      editor.selection.isEmpty &&
      editor.selection.active.isEqual(position);
    if (result.kind === "silent" || !isThere) {
      const { timings } = result;
      if (result.kind === "shown" && result.source !== "typed-through") this.#unseenIn = params.uri;
      const cancelledResult: CompleteResult = { kind: "silent", reason: "cancelled", ...(timings && { timings }) };
      const reported = result.kind === "silent" ? result : cancelledResult;
      // The first request for this key has reported a reason already.
      const isAlreadyReported =
        params.isAfterList && (reported.reason === "cancelled" || reported.reason === "list-first");
      if (!isAlreadyReported) this.#deps.onResult(reported, params.uri);
      if (reported.reason === "list-first" && isThere && isNewest) this.#askAfterList(document, position, params);
      return;
    }
    const late = { params, result };
    this.#late = late;
    try {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    } finally {
      // Another answer may have come meanwhile.
      if (this.#late === late) this.#late = undefined;
    }
  }

  /** Asks again, once, for a suggestion that was held back for the suggest widget. */
  #askAfterList(document: vscode.TextDocument, position: vscode.Position, params: CompleteParams): void {
    if (params.isAfterList) return;
    const { params: again, answer, source } = this.#request({ ...params, isAfterList: true });
    this.#lateRequest = source;
    void this.#showLate(document, position, again, answer, source);
  }

  /** The answer with the source that it has for somebody who sees it for the first time. */
  #asSeen(result: CompleteResult, uri: string): CompleteResult {
    if (result.kind !== "shown") return result;
    const isNew = result.source === "typed-through" && this.#unseenIn === uri;
    this.#unseenIn = undefined;
    return isNew ? { ...result, source: "cache" } : result;
  }

  #noteOnScreen({ uri, offset }: CompleteParams, result: CompleteResult | undefined): void {
    if (result?.kind === "shown") this.#listBeside.shown(uri, offset, result);
    else this.#listBeside.hidden();
  }

  #changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const isBeside = this.#listBeside.changed(document.uri.toString(), contentChanges);
    const typed = this.#listAtOnce.typed(contentChanges);
    if (vscode.window.activeTextEditor?.document !== document) return;
    if (isBeside && !isListSuppressed(document)) openList();
    if (!isBeside && typed !== undefined && reason === undefined) void this.#askAtKey(document, typed);
  }

  /**
   * Asks the engine at a keystroke for what VS Code asks for 50 ms later, and opens the suggest widget when there is nothing,
   * or when the answer will come too late for it (`answerIsLate`).
   *
   * @param offset behind the character that was typed.
   */
  async #askAtKey(document: vscode.TextDocument, offset: number): Promise<void> {
    const { places, opensAfterKey } = this.#listSetting.for(document);
    const position = document.positionAt(offset);
    const word = wordBefore(document, position);
    if (places.length === 0 || !opensAfterKey || word === undefined || !isOnlyCursor(document, offset)) return;
    if (!isEditedFile(document.uri) || this.#switchedOff(document.languageId) !== undefined) return;
    const { version } = document;
    const refusal = await this.#deps.documents.ensureOpen(document);
    if (refusal !== undefined || document.version !== version) return;
    this.#takeEarly();
    this.#lateRequest?.cancel();
    const request = this.#request(this.#paramsAt(document, position));
    const early: EarlyRequest = { ...request, document, word, isNewShown: false };
    this.#early = early;
    const answer = early.answer.then((result) => {
      early.isNewShown = result.kind === "shown" && result.source !== "typed-through";
      return result;
    });
    const result = await withinBound(answer, LIST_BOUND_MS);
    if (result?.kind === "silent" && result.opensList) this.#openListFor(early);
  }

  /** Opens the suggest widget for a request, unless the user has typed on, or the widget may be on its way already. */
  #openListFor({ params, document, word }: EarlyRequest): void {
    const isThere = vscode.window.activeTextEditor?.document === document && document.version === params.version;
    if (!isThere || !this.#listAtOnce.mayOpen(word, params.offset - word.start)) return;
    this.#listAtOnce.answered(word, false);
    openList();
  }

  #switchedOff(languageId: string): Silence | undefined {
    const { enabled, languages } = this.#deps.config.current;
    if (!enabled) return "off";
    return isLanguageEnabled(languages, languageId) ? undefined : "language-off";
  }
}

/**
 * Whether a late answer is for the place at which VS Code asks. With an item selected in the suggest widget, the engine is
 * asked again.
 */
function isSamePlace(late: CompleteParams | undefined, params: CompleteParams): boolean {
  return isAt(late, params) && params.widgetItem === undefined && late.widgetItem === undefined;
}

function isAt<P extends CursorPosition>(params: P | undefined, { uri, version, offset }: CursorPosition): params is P {
  return params?.uri === uri && params.version === version && params.offset === offset;
}

/** Opens the suggest widget as VS Code does by itself: nothing is inserted at once, and there is no message when it is empty. */
function openList(): void {
  void vscode.commands.executeCommand("editor.action.triggerSuggest", { auto: true });
}

/** The word that ends at a position, unless it is a number, at which VS Code does not open its suggest widget. */
function wordBefore(document: vscode.TextDocument, position: vscode.Position): TypedWord | undefined {
  const range = document.getWordRangeAtPosition(position);
  if (!range?.end.isEqual(position) || !Number.isNaN(Number(document.getText(range)))) return undefined;
  return { uri: document.uri.toString(), start: document.offsetAt(range.start) };
}

/** Whether the only cursor is at an offset, or was right before it: VS Code may report it after the change. */
function isOnlyCursor(document: vscode.TextDocument, offset: number): boolean {
  const editor = vscode.window.activeTextEditor;
  const [selection] = editor?.selections ?? [];
  if (editor?.document !== document || editor.selections.length > 1 || !selection?.isEmpty) return false;
  const cursor = document.offsetAt(selection.active);
  return cursor === offset || cursor === offset - 1;
}

/** Whether the user wants no suggest widget while ghost text is visible. */
function isListSuppressed(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration("editor", document).get("inlineSuggest.suppressSuggestions") === true;
}

/** What the editor shows. When an item is selected in the suggest widget, this must cover the range of that item. */
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
