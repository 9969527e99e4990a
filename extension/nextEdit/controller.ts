/**
 * Asks the engine for the next edit after every change, shows it, and makes it when the user accepts it. An edit is
 * made only if the text that it replaces has not changed since it was found.
 */
import * as vscode from "vscode";
import { type NextEdit, nextEdit, nextEditDismissed } from "../../engine/protocol/nextEdit.ts";
import { isLanguageEnabled } from "../../engine/workspace/enabledLanguages.ts";
import { nameOf } from "../repository/paths.ts";
import type { Services } from "../services.ts";
import { Decorations } from "./decorations.ts";
import { QuickFixes } from "./quickFixes.ts";

/**
 * The context key that decides what Tab does (package.json). "here": the cursor is on the edit's line, and Tab makes
 * the edit. "elsewhere": Tab moves the cursor to it.
 */
const CONTEXT_KEY = "sterna.nextEdit";

/**
 * Quick fixes are looked for when the user has typed nothing for this many milliseconds, because half-typed text has
 * errors that nobody wants to hear of.
 */
const FIX_PAUSE_MS = 700;

type State = "none" | "elsewhere" | "here";

interface Shown {
  edit: NextEdit;
  /** Where the cursor was when the edit was found. The hint disappears when the cursor leaves that line. */
  from: { uri: string; line: number };
}

export type NextEditsDependencies = Pick<Services, "engine" | "documents" | "access" | "config" | "log">;

export class NextEdits implements vscode.Disposable {
  readonly #services: NextEditsDependencies;
  readonly #decorations = new Decorations();
  readonly #fixes: QuickFixes;
  readonly #status = vscode.window.createStatusBarItem("sterna.nextEdit", vscode.StatusBarAlignment.Left, -100);
  readonly #subscriptions: vscode.Disposable[];
  /** The last change by the user, with the cursor's offset after it. */
  #last: { document: vscode.TextDocument; version: number; offset: number } | undefined;
  /** Runs until a quick fix is looked for. */
  #fixTimer: NodeJS.Timeout | undefined;
  #asked: vscode.CancellationTokenSource | undefined;
  #shown: Shown | undefined;
  #state: State = "none";

  constructor(services: NextEditsDependencies) {
    this.#services = services;
    this.#fixes = new QuickFixes(services.engine);
    this.#status.name = "Sterna: Next Edit";
    this.#subscriptions = [
      this.#decorations,
      this.#status,
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => this.#diagnosed(uris)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.#moved(textEditor)),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#activated(editor)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#draw()),
      services.config.onDidChange(() => {
        if (!services.config.current.nextEdits) this.hide();
      }),
      services.engine.listen({ onEnded: () => this.hide() }),
    ];
    this.#activated(vscode.window.activeTextEditor);
  }

  /** The edit that is shown. */
  get current(): NextEdit | undefined {
    return this.#shown?.edit;
  }

  get state(): State {
    return this.#state;
  }

  /** Moves the cursor to the edit, and opens another file if the edit is there. */
  async go(): Promise<void> {
    const edit = this.#shown?.edit;
    if (edit === undefined) return;
    const document = await this.#documentOf(edit);
    if (document === undefined) return;
    const place = document.positionAt(edit.change.offset);
    const editor = await vscode.window.showTextDocument(document, { selection: new vscode.Range(place, place) });
    editor.revealRange(new vscode.Range(place, place), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.#draw();
  }

  /** Makes the edit as a single undoable step. */
  async accept(): Promise<void> {
    const edit = this.#shown?.edit;
    if (edit === undefined) return;
    const document = await this.#documentOf(edit);
    if (document === undefined) return;
    this.hide();
    const { offset, length, text } = edit.change;
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    const editor = vscode.window.activeTextEditor;
    if (editor?.document === document) {
      if (!(await editor.edit((builder) => builder.replace(range, text)))) return;
      const end = document.positionAt(offset + text.length);
      editor.selection = new vscode.Selection(end, end);
      return;
    }
    const change = new vscode.WorkspaceEdit();
    change.replace(document.uri, range, text);
    await vscode.workspace.applyEdit(change);
  }

  /** Hides the edit and dismisses its rule, which is not proposed again. */
  dismiss(): void {
    const edit = this.#shown?.edit;
    if (edit !== undefined) this.#services.engine.notify(nextEditDismissed, { rule: edit.rule });
    this.hide();
  }

  hide(): void {
    this.#asked?.cancel();
    this.#asked = undefined;
    if (this.#shown === undefined) return;
    this.#shown = undefined;
    this.#draw();
  }

  dispose(): void {
    clearTimeout(this.#fixTimer);
    this.#asked?.cancel();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#setState("none");
  }

  #changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const last = contentChanges[0];
    if (last === undefined) return;
    const editor = vscode.window.activeTextEditor;
    if (editor?.document !== document) {
      if (this.#shown?.edit.uri === document.uri.toString()) this.hide();
      return;
    }
    this.hide();
    // An edit that was undone is not proposed again at once.
    if (reason !== undefined) return;
    this.#fixes.changed(document);
    this.#last = { document, version: document.version, offset: last.rangeOffset + last.text.length };
    void this.#ask(editor, this.#last.offset);
    this.#fixLater();
  }

  /**
   * The language service has reported problems. It may have found an import that the last change has left unused, so
   * the engine is asked once more, or an error that it has a fix for.
   */
  #diagnosed(uris: readonly vscode.Uri[]): void {
    const edited = this.#edited();
    if (edited === undefined || this.#shown !== undefined || this.#asked !== undefined) return;
    const { editor, offset } = edited;
    if (!uris.some((uri) => uri.toString() === editor.document.uri.toString())) return;
    if (unusedIn(editor.document).length > 0) void this.#ask(editor, offset);
    this.#fixLater();
  }

  /** The active editor, if the user's last change is the last one of its document, with the cursor's offset after it. */
  #edited(): { editor: vscode.TextEditor; offset: number } | undefined {
    const editor = vscode.window.activeTextEditor;
    const last = this.#last;
    if (last === undefined || editor?.document !== last.document) return undefined;
    return last.document.version === last.version ? { editor, offset: last.offset } : undefined;
  }

  #fixLater(): void {
    clearTimeout(this.#fixTimer);
    this.#fixTimer = setTimeout(() => {
      const edited = this.#edited();
      if (edited === undefined || this.#shown !== undefined || this.#asked !== undefined) return;
      const { editor } = edited;
      const cursor = editor.document.offsetAt(editor.selection.active);
      void this.#find(editor, async (token) => await this.#fixes.find(editor.document, cursor, token));
    }, FIX_PAUSE_MS);
  }

  async #ask(editor: vscode.TextEditor, offset: number): Promise<void> {
    const { engine, access } = this.#services;
    const { document } = editor;
    const { version } = document;
    await this.#find(editor, async (token) => {
      const params = { uri: document.uri.toString(), version, offset, unused: unusedIn(document) };
      const edit = await engine.request(nextEdit, params, token);
      if (edit === null) return undefined;
      // The engine may not know yet that a file has been excluded.
      const isUnopened = edit.version === undefined;
      return isUnopened && (await access.checkUri(vscode.Uri.parse(edit.uri))) !== undefined ? undefined : edit;
    });
  }

  /** Looks for an edit in one way, and shows it unless the document or the editor has changed meanwhile. */
  async #find(
    editor: vscode.TextEditor,
    look: (token: vscode.CancellationToken) => Promise<NextEdit | undefined>,
  ): Promise<void> {
    const { engine, documents, log } = this.#services;
    const { document } = editor;
    if (!this.#isWanted(editor)) return;
    const asked = new vscode.CancellationTokenSource();
    this.#asked = asked;
    const { version } = document;
    const uri = document.uri.toString();
    try {
      // A document that may not be read has no next edits at all.
      if ((await documents.ensureOpen(document)) !== undefined || asked.token.isCancellationRequested) return;
      if (!engine.isConnected || document.version !== version) return;
      const edit = await look(asked.token);
      if (edit === undefined || asked.token.isCancellationRequested || document.version !== version) return;
      if (vscode.window.activeTextEditor !== editor || !this.#isWanted(editor)) return;
      this.#shown = { edit, from: { uri, line: editor.selection.active.line } };
      this.#draw();
    } catch (error) {
      log.debug(`No next edit: ${error instanceof Error ? error.message : error}`);
    } finally {
      asked.dispose();
      if (this.#asked === asked) this.#asked = undefined;
    }
  }

  #isWanted({ document, selections }: vscode.TextEditor): boolean {
    const { enabled, nextEdits, languages } = this.#services.config.current;
    const isOn = enabled && nextEdits && isLanguageEnabled(languages, document.languageId);
    const isAddressed = ["file", "untitled", "vscode-remote"].includes(document.uri.scheme);
    return isOn && isAddressed && selections.length === 1;
  }

  /** The document of an edit, if it is still the one that the edit was made for. */
  async #documentOf(edit: NextEdit): Promise<vscode.TextDocument | undefined> {
    const document = await openFile(vscode.Uri.parse(edit.uri));
    if (document !== undefined && isAsItWas(document, edit)) return document;
    this.hide();
    return undefined;
  }

  #activated(editor: vscode.TextEditor | undefined): void {
    // The first edit in a document is noticed only if the engine had the text before it.
    if (editor !== undefined && this.#isWanted(editor)) void this.#services.documents.ensureOpen(editor.document);
    const shown = this.#shown;
    // While the user switches from one editor to another, there is no active editor for a moment.
    if (shown === undefined || editor === undefined) return;
    const uri = editor.document.uri.toString();
    if (uri === shown.from.uri || uri === shown.edit.uri) this.#draw();
    else this.hide();
  }

  #moved(editor: vscode.TextEditor): void {
    const shown = this.#shown;
    if (shown === undefined || editor !== vscode.window.activeTextEditor) return;
    const { selections, selection, document } = editor;
    const { line } = selection.active;
    const isAtEdit = document.uri.toString() === shown.edit.uri && line === shown.edit.line;
    const isAtStart = document.uri.toString() === shown.from.uri && line === shown.from.line;
    if (selections.length > 1 || !selection.isEmpty || !(isAtEdit || isAtStart)) this.hide();
    else this.#draw();
  }

  #draw(): void {
    const shown = this.#shown;
    if (shown === undefined) {
      this.#decorations.hide();
      this.#status.hide();
      this.#setState("none");
      return;
    }
    const { edit } = shown;
    const editor = vscode.window.activeTextEditor;
    const isSameFile = editor?.document.uri.toString() === edit.uri;
    const isHere = isSameFile && editor.selection.active.line === edit.line;
    this.#decorations.showEdit(edit, vscode.window.visibleTextEditors);
    const place = isSameFile ? `line ${edit.line + 1}` : `${nameOf(edit.path)}, line ${edit.line + 1}`;
    if (editor !== undefined && !isHere) this.#decorations.showHint(editor, `Tab: next edit, ${place}`);
    else this.#decorations.hideHint();
    const key = isHere ? "Tab makes the edit" : "Tab goes there";
    this.#status.text = `$(edit) Next edit: ${place}`;
    this.#status.tooltip = `${edit.description} (${place}). ${key}, Escape hides it.`;
    this.#status.accessibilityInformation = {
      label: `Next edit: ${edit.description}, ${place}. ${key}, Escape hides it.`,
    };
    this.#status.command = isHere ? "sterna.acceptNextEdit" : "sterna.goToNextEdit";
    this.#status.show();
    this.#setState(isHere ? "here" : "elsewhere");
  }

  #setState(state: State): void {
    if (this.#state === state) return;
    this.#state = state;
    void vscode.commands.executeCommand("setContext", CONTEXT_KEY, state);
  }
}

/** The document of a file; undefined when the file is gone. */
async function openFile(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

/** Whether the text that an edit replaces, and the line around it, are still what they were when the edit was found. */
function isAsItWas(document: vscode.TextDocument, { version, line, lineText, change, oldText }: NextEdit): boolean {
  if (version !== undefined && document.version !== version) return false;
  const start = document.positionAt(change.offset);
  const there = document.getText(new vscode.Range(start, document.positionAt(change.offset + change.length)));
  return there === oldText && start.line === line && document.lineAt(line).text === lineText;
}

/** The ranges that the language service reports as unused. */
function unusedIn(document: vscode.TextDocument): { offset: number; length: number }[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ tags }) => tags?.includes(vscode.DiagnosticTag.Unnecessary))
    .map(({ range }) => {
      const offset = document.offsetAt(range.start);
      return { offset, length: document.offsetAt(range.end) - offset };
    });
}
