/** Groups equal changes into patterns: what is replaced with what, and how often that was done. */
import { SideTable } from "../text/sideTable.ts";
import { agreement, type Change, type ChangeLevel, changesOf, type Edit } from "./changes.ts";
import { applyWordChange, splitWords, type WordChange, wordChange } from "./identifiers.ts";
import { isOneIdentifier } from "./tokens.ts";

export interface Example {
  edit: Edit;
  change: Change;
}

/** What is replaced with what. */
interface Replacement {
  /**
   * "words" replaces some words of any identifier. "variant" replaces an identifier where it is written in another
   * style: after itemCount became entryCount, it replaces ITEM_COUNT.
   */
  level: ChangeLevel | "words" | "variant";
  before: string;
  after: string;
  /** For "words" and "variant": the change within identifiers. */
  words?: WordChange;
}

/** A pattern is never changed, so that it can be kept while edits are added. */
export interface Pattern extends Readonly<Replacement> {
  /** The edits that made the change, the oldest first; several on one line count once. */
  readonly examples: readonly Example[];
  /** The tokens that all examples have to the left of the change, the nearest first; below, to its right. */
  readonly left: readonly string[];
  readonly right: readonly string[];
}

/** The patterns of a list of edits, by what identifies them, those of the latest edit last. */
type Patterns = ReadonlyMap<string, Pattern>;

interface PatternsOfEdits {
  all: Patterns;
  /** Those of all edits but the latest. */
  beforeLast: Patterns;
}

const known = new SideTable<readonly Edit[], PatternsOfEdits>();

/** The patterns of the edits, those of the latest edit first. */
export function patternsOf(edits: readonly Edit[]): Pattern[] {
  let found = known.get(edits);
  if (found === undefined) {
    found = withLast(withEdits(new Map(), edits.slice(0, -1)), edits);
    known.set(edits, found);
  }
  return [...found.all.values()].reverse();
}

/**
 * Uses what was found for an older list of edits for a newer one that differs from it in the latest edit only, as it does
 * after a key, or that has one more.
 */
export function followPatterns(older: readonly Edit[], newer: readonly Edit[]): void {
  const found = known.get(older);
  const earlier = newer.length - 1;
  if (found === undefined || known.has(newer) || (older.length !== earlier && older.length !== newer.length)) return;
  for (let index = 0; index < earlier; index++) if (older[index] !== newer[index]) return;
  known.set(newer, withLast(older.length === earlier ? found.all : found.beforeLast, newer));
}

function withLast(beforeLast: Patterns, edits: readonly Edit[]): PatternsOfEdits {
  const last = edits.at(-1);
  return { beforeLast, all: last === undefined ? beforeLast : withEdits(beforeLast, [last]) };
}

function withEdits(before: Patterns, edits: readonly Edit[]): Patterns {
  const patterns = new Map(before);
  for (const edit of edits) for (const one of replacementsOf(edit)) add(patterns, one);
  return patterns;
}

interface ReplacementInEdit {
  key: string;
  replacement: Replacement;
  example: Example;
}

const knownReplacements = new SideTable<Edit, ReplacementInEdit[]>();

function replacementsOf(edit: Edit): ReplacementInEdit[] {
  let found = knownReplacements.get(edit);
  if (found === undefined) {
    found = changesOf(edit).flatMap((change) => replacementsIn(edit, change));
    knownReplacements.set(edit, found);
  }
  return found;
}

function replacementsIn(edit: Edit, change: Change): ReplacementInEdit[] {
  const { level, before, after } = change;
  const example = { edit, change };
  const kind = level === "block" ? "block" : "text";
  const found = [{ key: `${kind}\0${before}\0${after}`, replacement: { level, before, after }, example }];
  const words = wordsOf(change);
  if (words === undefined) return found;
  const [old, now] = [words.before.join(" "), words.after.join(" ")];
  const inWords: Replacement = { level: "words", before: old, after: now, words };
  const all = { before: lowerWords(before), after: lowerWords(after) };
  const variant: Replacement = { level: "variant", before, after, words: all };
  return [
    ...found,
    { key: `words\0${old}\0${now}`, replacement: inWords, example },
    ...(all.before.length > 1 ? [{ key: `variant\0${before}\0${after}`, replacement: variant, example }] : []),
  ];
}

function add(patterns: Map<string, Pattern>, { key, replacement, example }: ReplacementInEdit): void {
  const known = patterns.get(key);
  const { left, right } = example.change;
  if (known === undefined) {
    patterns.set(key, { ...replacement, examples: [example], left, right });
    return;
  }
  const isMore = isAnotherExample(known, example);
  // A second change of the same identifier says nothing more about other identifiers, and makes the pattern no later one.
  if (known.level !== "words") patterns.delete(key);
  patterns.set(key, {
    ...known,
    examples: isMore ? [...known.examples, example] : known.examples,
    left: known.left.slice(0, agreement(known.left, left)),
    right: known.right.slice(0, agreement(known.right, right)),
  });
}

function isAnotherExample({ level, examples }: Pattern, { edit, change }: Example): boolean {
  if (level === "words") return examples.every((example) => example.change.before !== change.before);
  const last = examples.at(-1)!;
  return last.edit !== edit || last.change.newLine !== change.newLine;
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
