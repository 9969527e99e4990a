/**
 * Keeps the index of a window's workspace: reads the files that the extension names, one at a time and only while the
 * model is idle, and follows their changes. The extension decides which files may be read; no other file is opened.
 */
import { lstat, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { NativeNgramIndex, RepositoryView } from "../native.ts";
import type { RepositoryFilesChange, RepositoryStatus } from "../protocol/repository.ts";
import { type NotIndexed, whyPathNotIndexed, whyTextNotIndexed } from "./indexable.ts";
import { familyOfPath } from "./indexFamily.ts";
import { repositoryView } from "./repositoryView.ts";
import type { IndexedTexts } from "./wordFiles.ts";

/** A file on the disk; undefined for anything that is not a regular file. */
export interface FileFacts {
  bytes: number;
  /** Milliseconds since 1970. */
  modified: number;
}

export interface RepositoryIndexDependencies {
  /** Makes an empty index of at most `maxBytes` bytes. */
  createIndex(maxBytes: number): NativeNgramIndex;
  /** Is told of the texts that the index holds. */
  texts?: IndexedTexts;
  limitBytes: number;
  /** Whether the model is computing; reading waits until it is idle. */
  isBusy(): boolean;
  /** Waits before the model is checked again. */
  pause(): Promise<void>;
  log(line: string): void;
  /** Replaced in tests. */
  stat?(path: string): Promise<FileFacts | undefined>;
  read?(path: string): Promise<string>;
}

export class RepositoryIndex {
  readonly #deps: RepositoryIndexDependencies;
  readonly #stat: (path: string) => Promise<FileFacts | undefined>;
  readonly #read: (path: string) => Promise<string>;
  #index: NativeNgramIndex | undefined;
  /** Files that have to be read or forgotten. */
  readonly #waiting = new Map<string, "changed" | "removed">();
  /** Addresses of the files as the extension names them, by path. */
  readonly #addresses = new Map<string, string>();
  /** A file has left the waiting ones, but the index does not have its new text yet. */
  #isUpdating = false;
  readonly #leftOut = new Map<string, NotIndexed>();
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: RepositoryIndexDependencies) {
    this.#deps = deps;
    this.#stat = deps.stat ?? statFile;
    this.#read = deps.read ?? ((path) => readFile(path, "utf8"));
  }

  /** Registers a change; the work is done later. */
  change({ reset, changed, removed }: RepositoryFilesChange): void {
    if (this.#isClosed) return;
    if (reset) {
      // Files that are named again are read again; the others must go even if the index is full.
      this.#waiting.clear();
      this.#leftOut.clear();
      this.#index = undefined;
      this.#addresses.clear();
      this.#deps.texts?.clear();
    }
    for (const uri of removed) this.#wait(uri, "removed");
    for (const uri of changed) this.#wait(uri, "changed");
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves when all registered changes have been processed. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /**
   * What a completion sees; undefined when nothing is indexed or the document is not a file.
   *
   * @param open addresses of the open documents.
   */
  viewFor(uri: string, languageId: string, open: readonly string[]): RepositoryView | undefined {
    const path = pathOf(uri);
    if (this.#index === undefined || path === undefined) return undefined;
    const hidden = open.flatMap((other) => pathOf(other) ?? []);
    return repositoryView(this.#index, path, languageId, hidden);
  }

  status(): RepositoryStatus {
    const stats = this.#index?.stats() ?? { files: 0, textBytes: 0, indexBytes: 0 };
    const counts = new Map<NotIndexed, number>();
    for (const reason of this.#leftOut.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return {
      files: stats.files,
      textBytes: stats.textBytes,
      indexBytes: stats.indexBytes,
      limitBytes: this.#deps.limitBytes,
      waiting: this.#waiting.size + (this.#isUpdating ? 1 : 0),
      leftOut: [...counts].map(([reason, files]) => ({ reason, files })).sort((a, b) => b.files - a.files),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#index = undefined;
    this.#deps.texts?.clear();
  }

  #wait(uri: string, what: "changed" | "removed"): void {
    const path = pathOf(uri);
    if (path === undefined) return;
    this.#waiting.set(path, what);
    this.#addresses.set(path, uri);
    // What may no longer be read is not read any more, though the index follows later.
    if (what === "removed") this.#deps.texts?.remove(path);
  }

  async #work(): Promise<void> {
    let stale = 0;
    while (this.#waiting.size > 0) {
      for (const path of await this.#inOrder()) {
        while (this.#deps.isBusy()) await this.#deps.pause();
        const what = this.#waiting.get(path);
        if (what === undefined) continue;
        this.#waiting.delete(path);
        this.#isUpdating = true;
        await this.#update(path, what).catch((error: unknown) => {
          this.#leftOut.set(path, "unreadable");
          this.#deps.log(`${path} could not be indexed: ${error instanceof Error ? error.message : error}`);
        });
        this.#isUpdating = false;
        if (++stale % COMPACT_AFTER === 0) await this.#index?.compact();
      }
    }
  }

  /** The waiting files, the last changed first, so that the oldest are left out when the memory is full. */
  async #inOrder(): Promise<string[]> {
    const files: { path: string; modified: number; bytes: number }[] = [];
    const removed: string[] = [];
    for (const [path, what] of [...this.#waiting]) {
      const facts = what === "removed" ? undefined : await this.#stat(path).catch(() => undefined);
      if (facts === undefined) removed.push(path);
      else files.push({ path, ...facts });
      if (facts === undefined && what === "changed") this.#waiting.set(path, "removed");
    }
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    this.#index ??= this.#created(bytes);
    return [...removed, ...files.sort((a, b) => b.modified - a.modified).map(({ path }) => path)];
  }

  #created(textBytes: number): NativeNgramIndex {
    const index = this.#deps.createIndex(this.#deps.limitBytes);
    index.reserve(textBytes);
    return index;
  }

  async #update(path: string, what: "changed" | "removed"): Promise<void> {
    // A listing that began meanwhile has taken the old index away.
    this.#index ??= this.#created(0);
    const index = this.#index;
    this.#leftOut.delete(path);
    if (what === "removed") {
      this.#deps.texts?.remove(path);
      await index.remove(path);
      if (!this.#waiting.has(path)) this.#addresses.delete(path);
      return;
    }
    const reason = await this.#add(index, path);
    if (reason === undefined) return;
    this.#deps.texts?.remove(path);
    await index.remove(path);
    this.#leftOut.set(path, reason);
  }

  async #add(index: NativeNgramIndex, path: string): Promise<NotIndexed | undefined> {
    const facts = await this.#stat(path);
    if (facts === undefined) return "unreadable";
    const byPath = whyPathNotIndexed(path, facts.bytes);
    if (byPath !== undefined) return byPath;
    const text = await this.#read(path);
    const byText = whyTextNotIndexed(text);
    if (byText !== undefined) return byText;
    if (!(await index.set({ path: keyOf(path), family: familyOfPath(path) }, text))) return "no-room";
    const uri = this.#addresses.get(path);
    // A listing that began meanwhile has taken the index away, and may not name the file any more.
    const isCurrent = index === this.#index && this.#waiting.get(path) !== "removed";
    if (uri !== undefined && isCurrent) this.#deps.texts?.set({ uri, path, text });
    return undefined;
  }
}

/** Number of changes after which the memory of replaced files is freed. */
const COMPACT_AFTER = 500;

/** A link may lead out of the workspace, so none is followed. */
async function statFile(path: string): Promise<FileFacts | undefined> {
  const stats = await lstat(path);
  return stats.isFile() ? { bytes: stats.size, modified: stats.mtimeMs } : undefined;
}

/** Path of a file on this machine, as the index names it; undefined for another address. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? keyOf(fileURLToPath(uri)) : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(path: string): string {
  return path.replaceAll("\\", "/");
}
