/**
 * Adds the packages that replayed files import to the index. They are read from a checkout in which they are installed.
 */
import { join } from "node:path";
import { Dependencies } from "../../repository/dependencies/dependencies.ts";
import { languageIdOfPath } from "../../text/languages.ts";
import { type Commit, fileAt, type Git } from "./commits.ts";
import type { TreeIndex } from "./treeIndex.ts";

export class InstalledPackages {
  readonly #git: Git;
  readonly #folder: string;
  readonly #dependencies: Dependencies;

  /** @param folder absolute path of the checkout. */
  constructor(git: Git, folder: string, tree: TreeIndex) {
    this.#git = git;
    this.#folder = folder;
    this.#dependencies = new Dependencies(() => tree.index);
  }

  /** Makes the index hold the packages that the files before a commit import, besides those of earlier commits. */
  async show({ parent, files }: Commit): Promise<void> {
    for (const { oldPath } of files) {
      const text = oldPath === undefined ? undefined : await fileAt(this.#git, parent, oldPath);
      if (oldPath === undefined || text === undefined) continue;
      const path = join(this.#folder, oldPath);
      await this.#dependencies.use({ path, workspace: this.#folder, text, languageId: languageIdOfPath(oldPath) });
    }
  }

  /** A line for people. */
  get report(): string {
    const { packages, files, bytes } = this.#dependencies.stats;
    return `${packages} packages with ${files} files, ${(bytes / 1e6).toFixed(1)} million bytes\n`;
  }
}
