/** The code that a command is about, with what only the editor knows. */
import * as vscode from "vscode";
import type { CodeContext, CodeSymbol } from "../../engine/protocol/tasks.ts";
import { TOO_LARGE } from "../../engine/workspace/maxLength.ts";
import { isTooLarge } from "../repository/documentSize.ts";
import type { FileAccess } from "../repository/fileAccess.ts";
import { pathInWorkspace } from "../repository/paths.ts";
import { requireOwnText } from "../repository/quotedFiles.ts";

/** Milliseconds to wait for symbols. A language server that is still starting must not hold up the command. */
const SYMBOLS_MS = 1_000;

const BLOCKS = new Set([
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Struct,
]);

/**
 * The code that a command is about.
 *
 * @param range the command's range; the editor's selection when it has none.
 * @throws Error with one sentence for people when the document is too large or may not be read.
 */
export async function codeContext(
  document: vscode.TextDocument,
  range: vscode.Range,
  access: FileAccess,
): Promise<CodeContext> {
  await access.require(document);
  await requireOwnText(document, access);
  if (isTooLarge(document)) throw new Error(TOO_LARGE);
  const editor = vscode.window.visibleTextEditors.find((candidate) => candidate.document === document);
  // A selection that ends at the beginning of a line does not include that line.
  const last = range.end.character === 0 && range.end.line > range.start.line ? range.end.line - 1 : range.end.line;
  return {
    path: pathInWorkspace(document.uri),
    languageId: document.languageId,
    text: document.getText(),
    selection: { start: range.start.line, end: range.isEmpty ? range.start.line : last + 1 },
    symbols: await symbolsAround(document, range),
    indent: indentOf(editor),
  };
}

export interface InsertionPlace {
  code: CodeContext;
  /** The cursor's line up to the selection; below, what follows the selection. */
  before: string;
  after: string;
}

/** Where code is inserted. Nothing is passed on of a file that may not be read, except its indentation. */
export async function insertionPlace(editor: vscode.TextEditor, access: FileAccess): Promise<InsertionPlace> {
  const { document, selection } = editor;
  const isReadable = (await access.check(document)) === undefined && !isTooLarge(document);
  const before = document.lineAt(selection.start.line).text.slice(0, selection.start.character);
  const after = document.lineAt(selection.end.line).text.slice(selection.end.character);
  const code = {
    path: "",
    languageId: document.languageId,
    text: isReadable ? document.getText() : "",
    selection: isReadable ? { start: selection.start.line, end: selection.end.line + 1 } : { start: 0, end: 0 },
    symbols: [],
    indent: indentOf(editor),
  };
  return isReadable ? { code, before, after } : { code, before: outline(before), after: outline(after) };
}

/** Only that there is text, and how it is indented. */
function outline(text: string): string {
  return text.replace(/\S.*$/su, "x");
}

function indentOf(editor: vscode.TextEditor | undefined): number | "tab" {
  const { insertSpaces = true, tabSize = 4 } = editor?.options ?? {};
  return insertSpaces === false ? "tab" : Number(tabSize) || 4;
}

async function symbolsAround(document: vscode.TextDocument, range: vscode.Range): Promise<CodeSymbol[]> {
  const request = vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
    "vscode.executeDocumentSymbolProvider",
    document.uri,
  );
  const timeout = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SYMBOLS_MS));
  const found = (await Promise.race([request, timeout])) ?? [];
  const chain: CodeSymbol[] = [];
  // The results are plain objects and no instances of a class; only nested symbols have a `range`.
  let level = found.filter((symbol): symbol is vscode.DocumentSymbol => "range" in symbol);
  for (;;) {
    const symbol = level.find((candidate) => candidate.range.contains(range));
    if (symbol === undefined) {
      return chain;
    }
    const { name, kind, range: whole } = symbol;
    chain.push({ name, start: whole.start.line, end: whole.end.line + 1, isBlock: BLOCKS.has(kind) });
    level = symbol.children;
  }
}
