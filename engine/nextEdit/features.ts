/**
 * What speaks for and against a place, as numbers of about the same size.
 */
import type { Edit } from "./changes.ts";
import { type Bag, bagOf, similarity } from "./lineAlignment.ts";
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

export interface Rated {
  site: Site;
  features: Features;
}

/**
 * What speaks for a rule wherever it applies. Places in other files count as far away.
 *
 * @param edits all that are remembered, the latest last.
 */
export function ruleFeatures(rule: Rule, scope: Scope, edits: readonly Edit[]): Features {
  const { kind, before, shared, conflicts, isSign } = rule;
  const count = rule.edits.length;
  const words = tokenize(before).filter((token) => isIdentifier(token) && token.length > 2).length;
  return {
    [`${kind} ${Math.min(3, count)}`]: 1,
    examples: Math.min(4, Math.log2(count)),
    shared: Math.min(8, shared) / 8,
    words: Math.min(4, words),
    conflicts: Math.log2(1 + conflicts),
    isSign: isSign ? 1 : 0,
    isShort: before.length < 3 ? 1 : 0,
    length: Math.log2(1 + before.length),
    age: Math.log2(edits.length - edits.indexOf(rule.edits.at(-1)!)),
    streak: new Set(rule.edits).size / (edits.length - edits.indexOf(rule.edits[0]!)),
    elsewhere: scope === "file" ? 0 : 1,
    distance: scope === "file" ? 0 : distanceOf(FARTHEST),
  };
}

/** The most that a place can have to speak for it. */
export const BEST_PLACE: Features = { context: 1, alike: 1, alikeSquared: 1, coverage: 1, isNew: 1 };

/** The places of a rule in a text that the user has not just edited, with what speaks for each. */
export function ratedSites(
  rule: Rule,
  file: SourceText,
  general: Features,
  edits: readonly Edit[],
  lines: LineBags,
): Rated[] {
  const sites = rule.sites(file.text, file.uri);
  if (sites.length === 0) return [];
  const here = edits
    .filter(({ uri }) => uri === file.uri)
    .map(({ start, after }) => ({ start, end: start + lengthOf(after) }));
  const free = sites.filter((site) => !here.some(({ start, end }) => site.start >= start && site.end <= end));
  if (free.length === 0) return [];
  const examples = rule.edits.filter(({ uri }) => uri === file.uri).map(({ start }) => start);
  const shared = {
    ...general,
    ...ofCounterEvidence(sites, free, examples),
    ...ofNames(rule, file.text, sites.length, here),
    here: Math.log2(1 + examples.length),
  };
  const bags = rule.oldLines.map((line) => lines.of(line));
  return free.map((site) => ({ site, features: { ...shared, ...ofSite(site, file.text, examples, bags, lines) } }));
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, -1);
}

/** Places that the user passed over, or wrote anew. */
function ofCounterEvidence(sites: readonly Site[], free: readonly Site[], examples: readonly number[]): Features {
  const first = Math.min(...examples);
  const last = Math.max(...examples);
  const between = free.filter(({ start }) => start > first && start < last).length;
  const above = examples.length === 0 ? 0 : free.filter(({ start }) => start < first).length;
  const kept = sites.length - free.length;
  return {
    between: Math.log2(1 + between),
    isBetween: between > 0 ? 1 : 0,
    above: Math.log2(1 + above),
    kept: Math.log2(1 + kept),
    isKept: kept > 0 ? 1 : 0,
    free: Math.log2(1 + free.length),
  };
}

/** Most occurrences of a text that are counted. */
const MOST_OCCURRENCES = 100;

/** Whether what is replaced stands for other things as well, and whether what replaces it was there before. */
function ofNames({ before, after }: Rule, text: string, sites: number, edited: readonly Span[]): Features {
  let occurrences = 0;
  for (const _ of before === "" ? [] : occurrencesOf(text, before)) {
    if (++occurrences === MOST_OCCURRENCES) break;
  }
  let isNew = isOneIdentifier(after);
  for (const at of isNew ? occurrencesOf(text, after) : []) {
    if (edited.some(({ start, end }) => at >= start && at <= end)) continue;
    isNew = false;
    break;
  }
  return { coverage: occurrences === 0 ? 1 : Math.min(1, sites / occurrences), isNew: isNew ? 1 : 0 };
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

function ofSite(
  site: Site,
  text: string,
  examples: readonly number[],
  bags: readonly Bag[],
  lines: LineBags,
): Features {
  const line = lineAt(text, site.start);
  const own = lines.of(line);
  const alike = Math.max(...bags.map((bag) => similarity(bag, own)));
  const near = Math.min(FARTHEST, ...examples.map((start) => Math.abs(start - site.start)));
  return {
    context: Math.min(8, site.left + site.right) / 8,
    alike,
    alikeSquared: alike * alike,
    distance: distanceOf(near),
    isComment: COMMENT.test(line) ? 1 : 0,
  };
}

/** 0 in the same place, about 1 where the file is another. */
function distanceOf(characters: number): number {
  return Math.log2(1 + characters / 40) / 10;
}

/** The tokens of lines, counted once for each line. */
export class LineBags {
  readonly #bags = new Map<string, Bag>();

  of(line: string): Bag {
    let bag = this.#bags.get(line);
    if (bag === undefined) {
      bag = bagOf(line);
      this.#bags.set(line, bag);
    }
    return bag;
  }
}
