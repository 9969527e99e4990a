/** The other cells of a notebook. Each is a document of its own, and its context is the code of the cells above it. */
import * as vscode from "vscode";
import { pathInWorkspace } from "./paths.ts";

/** How many cells above are sent as context, the nearest ones. */
const MAX_CELLS = 6;
/** How many lines of such a cell are sent, its last ones. */
const MAX_LINES = 32;

export interface CellText {
  uri: string;
  path: string;
  text: string;
}

/** The other code cells of the same language; none when the document is not a cell. */
export function cellsBeside(document: vscode.TextDocument): vscode.TextDocument[] {
  return cellsOf(document).filter((cell) => cell !== document && cell.languageId === document.languageId);
}

/** The nearest cells above, in order, and a key that changes with their text. */
export function cellsAbove(document: vscode.TextDocument): { key: string; cells: CellText[] } {
  const cells = cellsOf(document);
  const above = cells
    .slice(0, Math.max(0, cells.indexOf(document)))
    .filter(({ languageId }) => languageId === document.languageId)
    .slice(-MAX_CELLS);
  return {
    key: above.map(({ uri, version }) => `${uri.toString()}@${version}`).join("\n"),
    cells: above.map((cell) => ({
      uri: cell.uri.toString(),
      path: pathInWorkspace(cell.uri),
      text: cell.getText().replaceAll("\r\n", "\n").split("\n").slice(-MAX_LINES).join("\n"),
    })),
  };
}

function cellsOf(document: vscode.TextDocument): vscode.TextDocument[] {
  if (document.uri.scheme !== "vscode-notebook-cell") {
    return [];
  }
  const notebook = vscode.workspace.notebookDocuments.find(({ uri }) => uri.path === document.uri.path);
  return notebook?.getCells().map((cell) => cell.document) ?? [];
}
