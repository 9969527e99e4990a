/**
 * Keeps the index of a window's workspace: reads the files that the extension names, one at a time and only while the
 * model is idle, and follows their changes. The extension decides which files may be read; no other file is opened.
 */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { NativeNgramIndex, RepositoryView } from "../native.ts";
import type { RepositoryFilesChange, RepositoryStatus } from "../protocol/repository.ts";
import { isWithin } from "../workspace/isWithin.ts";
import { type NotIndexed, notIndexedByPath, notIndexedByText } from "./indexable.ts";
import { familyOfPath } from "./indexFamily.ts";
import { type FileFacts, statRegularFile } from "./regularFile.ts";
import { repositoryView } from "./repositoryView.ts";
import type { IndexedTexts } from "./wordFiles.ts";

export interface RepositoryIndexDependencies {
  /** Makes an empty index of at most `maxBytes` bytes. */
  createIndex(maxBytes: number): NativeNgramIndex;
  /** Receives the texts that the index contains. */
  texts?: IndexedTexts;
  limitBytes: number;
  /** Whether the model is computing; reading waits until it is idle. */
  isBusy(): boolean;
  /** Waits before the model is checked again. */
  pause(): Promise<void>;
  log(line: string): void;
  /**
   * Called with a file that was added, changed or removed, after the index has followed; with undefined when all were
   * removed.
   */
  onChange?(path: string | undefined): void;
  /** Replaced in tests. @param folders absolute paths of the opened folders. */
  stat?(path: string, folders: readonly string[]): Promise<FileFacts | undefined>;
  read?(path: string): Promise<string>;
}

export class RepositoryIndex {
  readonly #deps: RepositoryIndexDependencies;
  readonly #stat: NonNullable<RepositoryIndexDependencies["stat"]>;
  readonly #read: (path: string) => Promise<string>;
  #index: NativeNgramIndex | undefined;
  /** By path: files that have to be read again, or removed from the index. */
  readonly #waiting = new Map<string, "changed" | "removed">();
  /** The addresses of the files as the extension writes them, by path. */
  readonly #addresses = new Map<string, string>();
  /** The file that is being read and added, or removed, so that it is not waiting, and the index has its old text. */
  #updating: { path: string; what: "changed" | "removed" } | undefined;
  readonly #leftOut = new Map<string, NotIndexed>();
  /** Paths of the files in the index. */
  readonly #held = new Set<string>();
  #working: Promise<void> | undefined;
  #folders: readonly string[] = [];
  #packages: RepositoryFilesChange["packages"];
  #isClosed = false;

  constructor(deps: RepositoryIndexDependencies) {
    this.#deps = deps;
    this.#stat = deps.stat ?? statRegularFile;
    this.#read = deps.read ?? ((path) => readFile(path, "utf8"));
  }

  /** Registers a change; the work is done later. */
  change({ reset, changed, removed, folders, packages }: RepositoryFilesChange): void {
    if (this.#isClosed) return;
    if (folders !== undefined) this.#folders = folders;
    if (reset) {
      this.#packages = packages;
      // A new listing has come: what it does not name must be gone, and what it names is read again.
      this.#waiting.clear();
      this.#leftOut.clear();
      this.#forgetAll();
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
    // What may no longer be read counts for nothing from now on, although the index follows later.
    for (const [waiting, what] of this.#waiting) if (what === "removed") hidden.push(waiting);
    if (this.#updating?.what === "removed") hidden.push(this.#updating.path);
    return repositoryView(this.#index, path, languageId, hidden);
  }

  /** The index, which is replaced when everything is forgotten; undefined while there is none. */
  get native(): NativeNgramIndex | undefined {
    return this.#index;
  }

  /** Bytes of memory that the index may take. */
  get limitBytes(): number {
    return this.#deps.limitBytes;
  }

  /** Absolute paths of the opened folders. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  /** Globs of files in installed packages that are not read; undefined when no package is read. */
  get excludedOfPackages(): readonly string[] | undefined {
    return this.#packages?.exclude;
  }

  /** Whether files still have to be read or forgotten. */
  get isWorking(): boolean {
    return this.#waiting.size > 0 || this.#updating !== undefined;
  }

  status(): RepositoryStatus {
    const stats = this.#index?.stats() ?? { files: 0, textBytes: 0, indexBytes: 0 };
    const leftOut = new Map<NotIndexed, string[]>();
    for (const [path, reason] of this.#leftOut) {
      const paths = leftOut.get(reason);
      if (paths === undefined) leftOut.set(reason, [path]);
      else paths.push(path);
    }
    return {
      files: stats.files,
      textBytes: stats.textBytes,
      indexBytes: stats.indexBytes,
      limitBytes: this.#deps.limitBytes,
      waiting: this.#waiting.size + (this.#updating === undefined ? 0 : 1),
      leftOut: [...leftOut]
        .map(([reason, paths]) => ({
          reason,
          files: paths.length,
          examples: paths.slice(0, MOST_EXAMPLES).map((path) => this.displayPath(path)),
        }))
        .sort((a, b) => b.files - a.files),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#forgetAll();
  }

  /** Paths of the files in the index, with slashes. */
  paths(): Iterable<string> {
    return this.#held;
  }

  /** Whether a file is in the index and may still be read. */
  holds(path: string): boolean {
    return this.#held.has(path) && this.#waiting.get(path) !== "removed";
  }

  /** The present text on the disk of a file in the index; undefined when it may not be read, or not any more. */
  async read(path: string): Promise<string | undefined> {
    if (!this.holds(path)) return undefined;
    const found = await this.#textOf(path).catch(() => undefined);
    return found !== undefined && "text" in found && this.holds(path) ? found.text : undefined;
  }

  /** What the disk says of a file in the index; undefined when it may not be read, or not any more. */
  async factsOf(path: string): Promise<FileFacts | undefined> {
    return this.holds(path) ? await this.#stat(path, this.#folders) : undefined;
  }

  /** The path relative to the opened folder that it is in. */
  displayPath(path: string): string {
    const folder = this.#folders.find((each) => isWithin(each, path));
    return folder === undefined ? path : keyOf(relative(folder, path));
  }

  #forgetAll(): void {
    this.#index = undefined;
    this.#addresses.clear();
    this.#deps.texts?.clear();
    this.#held.clear();
    this.#deps.onChange?.(undefined);
  }

  #wait(uri: string, what: "changed" | "removed"): void {
    const path = pathOf(uri);
    if (path === undefined) return;
    this.#waiting.set(path, what);
    this.#addresses.set(path, uri);
    // The index follows later, but from now on a removed file must not be read for next edits.
    if (what === "removed") this.#deps.texts?.remove(path);
  }

  async #work(): Promise<void> {
    let stale = 0;
    while (this.#waiting.size > 0) {
      for (const path of await this.#inOrder()) {
        // Forgetting a file takes no time to speak of.
        while (this.#waiting.get(path) === "changed" && this.#deps.isBusy()) await this.#deps.pause();
        const what = this.#waiting.get(path);
        if (what === undefined) continue;
        this.#waiting.delete(path);
        this.#updating = { path, what };
        await this.#update(path, what).catch((error: unknown) => this.#failed(path, error));
        this.#updating = undefined;
        if (++stale % COMPACT_AFTER === 0) await this.#index?.compact();
      }
      // A file that is saved again and again must not fill the memory with its old texts.
      await this.#index?.compact();
    }
  }

  /** The waiting files, the last changed first, so that the oldest are left out when the memory is full. */
  async #inOrder(): Promise<string[]> {
    const files: { path: string; modified: number; bytes: number }[] = [];
    const removed: string[] = [];
    for (const [path, what] of [...this.#waiting]) {
      const facts = what === "removed" ? undefined : await this.#stat(path, this.#folders).catch(() => undefined);
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
    // A listing that began in the meantime has removed the old index.
    this.#index ??= this.#created(0);
    const index = this.#index;
    this.#leftOut.delete(path);
    const add = () => this.#add(index, path).catch((error: unknown) => this.#failed(path, error));
    const reason = what === "removed" ? "gone" : await add();
    if (reason !== undefined) {
      this.#deps.texts?.remove(path);
      this.#held.delete(path);
      await index.remove(path);
    }
    if (what === "removed" && !this.#waiting.has(path)) this.#addresses.delete(path);
    // If the index has been replaced in the meantime, the change concerns the old one, and nobody is told.
    if (this.#index !== index) return;
    if (reason === undefined) this.#held.add(path);
    if (reason !== undefined && reason !== "gone") this.#leftOut.set(path, reason);
    this.#deps.onChange?.(path);
  }

  #failed(path: string, error: unknown): NotIndexed {
    this.#leftOut.set(path, "unreadable");
    this.#deps.log(`${path} could not be indexed: ${error instanceof Error ? error.message : error}`);
    return "unreadable";
  }

  async #add(index: NativeNgramIndex, path: string): Promise<NotIndexed | "gone" | undefined> {
    const found = await this.#textOf(path);
    if ("reason" in found) return found.reason;
    const isAdded = await index.set({ path: keyOf(path), family: familyOfPath(path) }, found.text);
    if (!isAdded) return "no-room";
    const uri = this.#addresses.get(path);
    // A listing that began in the meantime has removed the index, and may not contain the file any more.
    const isCurrent = index === this.#index && this.#waiting.get(path) !== "removed";
    if (uri !== undefined && isCurrent) this.#deps.texts?.set({ uri, path, text: found.text });
    return undefined;
  }

  /** The text of a file, unless its place on the disk, its name, its size or the text itself forbids to index it. */
  async #textOf(path: string): Promise<{ text: string } | { reason: NotIndexed | "gone" }> {
    const facts = await this.#stat(path, this.#folders);
    if (facts === undefined) return { reason: "gone" };
    const byPath = notIndexedByPath(path, facts.bytes);
    if (byPath !== undefined) return { reason: byPath };
    const text = await this.#read(path);
    const byText = notIndexedByText(text);
    return byText === undefined ? { text } : { reason: byText };
  }
}

/** How many files the status names for each reason. */
const MOST_EXAMPLES = 5;
/** Number of changes after which the memory of replaced files is freed while more changes wait. */
const COMPACT_AFTER = 500;

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
