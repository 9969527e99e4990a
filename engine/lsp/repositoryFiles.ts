/**
 * Tells the engine which files of the workspace it may read for its index, and every change that the client reports.
 * Files that may not be read, links, and files outside the workspace's folders are never named.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineClient } from "../client/client.ts";
import { repositoryFilesChanged } from "../protocol/repository.ts";
import { FOREIGN_FOLDERS, walkFiles } from "../workspace/fileWalk.ts";
import type { DiskAccess } from "./diskAccess.ts";
import type { Folders } from "./folders.ts";

/** If there are more files, those nearest to the top are named. */
const MAX_FILES = 50_000;
/** Milliseconds within which changes of the rules are collected. */
const AGAIN_MS = 1_000;
const BATCH = 500;

export interface RepositoryFilesDependencies {
  engine: Pick<EngineClient, "notify">;
  access: Pick<DiskAccess, "check" | "checkListed">;
  folders: Pick<Folders, "paths" | "find">;
  isOn(): boolean;
}

export class RepositoryFiles {
  readonly #deps: RepositoryFilesDependencies;
  #timer: NodeJS.Timeout | undefined;
  /** Increases with every listing, so that an older one that is still running ends. */
  #listing = 0;
  #wasOn = false;

  constructor(deps: RepositoryFilesDependencies) {
    this.#deps = deps;
  }

  /** Lists all files again after a while. */
  list(afterMs = AGAIN_MS): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#list(), afterMs).unref();
  }

  /** @param uris files that are new, were changed, or are gone. The engine finds out which. */
  changed(uris: readonly string[]): void {
    const { engine, access, isOn } = this.#deps;
    if (!isOn() || uris.length === 0) return;
    const mayRead = (uri: string) => this.#isInFolder(uri) && access.check(uri) === undefined;
    const [changed, removed] = [uris.filter(mayRead), uris.filter((uri) => !mayRead(uri))];
    engine.notify(repositoryFilesChanged, { reset: false, changed, removed });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listing++;
  }

  async #list(): Promise<void> {
    const { engine, folders, isOn } = this.#deps;
    const listing = ++this.#listing;
    const isOver = () => listing !== this.#listing || !isOn();
    if (!isOn()) {
      if (this.#wasOn) engine.notify(repositoryFilesChanged, { reset: true, changed: [], removed: [] });
      this.#wasOn = false;
      return;
    }
    this.#wasOn = true;
    let reset = true;
    for (const folder of folders.paths) {
      const uris = await this.#walk(folder, isOver);
      for (let at = 0; (at < uris.length || reset) && !isOver(); at += BATCH) {
        const changed = uris.slice(at, at + BATCH);
        engine.notify(repositoryFilesChanged, { reset, folders: [...folders.paths], changed, removed: [] });
        reset = false;
      }
    }
    // With no folder left, the files of those that were open must go, too.
    if (reset && !isOver()) engine.notify(repositoryFilesChanged, { reset, folders: [], changed: [], removed: [] });
  }

  /** The addresses of the files in a folder that may be read. */
  async #walk(folder: string, isOver: () => boolean): Promise<string[]> {
    const addressOf = (path: string) => pathToFileURL(join(folder, path)).href;
    const paths = await walkFiles(
      {
        read: async (path) =>
          (await readdir(join(folder, path), { withFileTypes: true }))
            // A link may lead out of the workspace.
            .filter((entry) => entry.isFile() || entry.isDirectory())
            .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })),
        // A file inside an ignored folder is ignored, so the question is asked for the folder's content.
        isLeftOut: async (path, isFolder) => {
          const refusal = this.#deps.access.checkListed(addressOf(isFolder ? `${path}/x` : path));
          return isFolder ? refusal === "ignored" : refusal !== undefined;
        },
        isOver,
      },
      MAX_FILES,
    );
    return paths.map(addressOf);
  }

  #isInFolder(uri: string): boolean {
    const path = this.#deps.folders.find(uri)?.path;
    return path !== undefined && !path.split("/").some((part) => FOREIGN_FOLDERS.has(part));
  }
}
