/**
 * Keeps the packages that the open files import in the index, as long as an open file imports them. Of a package, only
 * the files that declare what it offers are read, when they are first needed and within a limit. Only
 * `sterna replay --dependencies` does so: the extension and the language server read no installed package.
 */
import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import type { NativeNgramIndex } from "../../native.ts";
import { whyTextNotIndexed } from "../indexable.ts";
import { familyOfPath } from "../indexFamily.ts";
import { type ImportedPackage, importedPackages } from "./importedPackages.ts";
import { packageFiles } from "./packageFiles.ts";
import { type Disk, type PackagePlaces, packageFolder } from "./packageFolders.ts";

/** The most bytes of a file; below, the most UTF-16 units of all packages together. */
const LARGEST_FILE = 512 * 1024;
export const MOST_LENGTH = 16_000_000;

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
  length: number;
  /** Paths of the open files that import it. */
  users: Set<string>;
}

export interface DependenciesOptions {
  disk?: Disk;
  places?: PackagePlaces;
  mostLength?: number;
  /** Resolves when there is time to read files. */
  idle?(): Promise<void>;
}

export class Dependencies {
  readonly #index: () => NativeNgramIndex | undefined;
  readonly #disk: Disk;
  readonly #places: PackagePlaces;
  readonly #mostLength: number;
  readonly #idle: () => Promise<void>;
  readonly #packages = new Map<string, Package>();
  #work: Promise<void> = Promise.resolve();

  constructor(index: () => NativeNgramIndex | undefined, options: DependenciesOptions = {}) {
    this.#index = index;
    this.#disk = options.disk ?? realDisk;
    this.#places = options.places ?? { home: homedir(), env: process.env };
    this.#mostLength = options.mostLength ?? MOST_LENGTH;
    this.#idle = options.idle ?? (async () => {});
  }

  /** What is in the index: packages, their files, and UTF-16 units of text. */
  get stats(): { packages: number; files: number; length: number } {
    const all = [...this.#packages.values()];
    const sum = (of: (each: Package) => number) => all.reduce((total, each) => total + of(each), 0);
    return { packages: all.length, files: sum(({ files }) => files.length), length: sum(({ length }) => length) };
  }

  /**
   * Tells that an open file now has this text. Resolves when the packages it imports are in the index.
   *
   * @param file absolute path.
   * @param workspace absolute path of the opened folder that the file is in.
   */
  async use(file: string, workspace: string, text: string, languageId: string): Promise<void> {
    await this.#next(async () => {
      const wanted = new Set<string>();
      for (const imported of importedPackages(text, languageId)) {
        const key = await this.#take(imported, file, workspace);
        if (key !== undefined) wanted.add(key);
      }
      await this.#leave(file, wanted);
    });
  }

  /** Tells that a file was closed. */
  async close(file: string): Promise<void> {
    await this.#next(() => this.#leave(file, new Set()));
  }

  /** Tells that the index was replaced by an empty one. */
  forget(): void {
    this.#packages.clear();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const next = this.#work.then(work);
    this.#work = next.catch(() => {});
    return next;
  }

  /** Adds a package if it is new. @returns its key; undefined when it was not found, or when there is no room */
  async #take(imported: ImportedPackage, file: string, workspace: string): Promise<string | undefined> {
    const found = await packageFolder(imported, file, workspace, this.#places, this.#disk);
    if (found === undefined) return undefined;
    const key = `${found.folder}\n${imported.subpath}`;
    const known = this.#packages.get(key);
    if (known !== undefined) {
      known.users.add(file);
      return key;
    }
    await this.#idle();
    const added: Package = { files: [], length: 0, users: new Set([file]) };
    let left = this.#mostLength - this.stats.length;
    const index = this.#index();
    for (const { path, text } of await packageFiles(found, this.#disk)) {
      // Bundles and files with keys are refused in packages, too; generated files are accepted, because most
      // declarations are generated.
      const why = whyTextNotIndexed(text);
      if ((why !== undefined && why !== "generated") || text.length > left || index === undefined) continue;
      const name = path.replaceAll("\\", "/");
      if (!(await index.set({ path: name, family: familyOfPath(name), isDependency: true }, text))) continue;
      left -= text.length;
      added.files.push(name);
      added.length += text.length;
    }
    this.#packages.set(key, added);
    return key;
  }

  /** Removes the packages that only this file used, except those that it still wants. */
  async #leave(file: string, wanted: ReadonlySet<string>): Promise<void> {
    for (const [key, each] of [...this.#packages]) {
      if (wanted.has(key)) continue;
      each.users.delete(file);
      if (each.users.size > 0) continue;
      this.#packages.delete(key);
      for (const path of each.files) if (!this.#isUsed(path)) await this.#index()?.remove(path);
    }
  }

  /** Two imports of one package may lead to the same file, so a file is kept while another package uses it. */
  #isUsed(path: string): boolean {
    return [...this.#packages.values()].some(({ files }) => files.includes(path));
  }
}
