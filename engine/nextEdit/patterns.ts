/**
 * Changes that say the same, gathered: what a pattern replaces by what, and how often that was done.
 */
import { agreement, type Change, type ChangeLevel, changesOf, type Edit } from "./changes.ts";
import { applyWordChange, splitWords, type WordChange, wordChange } from "./identifiers.ts";
import { isOneIdentifier } from "./tokens.ts";

export interface Example {
  edit: Edit;
  change: Change;
}

export interface Pattern {
  /** "words": some words of identifiers; "variant": all words of one, in another style. */
  level: ChangeLevel | "words" | "variant";
  before: string;
  after: string;
  /** For "words" and "variant": the change within identifiers. */
  words?: WordChange;
  /** The edits that did it, the oldest first; those on one line count once. */
  examples: Example[];
  /** What all examples have beside the change, the nearest token first. */
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
    // The same identifier again says no more about others.
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

/** The change within an identifier, where the change replaces one by another. */
function wordsOf({ level, before, after }: Change): WordChange | undefined {
  if (level !== "token" || !isOneIdentifier(before) || !isOneIdentifier(after)) return undefined;
  const change = wordChange(before, after);
  // What it does to the identifier must be what was done, in the same style.
  return change !== undefined && applyWordChange(before, change) === after ? change : undefined;
}
