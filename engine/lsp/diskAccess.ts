/**
 * The one place in the language server that decides whether a file may be read, from its address, the settings and the
 * .gitignore files on the disk. These are read once, and forgotten when the client reports a change.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../client/userConfig.ts";
import { isExcluded } from "../workspace/exclude.ts";
import { type IgnoreFile, isIgnored } from "../workspace/gitignore.ts";
import { type Refusal, refusalOf, refusalSentence } from "../workspace/refusal.ts";
import { type Folders, nameOf, slashPathOf } from "./folders.ts";

export class DiskAccess {
  readonly #folders: Folders;
  readonly #config: () => Config;
  /** The text of each folder's .gitignore, by the folder's path; "" where there is none. */
  readonly #texts = new Map<string, string>();

  constructor(folders: Folders, config: () => Config) {
    this.#folders = folders;
    this.#config = config;
  }

  /** Why the file may not be read; undefined when it may. */
  check(uri: string): Refusal | undefined {
    const { exclude, readsIgnored } = this.#config();
    return refusalOf({
      isExcluded: isExcluded([slashPathOf(uri), this.#folders.pathInWorkspace(uri)], exclude),
      isIgnoredByGit: this.isIgnored(uri),
      readsIgnored,
      // The client started this program for its workspace, and has no other notion of trust.
      isTrusted: true,
      isOpen: true,
    });
  }

  /** @throws Error with one sentence for people when the file may not be read. */
  require(uri: string): void {
    const refusal = this.check(uri);
    if (refusal !== undefined) throw new Error(refusalSentence(refusal, nameOf(uri)));
  }

  /** Whether git ignores the file. Outside the workspace nothing is ignored. */
  isIgnored(uri: string): boolean {
    const found = this.#folders.find(uri);
    if (found === undefined) return false;
    const parts = found.path.split("/").slice(0, -1);
    const files: IgnoreFile[] = [];
    for (const [depth] of ["", ...parts].entries()) {
      const folder = parts.slice(0, depth).join("/");
      const text = this.#textOf(join(found.folder, folder));
      if (text !== "") files.push({ folder, text });
    }
    return files.length > 0 && isIgnored(files, found.path);
  }

  /** Forgets the .gitignore files, so that they are read again. */
  forget(): void {
    this.#texts.clear();
  }

  #textOf(folder: string): string {
    let text = this.#texts.get(folder);
    if (text === undefined) {
      try {
        text = readFileSync(join(folder, ".gitignore"), "utf8");
      } catch {
        text = "";
      }
      this.#texts.set(folder, text);
    }
    return text;
  }
}
