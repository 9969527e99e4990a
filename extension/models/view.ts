/**
 * The view of models: what there is, what is in use, and what can be done with it.
 */
import * as vscode from "vscode";
import type { ModelProgress, ModelRow } from "../../engine/protocol/models.ts";
import { setModel } from "../config.ts";
import type { EngineClient } from "../engine/client.ts";
import { BUILTIN, gigabytes, type InUse, rowText } from "./rows.ts";

export const MODELS_VIEW = "sterna.models";

export interface ModelsDependencies {
  client: EngineClient;
  inUse(): InUse;
  log(line: string): void;
}

export class ModelsView implements vscode.TreeDataProvider<ModelRow>, vscode.Disposable {
  readonly #deps: ModelsDependencies;
  readonly #changed = new vscode.EventEmitter<ModelRow | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #progress = new Map<string, string>();
  readonly #listeners = new Map<string, (progress: ModelProgress) => void>();
  readonly #running = new Map<string, vscode.CancellationTokenSource>();
  #rows: ModelRow[] = [];

  constructor(deps: ModelsDependencies) {
    this.#deps = deps;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  showProgress(progress: ModelProgress): void {
    this.#progress.set(progress.id, progress.text);
    this.#listeners.get(progress.id)?.(progress);
    const row = this.#rows.find(({ id }) => id === progress.id);
    if (row !== undefined) {
      this.#changed.fire(row);
    }
  }

  async getChildren(row?: ModelRow): Promise<ModelRow[]> {
    if (row !== undefined) {
      return [];
    }
    this.#rows = [BUILTIN, ...(await this.#deps.client.listModels())];
    return this.#rows;
  }

  getTreeItem(row: ModelRow): vscode.TreeItem {
    const isRunning = this.#running.has(row.id);
    const shown: ModelRow = isRunning ? { ...row, state: "downloading" } : row;
    const { label, description, tooltip, icon, context } = rowText(
      shown,
      this.#deps.inUse(),
      this.#progress.get(row.id),
    );
    const item = new vscode.TreeItem(label);
    item.id = `model-${row.id}`;
    item.description = description;
    item.tooltip = tooltip.join("\n");
    item.iconPath = new vscode.ThemeIcon(icon);
    item.contextValue = context;
    item.accessibilityInformation = { label: `${label}, ${description}` };
    return item;
  }

  /** Shows the licence, downloads with progress, and offers to use the model. */
  async download(given?: ModelRow): Promise<void> {
    const row = given ?? (await this.#pick("Download which model?", ({ state }) => state !== "installed"));
    if (row === undefined || this.#running.has(row.id) || !(await agrees(row))) {
      return;
    }
    const source = new vscode.CancellationTokenSource();
    this.#running.set(row.id, source);
    this.refresh();
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Downloading ${row.name}`,
      cancellable: true,
    };
    try {
      await vscode.window.withProgress(options, async (progress, token) => {
        token.onCancellationRequested(() => source.cancel());
        let before = 0;
        this.#listeners.set(row.id, ({ text, done, total }) => {
          const share = total > 0 ? (100 * done) / total : 0;
          progress.report({ message: text, increment: Math.max(0, share - before) });
          before = Math.max(before, share);
        });
        await this.#deps.client.downloadModel(row.id, source.token);
      });
    } catch (error) {
      this.#ended(row.id);
      await this.#tellEnd(row, source.token.isCancellationRequested, error);
      return;
    } finally {
      source.dispose();
    }
    this.#ended(row.id);
    const use = "Use It Now";
    const answer = await vscode.window.showInformationMessage(`${row.name} is downloaded and verified.`, use);
    if (answer === use) {
      await this.use({ ...row, state: "installed" });
    }
  }

  /** What there is of the download stays. */
  pause(row?: ModelRow): void {
    const ids = row === undefined ? [...this.#running.keys()] : [row.id];
    for (const id of ids) {
      this.#running.get(id)?.cancel();
    }
  }

  /** Ends a download and deletes what there is of it; or deletes a model. */
  async remove(given?: ModelRow): Promise<void> {
    const isThere = ({ state, id }: ModelRow) => state !== "available" && id !== BUILTIN.id;
    const row = given ?? (await this.#pick("Remove which model?", isThere));
    if (row === undefined) {
      return;
    }
    const remove = row.state === "installed" ? "Remove" : "Discard";
    const question =
      row.state === "installed" ? `Delete ${row.name} from the disk?` : `Discard what was downloaded of ${row.name}?`;
    if ((await vscode.window.showWarningMessage(question, { modal: true }, remove)) !== remove) {
      return;
    }
    const { model, chatModel } = this.#deps.inUse();
    if (row.path !== "" && row.path === model) {
      await setModel("model", "");
    }
    if (row.path !== "" && row.path === chatModel) {
      await setModel("chatModel", "");
    }
    this.pause(row);
    await this.#try(() => this.#deps.client.removeModel(row.id));
    this.refresh();
  }

  /** For completions and chat, or for the chat alone. */
  async use(given?: ModelRow, forChatOnly = false): Promise<void> {
    const row = given ?? (await this.#pick("Use which model?", ({ state }) => state === "installed"));
    if (row === undefined) {
      return;
    }
    const path = row.path !== "" || row.id === BUILTIN.id ? row.path : await this.#pathOf(row.id);
    await setModel(forChatOnly ? "chatModel" : "model", path);
    if (!forChatOnly && this.#deps.inUse().chatModel !== "") {
      await setModel("chatModel", "");
    }
    this.refresh();
  }

  async compact(given?: ModelRow): Promise<void> {
    const canShrink = ({ state, packed, id }: ModelRow) => state === "installed" && !packed && id !== BUILTIN.id;
    const row = given ?? (await this.#pick("Remove the source of which model?", canShrink));
    if (row === undefined) {
      return;
    }
    await this.#try(async () => {
      const path = await this.#deps.client.compactModel(row.id);
      const { model, chatModel } = this.#deps.inUse();
      if (row.path === model) {
        await setModel("model", path);
      }
      if (row.path === chatModel) {
        await setModel("chatModel", path);
      }
    });
    this.refresh();
  }

  async details(given?: ModelRow): Promise<void> {
    const row = given ?? (await this.#pick("Details of which model?", () => true));
    if (row === undefined) {
      return;
    }
    const { description, tooltip } = rowText(row, this.#deps.inUse(), undefined);
    const licence = row.licence.url === "" ? [] : ["Open the Licence"];
    const detail = [description, ...tooltip].join("\n");
    const answer = await vscode.window.showInformationMessage(row.name, { modal: true, detail }, ...licence);
    if (answer !== undefined) {
      await vscode.env.openExternal(vscode.Uri.parse(row.licence.url));
    }
  }

  async bench(): Promise<void> {
    await this.#try(async () => {
      const options = { location: vscode.ProgressLocation.Notification, title: "Measuring this machine" };
      const line = await vscode.window.withProgress(options, () => this.#deps.client.benchMachine());
      void vscode.window.showInformationMessage(line);
    });
    this.refresh();
  }

  async #pathOf(id: string): Promise<string> {
    const rows = await this.#deps.client.listModels();
    return rows.find((row) => row.id === id)?.path ?? "";
  }

  async #pick(title: string, fits: (row: ModelRow) => boolean): Promise<ModelRow | undefined> {
    const rows = (await this.getChildren()).filter(fits).filter(({ obstacle }) => obstacle === "");
    const items = rows.map((row) => {
      const { label, description } = rowText(row, this.#deps.inUse(), undefined);
      return { label, description, detail: [row.goodFor, row.needs].filter((text) => text !== "").join(" It "), row };
    });
    return (await vscode.window.showQuickPick(items, { title, matchOnDetail: true, ignoreFocusOut: true }))?.row;
  }

  #ended(id: string): void {
    this.#running.delete(id);
    this.#progress.delete(id);
    this.#listeners.delete(id);
    this.refresh();
  }

  async #tellEnd(row: ModelRow, wasPaused: boolean, error: unknown): Promise<void> {
    const resume = "Resume";
    const discard = "Discard";
    const text = wasPaused ? `The download of ${row.name} is paused.` : message(error);
    if (!wasPaused) {
      this.#deps.log(text);
    }
    const show = wasPaused ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
    const answer = await show(text, resume, discard);
    if (answer === resume) {
      await this.download({ ...row, state: "partial" });
    } else if (answer === discard) {
      await this.#try(() => this.#deps.client.removeModel(row.id));
      this.refresh();
    }
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log(message(error));
      void vscode.window.showErrorMessage(message(error));
    }
  }
}

/** The licence is shown before the first byte; whoever has begun has agreed. */
async function agrees(row: ModelRow): Promise<boolean> {
  if (row.state === "partial" || row.licence.name === "") {
    return true;
  }
  const download = "Download";
  const read = "Read the Licence";
  const detail = [
    `${gigabytes(row.bytes)} from ${row.source}. It ${row.needs}.`,
    row.fits ? "" : "This machine has too little memory for it.",
    `Licence: ${row.licence.name}, ${row.licence.url}`,
  ]
    .filter((line) => line !== "")
    .join("\n\n");
  for (;;) {
    const answer = await vscode.window.showInformationMessage(
      `Download ${row.name}?`,
      { modal: true, detail },
      download,
      read,
    );
    if (answer !== read) {
      return answer === download;
    }
    await vscode.env.openExternal(vscode.Uri.parse(row.licence.url));
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
