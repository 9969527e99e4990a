/**
 * Tells the engine which files of the workspace it may read for its index, and reports every change of them. Files that
 * may not be read, links, and files outside the workspace's folders are never named.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { repositoryFilesChanged } from "../../engine/protocol/repository.ts";
import { FOREIGN_FOLDERS } from "../../engine/workspace/fileWalk.ts";
import type { Refusal } from "../../engine/workspace/refusal.ts";
import type { Services } from "../services.ts";
import type { FileAccess } from "./fileAccess.ts";
import { walkFolder } from "./folderWalk.ts";
import type { LeftOut } from "./indexReport.ts";
import { registerIndexStatus } from "./indexStatus.ts";

/** If there are more files, those nearest to the top are named. */
const MAX_FILES = 50_000;
/** Milliseconds to wait after the start, because the editor's own start comes first. */
const START_MS = 3_000;
/** Milliseconds within which changes are collected, because a checkout changes many files. */
const CHANGES_MS = 300;
/** Milliseconds after which the whole list is made again when the rules for reading have changed. */
const AGAIN_MS = 1_000;
const BATCH = 500;
const MOST_EXAMPLES = 5;

/** Counts by reason, with the paths of a few. */
class Refused {
  readonly #byReason = new Map<string, { files: number; examples: string[] }>();

  add(reason: string, path: string): void {
    const known = this.#byReason.get(reason) ?? { files: 0, examples: [] };
    known.files++;
    if (path !== "" && known.examples.length < MOST_EXAMPLES) known.examples.push(path);
    this.#byReason.set(reason, known);
  }

  get all(): LeftOut[] {
    return [...this.#byReason].map(([reason, each]) => ({ reason, ...each }));
  }
}

export class IndexedFiles implements vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #access: FileAccess;
  readonly #isOn: () => boolean;
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/*");
  readonly #changed = new Map<string, vscode.Uri>();
  #changesTimer: NodeJS.Timeout | undefined;
  #listTimer: NodeJS.Timeout | undefined;
  /** Increases with every listing, so that an older one that is still running ends. */
  #listing = 0;
  #wasOn = false;
  #refused: LeftOut[] = [];

  constructor(engine: EngineClient, access: FileAccess, isOn: () => boolean) {
    this.#engine = engine;
    this.#access = access;
    this.#isOn = isOn;
    const later = (uri: vscode.Uri) => this.#later(uri);
    this.#watcher.onDidChange(later);
    this.#watcher.onDidCreate(later);
    this.#watcher.onDidDelete(later);
  }

  /** Files and folders of the last listing that the engine was not told of, by reason. */
  get refused(): readonly LeftOut[] {
    return this.#refused;
  }

  /** Names all files again, after a while. */
  list(afterMs = AGAIN_MS): void {
    clearTimeout(this.#listTimer);
    this.#listTimer = setTimeout(() => void this.#list(), afterMs);
  }

  dispose(): void {
    clearTimeout(this.#listTimer);
    clearTimeout(this.#changesTimer);
    this.#listing++;
    this.#watcher.dispose();
  }

  async #list(): Promise<void> {
    const listing = ++this.#listing;
    const isOver = () => listing !== this.#listing || !this.#isOn();
    if (!this.#isOn()) {
      if (this.#wasOn) this.#engine.notify(repositoryFilesChanged, { reset: true, changed: [], removed: [] });
      this.#wasOn = false;
      return;
    }
    this.#wasOn = true;
    let reset = true;
    const opened = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
    const folders = opened.map(({ uri }) => uri.fsPath);
    const refused = new Refused();
    for (const { uri } of opened) {
      const uris = await this.#walk(uri, isOver, refused);
      for (let at = 0; (at < uris.length || reset) && !isOver(); at += BATCH) {
        const changed = uris.slice(at, at + BATCH);
        this.#engine.notify(repositoryFilesChanged, { reset, folders, changed, removed: [] });
        reset = false;
      }
    }
    if (isOver()) return;
    this.#refused = refused.all;
    // With no folder left, the files of those that were open must go, too.
    if (reset) this.#engine.notify(repositoryFilesChanged, { reset, folders, changed: [], removed: [] });
  }

  /** Addresses of the files of a folder that may be read. */
  async #walk(folder: vscode.Uri, isOver: () => boolean, refused: Refused): Promise<string[]> {
    const onRefused = (refusal: Refusal, path: string) => refused.add(refusal, path);
    const paths = await walkFolder(folder, { access: this.#access, max: MAX_FILES, isOver, onRefused });
    if (paths.length === MAX_FILES) refused.add("too-many", "");
    return paths.map((path) => vscode.Uri.joinPath(folder, path).toString());
  }

  #later(uri: vscode.Uri): void {
    if (!this.#isOn() || uri.scheme !== "file") return;
    this.#changed.set(uri.toString(), uri);
    this.#changesTimer ??= setTimeout(() => void this.#tell(), CHANGES_MS);
  }

  async #tell(): Promise<void> {
    this.#changesTimer = undefined;
    const changed: string[] = [];
    const removed: string[] = [];
    const uris = [...this.#changed];
    this.#changed.clear();
    for (const [address, uri] of uris) {
      const mayRead = isInFolder(uri) && (await this.#access.checkUri(uri)) === undefined;
      // The engine finds out whether it still exists and is a file.
      (mayRead ? changed : removed).push(address);
    }
    this.#engine.notify(repositoryFilesChanged, { reset: false, changed, removed });
  }
}

/** Whether a file is one of those that the listing would name, as far as its folders tell. */
function isInFolder(uri: vscode.Uri): boolean {
  const path = vscode.workspace.asRelativePath(uri, false);
  const isInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  return isInside && !path.split("/").some((part) => FOREIGN_FOLDERS.has(part));
}

export function registerRepositoryIndex(context: vscode.ExtensionContext, services: Services): void {
  const { engine, access, config } = services;
  const files = new IndexedFiles(engine, access, () => config.current.indexesRepository);
  context.subscriptions.push(
    files,
    engine.listen({ onStarted: () => files.list(START_MS) }),
    // Settings and .gitignore files decide which files may be read.
    access.onDidChange(() => files.list()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => files.list()),
  );
  registerIndexStatus(context, services, files);
}
