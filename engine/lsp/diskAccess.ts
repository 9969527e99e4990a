/**
 * The one place of the language server that decides whether a file may be read, from its address, the settings and git's
 * rules on the disk. These are read once, and forgotten when the client tells of a change or one outside of the workspace
 * has changed.
 */
import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../client/userConfig.ts";
import { isExcluded } from "../workspace/exclude.ts";
import type { IgnoreFile } from "../workspace/gitignore.ts";
import { folderOf, linkTarget } from "../workspace/linkTarget.ts";
import { isIgnoredWithin, type OuterRules, readNestedRules, readOuterRules } from "../workspace/outerRules.ts";
import { type Refusal, refusalOf, refusalSentence } from "../workspace/refusal.ts";
import { RulesWatcher } from "../workspace/watchRules.ts";
import { type Folders, nameOf, shownPathOf, slashPathOf } from "./folders.ts";

export class DiskAccess {
  readonly #folders: Folders;
  readonly #config: () => Config;
  /** The text of each folder's .gitignore, by the folder's path; "" where there is none. */
  readonly #texts = new Map<string, string>();
  /** Rules of a repository that begins in a folder, by the folder's path; "" where none begins. */
  readonly #nested = new Map<string, string>();
  /** By the path of a folder of the workspace. */
  readonly #outer = new Map<string, OuterRules>();
  readonly #watcher: RulesWatcher;

  /** @param onChange called when rules outside of the workspace have changed; {@link forget} is for the caller. */
  constructor(folders: Folders, config: () => Config, onChange: () => void = () => {}) {
    this.#folders = folders;
    this.#config = config;
    this.#watcher = new RulesWatcher(onChange);
  }

  /** Why the file, or the one that it leads to as a link, may not be read; undefined when it may. */
  check(uri: string): Refusal | undefined {
    const refusal = this.checkListed(uri);
    if (refusal !== undefined) return refusal;
    const target = this.#linkTarget(uri);
    return target === undefined ? undefined : this.checkListed(target);
  }

  /** As {@link check}, for an entry of a folder, which is judged by its name alone: whether it is a link is not asked. */
  checkListed(uri: string): Refusal | undefined {
    const { exclude, readsIgnored } = this.#config();
    return refusalOf({
      isExcluded: isExcluded([slashPathOf(uri), this.#folders.pathInWorkspace(uri)], exclude),
      isIgnoredByGit: this.#isIgnoredByName(uri),
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

  /** Whether git ignores the file, or the one that it leads to as a link. */
  isIgnored(uri: string): boolean {
    const target = this.#linkTarget(uri);
    return this.#isIgnoredByName(uri) || (target !== undefined && this.#isIgnoredByName(target));
  }

  #isIgnoredByName(uri: string): boolean {
    const path = shownPathOf(uri);
    if (path === undefined) return false;
    // A file outside of the workspace is judged as one of a workspace that is its folder, if that is in a repository.
    const within = this.#folders.find(uri);
    const found = within ?? { folder: dirname(path), path: basename(path) };
    const outer = this.#outerOf(found.folder);
    if (within === undefined && !outer.isInRepository) return false;
    const parts = found.path.split("/").slice(0, -1);
    const files: IgnoreFile[] = [];
    for (const [depth] of ["", ...parts].entries()) {
      const folder = parts.slice(0, depth).join("/");
      const at = join(found.folder, folder);
      const texts = [depth === 0 ? "" : this.#nestedOf(at, outer), this.#textOf(at)];
      files.push(...texts.filter((text) => text !== "").map((text) => ({ folder, text })));
    }
    return isIgnoredWithin(outer, files, found.path);
  }

  /** Reads git's rules again. */
  forget(): void {
    this.#texts.clear();
    this.#nested.clear();
    this.#outer.clear();
  }

  dispose(): void {
    this.#watcher.dispose();
  }

  #outerOf(folder: string): OuterRules {
    let rules = this.#outer.get(folder);
    if (rules === undefined) {
      rules = readOuterRules(folder);
      this.#outer.set(folder, rules);
      this.#watcher.add(rules.sources);
      // The client tells of changes within the workspace alone.
      if (!this.#folders.paths.includes(folder)) this.#watcher.add([join(folder, ".gitignore")]);
    }
    return rules;
  }

  #nestedOf(folder: string, outer: OuterRules): string {
    let text = this.#nested.get(folder);
    if (text === undefined) {
      const rules = readNestedRules(folder, outer);
      if (rules !== undefined) this.#watcher.add([rules.source]);
      text = rules?.text ?? "";
      this.#nested.set(folder, text);
    }
    return text;
  }

  #linkTarget(uri: string): string | undefined {
    const file = shownPathOf(uri);
    if (file === undefined) return undefined;
    try {
      const realFile = realpathSync.native(file);
      const target = linkTarget({ file, realFile, ...this.#folderFor(uri, file, realFile) });
      return target === undefined ? undefined : pathToFileURL(target).href;
    } catch {
      // There is no such file yet, or none that can be read.
      return undefined;
    }
  }

  #folderFor(uri: string, file: string, realFile: string) {
    const folder = this.#folders.find(uri)?.folder;
    if (folder !== undefined) return { folder, realFolder: realpathSync.native(folder) };
    const all = this.#folders.paths.flatMap((path) => {
      try {
        return [{ folder: path, realFolder: realpathSync.native(path) }];
      } catch {
        return [];
      }
    });
    return folderOf(realFile, all) ?? { folder: dirname(file), realFolder: realpathSync.native(dirname(file)) };
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
