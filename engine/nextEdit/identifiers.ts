/**
 * Splits identifiers into words, and builds identifiers of the same style from words: itemCount, ItemCount, item_count,
 * ITEM_COUNT.
 */

/** The words of an identifier as they are written: "getHTTPCode2" has get, HTTP, Code2. */
export function splitWords(identifier: string): string[] {
  return identifier.match(/\p{Lu}+(?![\p{Ll}])\d*|\p{Lu}?\p{Ll}+\d*|\p{L}+\d*|\d+/gu) ?? [];
}

/** A change of some words in identifiers, in lower case, such as item -> entry. Neither side is empty. */
export interface WordChange {
  before: string[];
  after: string[];
}

/**
 * The words in which two identifiers differ; undefined when only the case of letters differs, or when one merely has
 * additional words.
 */
export function wordChange(before: string, after: string): WordChange | undefined {
  const old = splitWords(before).map((word) => word.toLowerCase());
  const next = splitWords(after).map((word) => word.toLowerCase());
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start++;
  let tail = 0;
  while (
    tail < old.length - start &&
    tail < next.length - start &&
    old[old.length - 1 - tail] === next[next.length - 1 - tail]
  ) {
    tail++;
  }
  const change = { before: old.slice(start, old.length - tail), after: next.slice(start, next.length - tail) };
  return change.before.length === 0 || change.after.length === 0 ? undefined : change;
}

/** The identifier with the words changed, in its own style; undefined if it does not contain them. */
export function applyWordChange(identifier: string, { before, after }: WordChange): string | undefined {
  const words = splitWords(identifier);
  const lower = words.map((word) => word.toLowerCase());
  const from = lower.findIndex((_, index) => before.every((word, offset) => lower[index + offset] === word));
  if (from === -1) return undefined;
  const start = offsetOf(identifier, words, from);
  const lastWord = from + before.length - 1;
  const end = offsetOf(identifier, words, lastWord) + words[lastWord]!.length;
  const old = words.slice(from, from + before.length);
  const separator = separatorOf(identifier, words) ?? "";
  const isUpperCase = old.every((word) => word === word.toUpperCase()) && old.some((word) => word.length > 1);
  const styled = after.map((word, index) => {
    if (isUpperCase && (separator !== "" || words.every((other) => other === other.toUpperCase()))) {
      return word.toUpperCase();
    }
    const model = index === 0 ? old[0]! : (old[1] ?? (separator === "" ? "Aa" : old[0]!));
    return isCapital(model) ? word.charAt(0).toUpperCase() + word.slice(1) : word;
  });
  return identifier.slice(0, start) + styled.join(separator) + identifier.slice(end);
}

function isCapital(word: string): boolean {
  return word.charAt(0) !== word.charAt(0).toLowerCase();
}

function offsetOf(identifier: string, words: readonly string[], index: number): number {
  let at = 0;
  for (let word = 0; word <= index; word++) {
    at = identifier.indexOf(words[word]!, at);
    if (word < index) at += words[word]!.length;
  }
  return at;
}

/** The separator of the first two words: "_" in snake case, "" in camel case, undefined if there is only one word. */
function separatorOf(identifier: string, words: readonly string[]): string | undefined {
  if (words.length < 2) return undefined;
  const end = offsetOf(identifier, words, 0) + words[0]!.length;
  return identifier.slice(end, offsetOf(identifier, words, 1));
}
