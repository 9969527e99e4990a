/** The other cells of a notebook: each is a document of its own, and the code of the cells above is known to the next. */
import * as vscode from "vscode";
import { pathInWorkspace } from "./paths.ts";

/** Cells above that are sent as context, the nearest ones. */
const MAX_CELLS = 6;
/** Lines of such a cell: its last ones. */
const MAX_LINES = 32;

export interface CellText {
  uri: string;
  path: string;
  text: string;
}

/** The other cells with code of the same language; none when the document is no cell. */
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
