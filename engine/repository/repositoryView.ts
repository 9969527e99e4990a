/** What a completion sees of the repository's index. */
import type { NativeNgramIndex, RepositoryView } from "../native.ts";
import { familyOfLanguage } from "./indexFamily.ts";

/**
 * Weight of one occurrence, relative to 1 for an occurrence in the open document; docs/measurements/ngrams.md shows the
 * results of other weights.
 */
export const REPOSITORY_WEIGHTS: RepositoryView["weights"] = [0.1, 0.1, 0.05, 0.02];

/**
 * @param path of the file that the cursor is in, as the index names files.
 * @param open paths of the open documents, whose own text is newer than the index.
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
