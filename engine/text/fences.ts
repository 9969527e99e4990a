/** Fences of code in Markdown. A fence ends at the next one of its length, so it must be longer than any inside. */
import { languageOf } from "./languages.ts";

const SHORTEST = 3;

/** A fence longer than any in these texts. */
export function fenceAround(texts: readonly string[], shortest = SHORTEST): string {
  let longest = shortest - 1;
  for (const text of texts) {
    for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  }
  return "`".repeat(longest + 1);
}

/**
 * The fence in which a part of a file is sent and answered. Prose gets a longer one from the start, because new text
 * may contain fences even if the file had none.
 *
 * @param text the whole file.
 */
export function answerFence(languageId: string, text: string): string {
  return fenceAround([text], isFenced(languageId) ? SHORTEST + 1 : SHORTEST);
}

/** Whether a line of backticks may occur in a file of this language. */
export function isFenced(languageId: string): boolean {
  return languageOf(languageId).isProse || languageId === "mdx";
}
