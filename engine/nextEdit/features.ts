/** Computes the features of a place: numbers of about the same size that count for or against a change there. */

import { lineAt } from "../text/lines.ts";
import type { Edit, Span } from "./changes.ts";
import { wholeOccurrences } from "./occurrences.ts";
import type { Scope, SourceText } from "./proposal.ts";
import type { Rule } from "./rules.ts";
import type { Site } from "./sites.ts";
import { isIdentifier, isOneIdentifier, tokenize } from "./tokens.ts";

/** By name; a missing feature counts as 0. */
export type Features = Readonly<Record<string, number>>;

/** A rule in one document. */
export interface RuleInDocument {
  rule: Rule;
  file: SourceText;
  /** The features that all of its places in the document share and that are known before the places are looked for. */
  features: Features;
  /** Where the remembered edits are in this document. */
  edited: readonly Span[];
  /** Where the rule's examples begin in this document; empty when they are all in other documents. */
  examples: readonly number[];
}

/** The places of a rule in a document that are in none of the remembered edits. */
export interface FreeSites {
  sites: readonly Site[];
  /** The features that all of the places share. */
  shared: Features;
  /** The further features of one place. */
  own(site: Site): Features;
}

/** The features of a rule that stay as they are while other edits are made. */
export function lastingFeatures({ kind, before, conflicts, edits: own }: Rule): Features {
  const count = own.length;
  const words = tokenize(before).filter((token) => isIdentifier(token) && token.length > 2).length;
  return {
    [`${kind} ${Math.min(3, count)}`]: 1,
    examples: Math.min(4, Math.log2(count)),
    words: Math.min(4, words),
    conflicts: Math.log2(1 + conflicts),
    length: Math.log2(1 + before.length),
  };
}

/**
 * The further features of a rule that hold wherever it applies. Places in other files count as far away.
 *
 * @param edits all that are remembered, the latest last.
 */
export function passingFeatures(rule: Rule, scope: Scope, edits: readonly Edit[]): Features {
  const isHere = scope === "file";
  return {
    age: Math.log2(edits.length - edits.indexOf(rule.edits.at(-1)!)),
    elsewhere: isHere ? 0 : 1,
    distance: isHere ? 0 : distanceOf(FARTHEST),
  };
}

/**
 * The features of the most favourable document that there could be; below, of the most favourable place in it. With
 * them a rule that cannot become sure enough is ruled out before any text is searched.
 */
export const BEST_DOCUMENT: Features = { isNew: 1 };
export const BEST_PLACE: Features = { context: 1, kept: 0 };

/**
 * What is known of a rule in a document before its places are looked for.
 *
 * @param general the features that the rule has wherever it applies.
 * @param edited where the remembered edits are in the document.
 */
export function inDocument(rule: Rule, file: SourceText, general: Features, edited: readonly Span[]): RuleInDocument {
  const examples = rule.edits.filter(({ uri }) => uri === file.uri).map(({ start }) => start);
  const isNew = isNewName(rule.after, file, edited) ? 1 : 0;
  return { rule, file, edited, examples, features: { ...general, isNew, here: Math.log2(1 + examples.length) } };
}

/** The places of a rule in a document, with their features; undefined when there are none. */
export function freeSites({ rule, file, features, edited, examples }: RuleInDocument): FreeSites | undefined {
  const sites = rule.sites(file);
  const free = sites.filter((site) => !edited.some(({ start, end }) => site.start >= start && site.end <= end));
  if (free.length === 0) return undefined;
  // Every place has its own distance, so the shared one is 0.
  const shared = { ...features, distance: 0, ...ofCounterEvidence(sites, free, examples) };
  return { sites: free, shared, own: (site) => ofSite(site, file.text, examples) };
}

/**
 * Places that the user has passed, above the first example, count against the rule, and so do places inside the
 * remembered edits, where the user has kept or written the old text.
 */
function ofCounterEvidence(sites: readonly Site[], free: readonly Site[], examples: readonly number[]): Features {
  const first = Math.min(...examples);
  const above = examples.length === 0 ? 0 : free.filter(({ start }) => start < first).length;
  return {
    above: Math.log2(1 + above),
    kept: Math.log2(1 + sites.length - free.length),
    free: Math.log2(1 + free.length),
  };
}

/** Whether a name occurs only in the remembered edits, so that the user has introduced it. */
function isNewName(name: string, file: SourceText, edited: readonly Span[]): boolean {
  if (!isOneIdentifier(name)) return false;
  for (const at of wholeOccurrences(file, name)) {
    if (!edited.some(({ start, end }) => at >= start && at <= end)) return false;
  }
  return true;
}

/** A line that is a comment. */
const COMMENT = /^\s*(?:\/\/|#|\*|--|\/\*)/;
/** Greater distances, in characters, count as this one. */
const FARTHEST = 100_000;

function ofSite(site: Site, text: string, examples: readonly number[]): Features {
  const nearest = Math.min(FARTHEST, ...examples.map((start) => Math.abs(start - site.start)));
  return {
    context: Math.min(8, site.left + site.right) / 8,
    distance: distanceOf(nearest),
    isComment: COMMENT.test(lineAt(text, site.start)) ? 1 : 0,
  };
}

/** The feature for a distance: 0 for no distance, and about 1 for the greatest, which stands for another file. */
function distanceOf(characters: number): number {
  return Math.log2(1 + characters / 40) / 10;
}
