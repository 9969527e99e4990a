/**
 * Keeps the repository's index as it would be at a commit. From one commit to the next, it reads only the files that
 * differ.
 */
import type { NativeNgramIndex } from "../../native.ts";
import { notIndexedByPath, notIndexedByText } from "../../repository/indexable.ts";
import { familyOfPath } from "../../repository/indexFamily.ts";
import type { Git } from "./commits.ts";

export class TreeIndex {
  readonly index: NativeNgramIndex;
  readonly #git: Git;
  /** Object ids of the files in the index, by path. */
  #blobs = new Map<string, string>();

  constructor(git: Git, index: NativeNgramIndex) {
    this.#git = git;
    this.index = index;
  }

  /** Makes the index hold the files of a commit's tree. */
  async show(commit: string): Promise<void> {
    const tree = parseTree(await this.#git(["ls-tree", "-r", "-l", "-z", commit]));
    for (const path of this.#blobs.keys()) if (!tree.has(path)) await this.index.remove(path);
    for (const [path, blob] of tree) {
      if (this.#blobs.get(path) === blob) continue;
      const text = await this.#git(["cat-file", "blob", blob]);
      if (notIndexedByText(text) === undefined) await this.index.set({ path, family: familyOfPath(path) }, text);
      else await this.index.remove(path);
    }
    this.#blobs = tree;
    await this.index.compact();
  }
}

/** Object ids, by path, of the files that would be indexed, from the output of `git ls-tree -r -l -z`. */
export function parseTree(listing: string): Map<string, string> {
  const tree = new Map<string, string>();
  for (const row of listing.split("\0")) {
    const [, blob, bytes, path] = /^\d+ blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(row) ?? [];
    if (blob === undefined || path === undefined) continue;
    if (notIndexedByPath(path, Number(bytes)) === undefined) tree.set(path, blob);
  }
  return tree;
}
