/**
 * Tells the engine which files of the workspace it may read for its index, and reports every change of them. Files that
 * may not be read, links, and files outside the workspace's folders are never named.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { FileListing } from "../../engine/client/fileListing.ts";
import { indexSwitches } from "../../engine/client/userConfig.ts";
import { globsOf } from "../../engine/workspace/exclude.ts";
import { FOREIGN_FOLDERS } from "../../engine/workspace/fileWalk.ts";
import type { Refusal } from "../../engine/workspace/refusal.ts";
import type { ConfigStore } from "../config.ts";
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
  readonly #access: FileAccess;
  readonly #config: ConfigStore;
  readonly #listing: FileListing;
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/*");
  readonly #changed = new Set<string>();
  #changesTimer: NodeJS.Timeout | undefined;
  #refused = new Refused();

  constructor(engine: EngineClient, access: FileAccess, config: ConfigStore) {
    this.#access = access;
    this.#config = config;
    this.#listing = new FileListing({
      engine,
      isOn: () => config.current.indexesRepository,
      folders: () => this.#folders(),
      packages: () => this.#packages(),
      walk: (folder, isOver) => this.#walk(vscode.Uri.file(folder), isOver),
      mayRead: async (address) => {
        const uri = vscode.Uri.parse(address, true);
        return isInFolder(uri) && (await access.checkUri(uri)) === undefined;
      },
    });
    const later = (uri: vscode.Uri) => this.#later(uri);
    this.#watcher.onDidChange(later);
    this.#watcher.onDidCreate(later);
    this.#watcher.onDidDelete(later);
  }

  /** Files and folders of the last listing that the engine was not told of, by reason. */
  get refused(): readonly LeftOut[] {
    return this.#refused.all;
  }

  /** Names all files again, after a while. */
  list(afterMs?: number): void {
    this.#refused = new Refused();
    this.#listing.list(afterMs);
  }

  dispose(): void {
    clearTimeout(this.#changesTimer);
    this.#listing.dispose();
    this.#watcher.dispose();
  }

  #folders(): string[] {
    const opened = vscode.workspace.workspaceFolders ?? [];
    return opened.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);
  }

  #packages(): { exclude: string[] } | undefined {
    const { readsPackages, exclude } = this.#config.current;
    return readsPackages && vscode.workspace.isTrusted ? { exclude: globsOf(exclude) } : undefined;
  }

  /** Addresses of the files of a folder that may be read. */
  async #walk(folder: vscode.Uri, isOver: () => boolean): Promise<string[]> {
    const refused = this.#refused;
    const onRefused = (refusal: Refusal, path: string) => refused.add(refusal, path);
    const paths = await walkFolder(folder, { access: this.#access, max: MAX_FILES, isOver, onRefused });
    if (paths.length === MAX_FILES) refused.add("too-many", "");
    return paths.map((path) => vscode.Uri.joinPath(folder, path).toString());
  }

  #later(uri: vscode.Uri): void {
    if (uri.scheme !== "file" || !this.#config.current.indexesRepository) return;
    this.#changed.add(uri.toString());
    this.#changesTimer ??= setTimeout(() => this.#tell(), CHANGES_MS);
  }

  #tell(): void {
    this.#changesTimer = undefined;
    const uris = [...this.#changed];
    this.#changed.clear();
    void this.#listing.changed(uris);
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
  const files = new IndexedFiles(engine, access, config);
  let before = indexSwitches(config.current);
  context.subscriptions.push(
    files,
    engine.listen({ onStarted: () => files.list(START_MS) }),
    // Settings and .gitignore files decide which files may be read.
    access.onDidChange(() => files.list()),
    config.onDidChange(() => {
      const now = indexSwitches(config.current);
      if (now === before) return;
      before = now;
      files.list();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => files.list()),
  );
  registerIndexStatus(context, services, files);
}
