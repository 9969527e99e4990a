/** The actions on models: download, use, remove, measure. If no row is given, the user is asked for one. */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import {
  type ModelProgress,
  type ModelRow,
  machineBench,
  modelCompact,
  modelDownload,
  modelList,
  modelRemove,
} from "../../engine/protocol/models.ts";
import { type ConfigStore, setModel } from "../config.ts";
import { showError } from "../showError.ts";
import { agreesToLicence, offerAfterDownload, offerAfterFailure } from "./dialogs.ts";
import { BUILTIN, type InUse, rowText } from "./modelRows.ts";

export class ModelChooser implements vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #config: ConfigStore;
  readonly #changed = new vscode.EventEmitter<ModelRow | undefined>();
  /** Fires with the row that has changed, or with undefined when any row may have changed. */
  readonly onDidChange = this.#changed.event;
  /** The engine's last report on each download, by the model's identifier. */
  readonly #progress = new Map<string, string>();
  readonly #listeners = new Map<string, (progress: ModelProgress) => void>();
  readonly #downloads = new Map<string, vscode.CancellationTokenSource>();
  #rows: ModelRow[] = [];

  constructor(engine: EngineClient, config: ConfigStore) {
    this.#engine = engine;
    this.#config = config;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  get inUse(): InUse {
    const { model, chatModel } = this.#config.current.engine;
    return { model, chatModel };
  }

  /** All models, the built-in one first. Without an engine there is only that one. */
  async rows(): Promise<ModelRow[]> {
    const others = this.#engine.isConnected ? await this.#engine.request(modelList) : [];
    this.#rows = [BUILTIN, ...others];
    return this.#rows;
  }

  /** The row as it is shown. A download that this window has begun is shown at once. */
  present(row: ModelRow): { row: ModelRow; progress: string | undefined } {
    const isDownloading = this.#downloads.has(row.id);
    return { row: isDownloading ? { ...row, state: "downloading" } : row, progress: this.#progress.get(row.id) };
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

  /** The best chat model: one that is installed, else the recommended one. */
  async chatModel(): Promise<ModelRow | undefined> {
    const rows = await this.rows();
    const fit = rows.filter(({ chats, obstacle }) => chats && obstacle === "");
    return fit.find(({ state }) => state === "installed") ?? fit.find(({ recommended }) => recommended);
  }

  /** Gets the model of {@link chatModel} and uses it for questions. Suggestions keep the model that they have. */
  async getChatModel(): Promise<void> {
    const row = await this.chatModel();
    if (row === undefined) {
      throw new Error("No model that answers questions fits into this machine's memory.");
    }
    if (row.state === "installed" || (await this.#fetch(row))) {
      await this.use(row, true);
      void vscode.window.showInformationMessage(`${row.name} answers questions now.`);
    }
  }

  /** Shows the licence, downloads with progress, and offers to use the model. */
  async download(given?: ModelRow): Promise<void> {
    const row = given ?? (await this.#pick("Download which model?", ({ state }) => state !== "installed"));
    if (row === undefined || !(await this.#fetch(row))) {
      return;
    }
    const answer = await offerAfterDownload(row);
    if (answer !== undefined) {
      await this.use({ ...row, state: "installed" }, answer === "chat");
    }
  }

  /** Pauses one download, or all. What has been downloaded is kept. */
  pause(row?: ModelRow): void {
    const ids = row === undefined ? [...this.#downloads.keys()] : [row.id];
    for (const id of ids) {
      this.#downloads.get(id)?.cancel();
    }
  }

  /** Deletes a model, or ends a download and deletes its partial files. */
  async remove(given?: ModelRow): Promise<void> {
    const isThere = ({ state, id }: ModelRow) => state !== "available" && id !== BUILTIN.id;
    const row = given ?? (await this.#pick("Remove which model?", isThere));
    if (row === undefined) {
      return;
    }
    const isInstalled = row.state === "installed";
    const remove = isInstalled ? "Remove" : "Discard";
    const question = isInstalled ? `Delete ${row.name} from the disk?` : `Discard what was downloaded of ${row.name}?`;
    if ((await vscode.window.showWarningMessage(question, { modal: true }, remove)) !== remove) {
      return;
    }
    await this.#replaceInSettings(row.path, "");
    this.pause(row);
    await this.#engine.request(modelRemove, { id: row.id });
    this.refresh();
  }

  /** Uses a model for suggestions and chat, or for the chat alone. */
  async use(given?: ModelRow, forChatOnly = false): Promise<void> {
    const row = given ?? (await this.#pick("Use which model?", ({ state }) => state === "installed"));
    if (row === undefined) {
      return;
    }
    const path = row.path !== "" || row.id === BUILTIN.id ? row.path : await this.#pathOf(row.id);
    await setModel(forChatOnly ? "chatModel" : "model", path);
    if (!forChatOnly && this.inUse.chatModel !== "") {
      await setModel("chatModel", "");
    }
    this.refresh();
  }

  /** Deletes a model's source and keeps its packed form. */
  async compact(given?: ModelRow): Promise<void> {
    const canShrink = ({ state, packed, id }: ModelRow) => state === "installed" && !packed && id !== BUILTIN.id;
    const row = given ?? (await this.#pick("Remove the source of which model?", canShrink));
    if (row === undefined) {
      return;
    }
    await this.#replaceInSettings(row.path, await this.#engine.request(modelCompact, { id: row.id }));
    this.refresh();
  }

  async details(given?: ModelRow): Promise<void> {
    const row = given ?? (await this.#pick("Details of which model?", () => true));
    if (row === undefined) {
      return;
    }
    const { description, tooltip } = rowText(row, this.inUse, undefined);
    const licence = row.licence.url === "" ? [] : ["Open the Licence"];
    const detail = [description, ...tooltip].join("\n");
    const answer = await vscode.window.showInformationMessage(row.name, { modal: true, detail }, ...licence);
    if (answer !== undefined) {
      await vscode.env.openExternal(vscode.Uri.parse(row.licence.url));
    }
  }

  /** Measures the machine, so that the list can state speeds. */
  async bench(): Promise<void> {
    const options = { location: vscode.ProgressLocation.Notification, title: "Measuring this machine" };
    const line = await vscode.window.withProgress(options, () => this.#engine.request(machineBench));
    void vscode.window.showInformationMessage(line);
    this.refresh();
  }

  /** @returns whether the model is installed now. */
  async #fetch(row: ModelRow): Promise<boolean> {
    if (this.#downloads.has(row.id) || !(await agreesToLicence(row))) {
      return false;
    }
    const source = new vscode.CancellationTokenSource();
    this.#downloads.set(row.id, source);
    this.refresh();
    let failure: unknown;
    try {
      await this.#transfer(row, source);
      return true;
    } catch (error) {
      failure = error;
    } finally {
      this.#downloads.delete(row.id);
      this.#progress.delete(row.id);
      this.#listeners.delete(row.id);
      source.dispose();
      this.refresh();
    }
    const answer = await offerAfterFailure(row, source.token.isCancellationRequested, failure);
    if (answer === "resume") {
      return await this.#fetch({ ...row, state: "partial" });
    }
    if (answer === "discard") {
      await this.#engine.request(modelRemove, { id: row.id });
      this.refresh();
    }
    return false;
  }

  async #transfer({ id, name }: ModelRow, source: vscode.CancellationTokenSource): Promise<void> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Downloading ${name}`,
      cancellable: true,
    };
    await vscode.window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => source.cancel());
      let before = 0;
      this.#listeners.set(id, ({ text, done, total }) => {
        const share = total > 0 ? (100 * done) / total : 0;
        progress.report({ message: text, increment: Math.max(0, share - before) });
        before = Math.max(before, share);
      });
      await this.#engine.request(modelDownload, { id }, source.token);
    });
  }

  /** Replaces a path in the settings that name it. */
  async #replaceInSettings(path: string, replacement: string): Promise<void> {
    const { model, chatModel } = this.inUse;
    if (path !== "" && path === model) await setModel("model", replacement);
    if (path !== "" && path === chatModel) await setModel("chatModel", replacement);
  }

  async #pathOf(id: string): Promise<string> {
    return (await this.rows()).find((row) => row.id === id)?.path ?? "";
  }

  async #pick(title: string, fits: (row: ModelRow) => boolean): Promise<ModelRow | undefined> {
    const rows = (await this.rows()).filter(fits).filter(({ obstacle }) => obstacle === "");
    const items = rows.map((row) => {
      const { label, description } = rowText(row, this.inUse, undefined);
      return { label, description, detail: [row.goodFor, row.needs].filter((text) => text !== "").join(" It "), row };
    });
    if (items.length === 0) {
      void showError(new Error("There is no such model yet."));
      return undefined;
    }
    return (await vscode.window.showQuickPick(items, { title, matchOnDetail: true, ignoreFocusOut: true }))?.row;
  }
}
