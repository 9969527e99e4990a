/** What a completion sees of the repository's index. */
import type { NativeNgramIndex, RepositoryView } from "../native.ts";
import { familyOfLanguage } from "./indexFamily.ts";

/**
 * The weights of an occurrence in a file of the cursor's folder; in a subfolder of it, in its parent folder, or anywhere
 * below that parent, unless the parent is the workspace's root; elsewhere; and in an installed package. An occurrence in
 * the open document has the weight 1. Other weights were measured (docs/measurements/ngrams.md).
 */
export const REPOSITORY_WEIGHTS: RepositoryView["weights"] = [0.1, 0.1, 0.05, 0.02];

/**
 * @param path of the file that the cursor is in, as the index names files.
 * @param open paths of the open documents. The index leaves them out, because their text in the editor is newer.
 */
export function repositoryView(
  index: NativeNgramIndex,
  path: string,
  languageId: string,
  open: string[],
  weights = REPOSITORY_WEIGHTS,
): RepositoryView {
  return { index, path, family: familyOfLanguage(languageId), hidden: open, weights };
}
