/**
 * Asks the language service for the quick fixes of errors that the user's last edits have caused. The engine decides
 * which errors those are, and whether a fix is sure enough to be the next edit.
 */
import * as vscode from "vscode";
import type { NextEdit, NextEditFixParams, Problem } from "../../engine/protocol/nextEdit.ts";
import { nextEditOfFix, nextEditProblems } from "../../engine/protocol/nextEdit.ts";
import type { Services } from "../services.ts";

/** While changes are fewer milliseconds apart than this, the reported errors may be those of half-typed text. */
const BURST_MS = 1500;
/** A language service may take this many milliseconds for the fixes of one error. */
const BUDGET_MS = 500;
/** VS Code lets the language service complete this many of the fixes that it lists without their changes. */
const COMPLETED_FIXES = 5;

export class QuickFixes {
  readonly #engine: Services["engine"];
  /** The document of the present burst of edits, when its last change was, and the errors from before the burst. */
  #burst: { document: vscode.TextDocument; at: number; before: readonly string[] } | undefined;

  constructor(engine: Services["engine"]) {
    this.#engine = engine;
  }

  /** The user has changed a document. Its diagnostics are still those from before the change. */
  changed(document: vscode.TextDocument): void {
    const at = performance.now();
    const burst = this.#burst;
    const goesOn = burst?.document === document && at - burst.at < BURST_MS;
    const before = goesOn ? burst.before : errorsIn(document).map(({ message }) => message);
    this.#burst = { document, at, before };
  }

  /** The fix of the nearest error that the last edits have caused; undefined when there is none that is sure. */
  async find(
    document: vscode.TextDocument,
    cursor: number,
    token: vscode.CancellationToken,
  ): Promise<NextEdit | undefined> {
    const problems = errorsIn(document);
    if (this.#burst?.document !== document || problems.length === 0) return undefined;
    const { version } = document;
    const place = { uri: document.uri.toString(), version, offset: cursor };
    const params = { ...place, problems, before: [...this.#burst.before] };
    for (const problem of await this.#engine.request(nextEditProblems, params, token)) {
      const fixes = await fixesOf(document, problem);
      if (token.isCancellationRequested || document.version !== version) return undefined;
      const edit = await this.#engine.request(nextEditOfFix, { ...place, problem, fixes }, token);
      if (edit !== null) return edit;
    }
    return undefined;
  }
}

function errorsIn(document: vscode.TextDocument): Problem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error)
    .map(({ range, message }) => ({ ...spanOf(document, range), message }));
}

function spanOf(document: vscode.TextDocument, range: vscode.Range): { offset: number; length: number } {
  const offset = document.offsetAt(range.start);
  return { offset, length: document.offsetAt(range.end) - offset };
}

async function fixesOf(
  document: vscode.TextDocument,
  { offset, length }: Problem,
): Promise<NextEditFixParams["fixes"]> {
  const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
  const actions = vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    range,
    vscode.CodeActionKind.QuickFix.value,
    COMPLETED_FIXES,
  );
  const late = new Promise<[]>((resolve) => setTimeout(resolve, BUDGET_MS, []));
  const found = await Promise.race([Promise.resolve(actions).catch(() => []), late]);
  return found.flatMap((action) => (action instanceof vscode.CodeAction ? [fixOf(action, document)] : []));
}

function fixOf(action: vscode.CodeAction, document: vscode.TextDocument): NextEditFixParams["fixes"][number] {
  const { title, isPreferred = false, edit, disabled } = action;
  const entries = edit?.entries() ?? [];
  const isHere = entries.every(([uri]) => uri.toString() === document.uri.toString());
  // What creates, renames or deletes files counts in the size, but is no entry.
  const isText = edit !== undefined && isHere && edit.size === entries.length;
  const changes = entries.flatMap(([, edits]) =>
    edits.map(({ range, newText }) => ({ ...spanOf(document, range), text: newText })),
  );
  return { title, isPreferred: isPreferred && disabled === undefined, ...(isText && { changes }) };
}
