/** The view of models: first those in use or installed and the recommended one, then the others in a folded group. */
import * as vscode from "vscode";
import type { ModelRow } from "../../engine/protocol/models.ts";
import type { ModelChooser } from "./chooser.ts";
import { arrange, rowText } from "./modelRows.ts";

export const MODELS_VIEW = "sterna.models";

interface Group {
  rows: ModelRow[];
}

export class ModelsView implements vscode.TreeDataProvider<ModelRow | Group> {
  readonly #models: ModelChooser;
  readonly onDidChangeTreeData: vscode.Event<ModelRow | Group | undefined>;

  constructor(models: ModelChooser) {
    this.#models = models;
    this.onDidChangeTreeData = models.onDidChange;
  }

  async getChildren(node?: ModelRow | Group): Promise<(ModelRow | Group)[]> {
    if (node !== undefined) {
      return "rows" in node ? node.rows : [];
    }
    const { first, others } = arrange(await this.#models.rows());
    return others.length === 0 ? first : [...first, { rows: others }];
  }

  getTreeItem(node: ModelRow | Group): vscode.TreeItem {
    if ("rows" in node) {
      const item = new vscode.TreeItem("More models", vscode.TreeItemCollapsibleState.Collapsed);
      item.id = "more-models";
      item.description = String(node.rows.length);
      return item;
    }
    const { row, progress } = this.#models.present(node);
    const { label, description, tooltip, icon, context } = rowText(row, this.#models.inUse, progress);
    const item = new vscode.TreeItem(label);
    item.id = `model-${row.id}`;
    item.description = description;
    item.tooltip = [label, ...tooltip].join("\n");
    item.iconPath = new vscode.ThemeIcon(icon);
    item.contextValue = context;
    item.accessibilityInformation = { label: `${label}, ${description}` };
    return item;
  }
}
