/**
 * Keeps the packages that the open files import in the index, as long as an open file imports them. Of a package, only
 * the files that declare what it offers are read, when they are first needed and within a limit.
 */
import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { relative } from "node:path";
import type { NativeNgramIndex } from "../../native.ts";
import { matchesAny } from "../../workspace/exclude.ts";
import { isWithin } from "../../workspace/isWithin.ts";
import { linkTarget } from "../../workspace/linkTarget.ts";
import { notIndexedByText } from "../indexable.ts";
import { familyOfPath } from "../indexFamily.ts";
import { type ImportedPackage, importedPackages } from "./importedPackages.ts";
import { packageFiles } from "./packageFiles.ts";
import { type Disk, type PackagePlaces, packageFolder } from "./packageFolders.ts";

/** The most bytes of a file that is read; below, of the text of all packages together. */
const LARGEST_FILE = 512 * 1024;
export const MOST_BYTES = 16_000_000;

export const realDisk: Disk = {
  read: async (path) => {
    try {
      const stats = await lstat(path);
      return stats.isFile() && stats.size <= LARGEST_FILE ? await readFile(path, "utf8") : undefined;
    } catch {
      return undefined;
    }
  },
  list: (folder) => readdir(folder).catch(() => []),
  real: (path) => realpath(path).catch(() => undefined),
};

interface Package {
  /** Paths of its files in the index. */
  files: string[];
  bytes: number;
  /** Paths of the open files that import it. */
  users: Set<string>;
}

export interface DependenciesOptions {
  disk?: Disk;
  places?: PackagePlaces;
  mostBytes?: number;
  /** Resolves when there is time to read or to add a file. */
  idle?(): Promise<void>;
  /** Whether the index has a file for another reason. */
  isHeld?(path: string): boolean;
}

/** An open file. */
export interface ImportingFile {
  /** An absolute path. */
  path: string;
  /** Absolute path of the opened folder that it is in. */
  workspace: string;
  text: string;
  languageId: string;
}

export class Dependencies {
  readonly #index: () => NativeNgramIndex | undefined;
  readonly #disk: Disk;
  readonly #places: PackagePlaces;
  readonly #mostBytes: number;
  readonly #idle: () => Promise<void>;
  readonly #isHeld: (path: string) => boolean;
  readonly #packages = new Map<string, Package>();
  #work: Promise<void> = Promise.resolve();
  /** Increases when everything is forgotten. Work that was begun with a lower number ends without a result. */
  #generation = 0;

  constructor(index: () => NativeNgramIndex | undefined, options: DependenciesOptions = {}) {
    this.#index = index;
    this.#disk = options.disk ?? realDisk;
    this.#places = options.places ?? { home: homedir(), env: process.env };
    this.#mostBytes = options.mostBytes ?? MOST_BYTES;
    this.#idle = options.idle ?? (async () => {});
    this.#isHeld = options.isHeld ?? (() => false);
  }

  /** What is in the index: packages, their files, and bytes of text. */
  get stats(): { packages: number; files: number; bytes: number } {
    const all = [...this.#packages.values()].filter(({ files }) => files.length > 0);
    const sum = (of: (each: Package) => number) => all.reduce((total, each) => total + of(each), 0);
    return { packages: all.length, files: sum(({ files }) => files.length), bytes: sum(({ bytes }) => bytes) };
  }

  /**
   * Tells that an open file now has this text. Resolves when the packages it imports are in the index.
   *
   * @param exclude globs of files that are not read.
   */
  async use(file: ImportingFile, exclude: readonly string[] = []): Promise<void> {
    const generation = this.#generation;
    await this.#next(async () => {
      const wanted = new Set<string>();
      for (const imported of importedPackages(file.text, file.languageId)) {
        await this.#idle();
        if (generation !== this.#generation) return;
        const key = await this.#take(imported, file, exclude);
        if (key !== undefined) wanted.add(key);
      }
      if (generation === this.#generation) await this.#removeUnused(file.path, wanted);
    });
  }

  /** Tells that a file was closed. */
  async close(file: string): Promise<void> {
    await this.#next(() => this.#removeUnused(file, new Set()));
  }

  /** Tells that the index was replaced by an empty one. Nothing that was begun before is added to the new one. */
  forget(): void {
    this.#generation++;
    this.#packages.clear();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const next = this.#work.then(work);
    this.#work = next.catch(() => {});
    return next;
  }

  /** Adds a package if it is new. @returns its key; undefined when it was not found, or there is no index */
  async #take(
    imported: ImportedPackage,
    { path, workspace }: ImportingFile,
    exclude: readonly string[],
  ): Promise<string | undefined> {
    const generation = this.#generation;
    const isOver = () => generation !== this.#generation;
    const disk = readingAllBut(exclude, workspace, this.#disk);
    const found = await packageFolder(imported, path, workspace, this.#places, disk);
    const index = this.#index();
    if (found === undefined || index === undefined || isOver()) return undefined;
    const key = `${found.folder}\n${imported.subpath}`;
    const known = this.#packages.get(key);
    if (known !== undefined) {
      known.users.add(path);
      return key;
    }
    const added: Package = { files: [], bytes: 0, users: new Set([path]) };
    let left = this.#mostBytes - this.stats.bytes;
    for (const file of await packageFiles(found, disk)) {
      const bytes = Buffer.byteLength(file.text);
      const name = file.path.replaceAll("\\", "/");
      if (!isWanted(file.text) || bytes > left) continue;
      await this.#idle();
      if (isOver()) return undefined;
      // The workspace's files are added meanwhile, and this may be one of them.
      if (this.#isHeld(name)) continue;
      if (!(await index.set({ path: name, family: familyOfPath(name), isDependency: true }, file.text))) continue;
      left -= bytes;
      added.files.push(name);
      added.bytes += bytes;
    }
    if (isOver()) return undefined;
    this.#packages.set(key, added);
    return key;
  }

  /** Removes the packages that only this file used, except those that it still wants. */
  async #removeUnused(file: string, wanted: ReadonlySet<string>): Promise<void> {
    for (const [key, each] of [...this.#packages]) {
      if (wanted.has(key)) continue;
      each.users.delete(file);
      if (each.users.size > 0) continue;
      this.#packages.delete(key);
      for (const path of each.files) {
        if (!this.#isUsed(path) && !this.#isHeld(path)) await this.#index()?.remove(path);
      }
      // With enough removed, their memory is freed.
      await this.#index()?.compact();
    }
  }

  /** Two imports of one package may lead to the same file, so a file is kept while another package uses it. */
  #isUsed(path: string): boolean {
    return [...this.#packages.values()].some(({ files }) => files.includes(path));
  }
}

/**
 * Whether the text of a package's file is indexed. Bundles and files with keys are refused as in the workspace;
 * generated files are not, because most declarations are generated.
 */
function isWanted(text: string): boolean {
  const why = notIndexedByText(text);
  return why === undefined || why === "generated";
}

/** A disk without the files that globs exclude, by their own names or by those that links lead to. */
function readingAllBut(exclude: readonly string[], workspace: string, disk: Disk): Disk {
  if (exclude.length === 0) return disk;
  const realWorkspace = disk.real(workspace);
  const isExcluded = (path: string) => {
    const names = isWithin(workspace, path) ? [path, relative(workspace, path)] : [path];
    return matchesAny(
      names.map((name) => name.replaceAll("\\", "/")),
      exclude,
    );
  };
  return {
    ...disk,
    read: async (path) => {
      if (isExcluded(path)) return undefined;
      const realFile = await disk.real(path);
      const realFolder = await realWorkspace;
      if (realFile === undefined || realFolder === undefined) return undefined;
      const target = linkTarget({ file: path, realFile, folder: workspace, realFolder }) ?? path;
      return [realFile, target].some(isExcluded) ? undefined : await disk.read(path);
    },
  };
}
