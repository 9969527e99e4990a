/**
 * The texts of the n-gram cache. The native engine finds in them what follows the words before the cursor, and interpolates
 * the model's probabilities with that (native/src/sampling/ngram_cache.h).
 */
import type { CursorContext } from "../text/cursor.ts";

/** How many characters of other texts are used, because the engine reads all of them anew for every request. */
const REACH = 128 * 1024;

/**
 * @param others texts of other documents, the most useful first.
 * @returns the text before the cursor, the text below its line, then the other texts that fit.
 */
export function ngramTextsFor({ prefix, below }: CursorContext, others: Iterable<string>): string[] {
  const texts = [prefix, below ?? ""];
  let left = REACH;
  for (const text of others) {
    if (text.length > left) break;
    left -= text.length;
    texts.push(text);
  }
  return texts;
}
