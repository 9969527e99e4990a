/** Finds the places in a text to which a pattern applies. */

import { lineEnd, lineStart, withoutReturn } from "../text/lines.ts";
import { isWordUnit } from "../text/words.ts";
import { EDGE, indentOf } from "./changes.ts";
import { applyWordChange, splitWords } from "./identifiers.ts";
import { countAfter, countBefore } from "./neighbours.ts";
import { occurrences, wholeOccurrences } from "./occurrences.ts";
import type { Pattern } from "./patterns.ts";
import type { SourceText } from "./proposal.ts";
import { isSpace, tokenize } from "./tokens.ts";

export interface Site {
  /** Offsets of the text to be replaced. */
  start: number;
  end: number;
  text: string;
  /** How many tokens of context agree with the most similar example, on each side. */
  left: number;
  right: number;
}

/** The tokens that a site must have beside it, the nearest first. */
export interface Required {
  left: readonly string[];
  right: readonly string[];
}

/** A line of more characters than this is data and not code. */
const LONGEST_LINE = 1000;
/** The most sites that are considered in a text. */
const MOST_SITES = 200;

/** The sites of a pattern in a text, in order. */
export function sitesOf(file: SourceText, pattern: Pattern, required: Required): Site[] {
  if (pattern.level === "block") return blockSites(file, pattern);
  if (pattern.words !== undefined) return wordSites(file, pattern);
  return pattern.before === "" ? insertionSites(file, pattern, required) : replacementSites(file, pattern, required);
}

function replacementSites(file: SourceText, pattern: Pattern, required: Required): Site[] {
  const { before, after } = pattern;
  const sites: Site[] = [];
  for (const at of wholeOccurrences(file, before)) {
    const site = siteAt(file.text, pattern, required, at, at + before.length, after);
    if (site !== undefined) sites.push(site);
    if (sites.length >= MOST_SITES) break;
  }
  return sites;
}

/** The site at a place, if it has the required context and the change has not been made there already. */
function siteAt(
  text: string,
  pattern: Pattern,
  required: Required,
  start: number,
  end: number,
  after: string,
): Site | undefined {
  if (countBefore(text, start, required.left) < required.left.length) return undefined;
  if (countAfter(text, end, required.right) < required.right.length) return undefined;
  if (isDone(text, pattern, start, end)) return undefined;
  let left = 0;
  let right = 0;
  for (const { change } of pattern.examples) {
    const toLeft = countBefore(text, start, change.left);
    const toRight = countAfter(text, end, change.right);
    if (toLeft + toRight > left + right) [left, right] = [toLeft, toRight];
  }
  return { start, end, text: after, left, right };
}

/**
 * Whether the result of the pattern is there already, such as `this.` before a name that the pattern puts `this.`
 * before.
 */
function isDone(text: string, { before, after }: Pattern, start: number, end: number): boolean {
  let head = after.indexOf(before);
  while (head !== -1) {
    const from = start - head;
    if (from >= 0 && text.startsWith(after, from) && from + after.length >= end) return true;
    head = before === "" ? -1 : after.indexOf(before, head + 1);
  }
  return before === "" && (text.startsWith(after, start) || text.endsWith(after, start) || endsAt(text, after, start));
}

function endsAt(text: string, part: string, end: number): boolean {
  return end >= part.length && text.startsWith(part, end - part.length);
}

/** The places between the same tokens as those that the examples have on both sides. */
function insertionSites(file: SourceText, pattern: Pattern, required: Required): Site[] {
  const { text } = file;
  const word = [...required.left, ...required.right].filter((token) => token !== EDGE).reduce(longer, "");
  if (word.length < 2) return [];
  const sites: Site[] = [];
  let from = 0;
  for (const at of occurrences(file, word)) {
    if (at < from) continue;
    const end = lineEnd(text, at);
    let offset = lineStart(text, at);
    for (const token of end - offset < LONGEST_LINE ? tokenize(text.slice(offset, end)) : []) {
      offset += token.length;
      // An insertion begins right after a token, as the examples' did.
      const site = isSpace(token) ? undefined : siteAt(text, pattern, required, offset, offset, pattern.after);
      if (site !== undefined) sites.push(site);
    }
    from = end + 1;
    if (sites.length >= MOST_SITES) break;
  }
  return sites;
}

function longer(one: string, other: string): string {
  return other.length > one.length ? other : one;
}

/** Identifiers that contain the words, in any style. */
function wordSites(file: SourceText, pattern: Pattern): Site[] {
  const { text } = file;
  const words = pattern.words!;
  const sites: Site[] = [];
  // As long as the identifier itself occurs in the text, its variants may be something else.
  if (pattern.level === "variant" && wholeOccurrences(file, pattern.before).length > 0) return sites;
  let last = 0;
  for (const match of text.matchAll(new RegExp(words.before.join("[_$]?"), "gi"))) {
    if (match.index < last) continue;
    let start = match.index;
    let end = start + match[0].length;
    while (start > 0 && isWordUnit(text.charCodeAt(start - 1))) start--;
    while (end < text.length && isWordUnit(text.charCodeAt(end))) end++;
    last = end;
    const identifier = text.slice(start, end);
    if (pattern.examples.some(({ change }) => change.before === identifier)) continue;
    const after = applyWordChange(identifier, words);
    if (after === undefined || after === identifier) continue;
    if (pattern.level === "variant" && splitWords(identifier).length !== words.before.length) continue;
    sites.push({ start, end, text: after, left: 0, right: 0 });
    if (sites.length >= MOST_SITES) break;
  }
  return sites;
}

/** Several consecutive lines, at any indentation that all of them share. */
function blockSites(file: SourceText, { before, after }: Pattern): Site[] {
  const { text } = file;
  const old = before.split("\n");
  const firstFilled = old.findIndex((line) => line.trim() !== "");
  const needle = old[firstFilled]?.trim();
  if (needle === undefined) return [];
  const sites: Site[] = [];
  for (const at of occurrences(file, needle)) {
    if (sites.length >= MOST_SITES) break;
    const from = lineStart(text, at);
    if (text.slice(from, at).trim() !== "") continue;
    const indent = text.slice(from, at - indentOf(old[firstFilled]!).length);
    const start = startOfLinesAbove(text, from, firstFilled);
    const written = start === undefined ? undefined : matchLines(text, start, old, indent);
    if (start === undefined || written === undefined) continue;
    const end = start + written;
    if (after === "") {
      // Deleted lines take their last line end with them.
      sites.push({ start, end: Math.min(text.length, lineEnd(text, end) + 1), text: "", left: 8, right: 8 });
      continue;
    }
    const lines = after.split("\n").map((line) => (line === "" ? "" : indent + line));
    sites.push({ start, end, text: lines.join("\n"), left: 8, right: 8 });
  }
  return sites;
}

function startOfLinesAbove(text: string, from: number, count: number): number | undefined {
  let start = from;
  for (let line = 0; line < count; line++) {
    if (start === 0) return undefined;
    start = lineStart(text, start - 1);
  }
  return start;
}

/** The length of the lines, without the last line's end, if they are at this place with that indentation. */
function matchLines(text: string, start: number, lines: readonly string[], indent: string): number | undefined {
  let at = start;
  for (const [index, line] of lines.entries()) {
    const end = lineEnd(text, at);
    const there = withoutReturn(text.slice(at, end));
    if (line.trim() === "" ? there.trim() !== "" : there !== indent + line) return undefined;
    if (index === lines.length - 1) return at + there.length - start;
    if (end === text.length) return undefined;
    at = end + 1;
  }
  return undefined;
}
