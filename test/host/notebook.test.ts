import assert from "node:assert/strict";
import * as vscode from "vscode";
import { nextResult, settled, type, until } from "./editor.ts";
import { withScriptedEngine } from "./scripted.ts";

describe("a cell of a notebook", () => {
  const engine = withScriptedEngine();

  it("has the cells above it as context", async () => {
    const { Code } = vscode.NotebookCellKind;
    const cells = [
      new vscode.NotebookCellData(Code, "def load_sales(path):\n    return open(path).read()\n", "python"),
      new vscode.NotebookCellData(Code, "", "python"),
    ];
    const notebook = await vscode.workspace.openNotebookDocument("jupyter-notebook", new vscode.NotebookData(cells));
    const shown = await vscode.window.showNotebookDocument(notebook);
    shown.selection = new vscode.NotebookRange(1, 2);
    await vscode.commands.executeCommand("notebook.cell.edit");
    const cell = notebook.cellAt(1).document;
    await until("the cell's editor", () => vscode.window.activeTextEditor?.document === cell);
    const before = settled(engine.api);
    await type("rows = load_");
    await nextResult(engine.api, before);
    assert.match(engine.prompts(), /def load_sales\(path\)[\s\S]*rows = load_/);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }).timeout(60_000);
});
