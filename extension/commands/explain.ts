/**
 * "Explain": asks about the selection, else about the function or class round the cursor, else about the lines near it.
 */
import * as vscode from "vscode";
import { pathInWorkspace } from "../inline/mirror.ts";

/** Lines on either side of the cursor when no symbol is known. */
const NEAR_LINES = 15;
/** A language server that is still starting must not hold up the question. */
const SYMBOLS_MS = 1_000;

/** The question about the active editor's code, or undefined when there is nothing to explain. */
export async function explainQuestion(editor: vscode.TextEditor): Promise<string | undefined> {
  const { document, selection } = editor;
  const range = selection.isEmpty ? await rangeAround(document, selection.active) : selection;
  const code = document.getText(range).replaceAll("\r\n", "\n");
  if (code.trim() === "") {
    return undefined;
  }
  const lines = `lines ${range.start.line + 1} to ${range.end.line + 1}`;
  return `Explain this ${document.languageId} code (${pathInWorkspace(document.uri)}, ${lines}):\n\n${code}`;
}

async function rangeAround(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Range> {
  return (await innermostSymbol(document, position)) ?? nearLines(document, position);
}

async function innermostSymbol(
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Range | undefined> {
  const request = vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
    "vscode.executeDocumentSymbolProvider",
    document.uri,
  );
  const timeout = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SYMBOLS_MS));
  const symbols = (await Promise.race([request, timeout])) ?? [];
  return innermost(
    // What the command returns is of neither class; only that of a provider with nested symbols has a range.
    symbols.filter((symbol): symbol is vscode.DocumentSymbol => "range" in symbol),
    position,
  );
}

const WORTH_EXPLAINING = new Set([
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Struct,
]);

function innermost(symbols: vscode.DocumentSymbol[], position: vscode.Position): vscode.Range | undefined {
  const symbol = symbols.find(({ range }) => range.contains(position));
  if (symbol === undefined) {
    return undefined;
  }
  return innermost(symbol.children, position) ?? (WORTH_EXPLAINING.has(symbol.kind) ? symbol.range : undefined);
}

function nearLines(document: vscode.TextDocument, { line }: vscode.Position): vscode.Range {
  const first = Math.max(0, line - NEAR_LINES);
  const last = Math.min(document.lineCount - 1, line + NEAR_LINES);
  return new vscode.Range(new vscode.Position(first, 0), document.lineAt(last).range.end);
}
