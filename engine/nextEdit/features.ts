/**
 * What speaks for and against a place, as numbers of about the same size.
 */
import type { Edit } from "./changes.ts";
import { lineAt } from "./lineBounds.ts";
import type { Scope, SourceText } from "./proposal.ts";
import type { Rule } from "./rules.ts";
import type { Site } from "./sites.ts";
import { isIdentifier, isOneIdentifier, isWhole, tokenize } from "./tokens.ts";

/** By name; what is left out is 0. */
export type Features = Readonly<Record<string, number>>;

interface Span {
  start: number;
  end: number;
}

/** A rule in one document. */
export interface RuleInDocument {
  rule: Rule;
  file: SourceText;
  /** What speaks for all of its places there, as far as it is known before they are looked for. */
  features: Features;
  /** What the user has just edited. */
  edited: readonly Span[];
  /** Where the rule's examples are. */
  examples: readonly number[];
}

/** The places of a rule in a text that the user has not just edited. */
export interface FreeSites {
  sites: readonly Site[];
  /** What speaks for all of them. */
  shared: Features;
  /** What speaks for one of them, beside that. */
  own(site: Site): Features;
}

/**
 * What speaks for a rule wherever it applies. Places in other files count as far away.
 *
 * @param edits all that are remembered, the latest last.
 */
export function ruleFeatures(rule: Rule, scope: Scope, edits: readonly Edit[]): Features {
  let features = known.get(rule);
  if (features === undefined) {
    features = featuresAnywhere(rule, edits);
    known.set(rule, features);
  }
  const isHere = scope === "file";
  return { ...features, elsewhere: isHere ? 0 : 1, distance: isHere ? 0 : distanceOf(FARTHEST) };
}

const known = new WeakMap<Rule, Features>();

function featuresAnywhere({ kind, before, conflicts, edits: own }: Rule, edits: readonly Edit[]): Features {
  const count = own.length;
  const words = tokenize(before).filter((token) => isIdentifier(token) && token.length > 2).length;
  return {
    [`${kind} ${Math.min(3, count)}`]: 1,
    examples: Math.min(4, Math.log2(count)),
    words: Math.min(4, words),
    conflicts: Math.log2(1 + conflicts),
    length: Math.log2(1 + before.length),
    age: Math.log2(edits.length - edits.indexOf(own.at(-1)!)),
  };
}

/** The most that a document, and a place in it, can have to speak for it. */
export const BEST_DOCUMENT: Features = { isNew: 1 };
export const BEST_PLACE: Features = { context: 1, kept: 0 };

/** @param general see {@link ruleFeatures}. */
export function inDocument(rule: Rule, file: SourceText, general: Features, edits: readonly Edit[]): RuleInDocument {
  const edited = edits
    .filter(({ uri }) => uri === file.uri)
    .map(({ start, after }) => ({ start, end: start + lengthOf(after) }));
  const examples = rule.edits.filter(({ uri }) => uri === file.uri).map(({ start }) => start);
  const isNew = isNewName(rule.after, file.text, edited) ? 1 : 0;
  return { rule, file, edited, examples, features: { ...general, isNew, here: Math.log2(1 + examples.length) } };
}

/** The places of a rule in a document, with what speaks for them; undefined where there is none. */
export function freeSites({ rule, file, features, edited, examples }: RuleInDocument): FreeSites | undefined {
  const sites = rule.sites(file.text, file.uri);
  const free = sites.filter((site) => !edited.some(({ start, end }) => site.start >= start && site.end <= end));
  if (free.length === 0) return undefined;
  // Every place has a distance of its own.
  const shared = { ...features, distance: 0, ...ofCounterEvidence(sites, free, examples) };
  return { sites: free, shared, own: (site) => ofSite(site, file.text, examples) };
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, -1);
}

/** Places that the user passed over, or wrote anew. */
function ofCounterEvidence(sites: readonly Site[], free: readonly Site[], examples: readonly number[]): Features {
  const first = Math.min(...examples);
  const above = examples.length === 0 ? 0 : free.filter(({ start }) => start < first).length;
  return {
    above: Math.log2(1 + above),
    kept: Math.log2(1 + sites.length - free.length),
    free: Math.log2(1 + free.length),
  };
}

/** Whether a name stands nowhere but in what was just edited. */
function isNewName(name: string, text: string, edited: readonly Span[]): boolean {
  if (!isOneIdentifier(name)) return false;
  for (const at of occurrencesOf(text, name)) {
    if (!edited.some(({ start, end }) => at >= start && at <= end)) return false;
  }
  return true;
}

function* occurrencesOf(text: string, part: string): Iterable<number> {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) {
    if (isWhole(text, at, at + part.length)) yield at;
  }
}

/** A line that is a comment. */
const COMMENT = /^\s*(?:\/\/|#|\*|--|\/\*)/;
/** Distances count up to so many characters. */
const FARTHEST = 100_000;

function ofSite(site: Site, text: string, examples: readonly number[]): Features {
  const near = Math.min(FARTHEST, ...examples.map((start) => Math.abs(start - site.start)));
  return {
    context: Math.min(8, site.left + site.right) / 8,
    distance: distanceOf(near),
    isComment: COMMENT.test(lineAt(text, site.start)) ? 1 : 0,
  };
}

/** 0 in the same place, about 1 where the file is another. */
function distanceOf(characters: number): number {
  return Math.log2(1 + characters / 40) / 10;
}
