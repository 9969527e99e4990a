/**
 * The texts with which a model's probabilities are interpolated (the n-gram cache). The engine looks in them for the
 * words before the cursor (native/src/sampling/ngram_cache.h).
 */
import type { CursorContext } from "../text/cursor.ts";

/** How many characters of other texts are used; the engine reads 80,000 in 0.4 ms. */
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
