/** Groups equal changes into patterns: what is replaced with what, and how often that was done. */
import { agreement, type Change, type ChangeLevel, changesOf, type Edit } from "./changes.ts";
import { applyWordChange, splitWords, type WordChange, wordChange } from "./identifiers.ts";
import { isOneIdentifier } from "./tokens.ts";

export interface Example {
  edit: Edit;
  change: Change;
}

export interface Pattern {
  /**
   * "words" replaces some words of any identifier. "variant" replaces an identifier where it is written in another
   * style: after itemCount became entryCount, it replaces ITEM_COUNT.
   */
  level: ChangeLevel | "words" | "variant";
  before: string;
  after: string;
  /** For "words" and "variant": the change within identifiers. */
  words?: WordChange;
  /** The edits that made the change, the oldest first; several on one line count once. */
  examples: Example[];
  /** The tokens that all examples have to the left of the change, the nearest first; below, to its right. */
  left: string[];
  right: string[];
}

/** The patterns of the edits, those of the latest edit first. */
export function patternsOf(edits: readonly Edit[]): Pattern[] {
  const patterns = new Map<string, Pattern>();
  for (const edit of edits) {
    for (const change of changesOf(edit)) {
      const kind = change.level === "block" ? "block" : "text";
      add(patterns, `${kind}\0${change.before}\0${change.after}`, { ...change }, { edit, change });
      const words = wordsOf(change);
      if (words !== undefined) {
        const [before, after] = [words.before.join(" "), words.after.join(" ")];
        add(patterns, `words\0${before}\0${after}`, { level: "words", before, after, words }, { edit, change });
        const all = { before: lowerWords(change.before), after: lowerWords(change.after) };
        const key = `variant\0${change.before}\0${change.after}`;
        const variant = { level: "variant", before: change.before, after: change.after, words: all } as const;
        if (all.before.length > 1) add(patterns, key, variant, { edit, change });
      }
    }
  }
  return [...patterns.values()].reverse();
}

type Key = Pick<Pattern, "level" | "before" | "after" | "words">;

function add(
  patterns: Map<string, Pattern>,
  key: string,
  { level, before, after, words }: Key,
  example: Example,
): void {
  const known = patterns.get(key);
  const { left, right } = example.change;
  if (known === undefined) {
    const pattern: Pattern = { level, before, after, examples: [example], left, right };
    if (words !== undefined) pattern.words = words;
    patterns.set(key, pattern);
    return;
  }
  known.left = known.left.slice(0, agreement(known.left, left));
  known.right = known.right.slice(0, agreement(known.right, right));
  if (level === "words") {
    // A second change of the same identifier says nothing more about other identifiers.
    if (known.examples.every(({ change }) => change.before !== example.change.before)) known.examples.push(example);
    return;
  }
  const last = known.examples.at(-1)!;
  if (last.edit !== example.edit || last.change.newLine !== example.change.newLine) known.examples.push(example);
  patterns.delete(key);
  patterns.set(key, known);
}

function lowerWords(identifier: string): string[] {
  return splitWords(identifier).map((word) => word.toLowerCase());
}

/** The change of words, if an identifier was replaced by another one. */
function wordsOf({ level, before, after }: Change): WordChange | undefined {
  if (level !== "token" || !isOneIdentifier(before) || !isOneIdentifier(after)) return undefined;
  const change = wordChange(before, after);
  // Applying the change to the identifier must give the new one, in the same style.
  return change !== undefined && applyWordChange(before, change) === after ? change : undefined;
}
