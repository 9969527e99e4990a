/**
 * Finds where words and other short texts are in a document. What was found in one version of a document is carried over
 * to the next version, so that a key costs a search round the changed place and not through the whole text.
 */
import { partitionPoint } from "../text/partitionPoint.ts";
import { SideTable } from "../text/sideTable.ts";
import type { SourceText } from "./proposal.ts";
import { isWhole } from "./tokens.ts";

type Offsets = readonly number[];

/** Where texts are, by what was looked for: all occurrences, and those that neither begin nor end inside a word. */
interface OffsetsByPart {
  anywhere: Map<string, Offsets>;
  whole: Map<string, Offsets>;
}

/** What has been found in one version of a document. */
interface Found extends OffsetsByPart {
  text: string;
  /** What was found in the version before, and how this one differs from it. */
  previous?: OffsetsByPart & { difference: Difference };
}

/** `[start, oldEnd)` of the old text was replaced by `[start, newEnd)` of the new one. */
interface Difference {
  start: number;
  oldEnd: number;
  newEnd: number;
}

/** Texts are compared in pieces of so many characters first. */
const PIECE = 4096;

const known = new SideTable<SourceText, Found>();

/** The offsets at which a text that is not empty occurs, in ascending order. Occurrences may overlap. */
export function occurrences(file: SourceText, part: string): Offsets {
  return look(file, part, "anywhere");
}

/** The same for occurrences that neither begin nor end inside a word. */
export function wholeOccurrences(file: SourceText, part: string): Offsets {
  return look(file, part, "whole");
}

/**
 * Keeps what was found in a version of a document for the version that follows it. What was not looked for in the older
 * version is forgotten.
 */
export function carryOver(older: SourceText, newer: SourceText): void {
  const found = known.get(older);
  if (found !== undefined && !known.has(newer)) known.set(newer, versionAfter(found, newer.text));
}

function versionAfter(previous: Found, text: string): Found {
  if (previous.text === text) return previous;
  const { anywhere, whole } = previous;
  const difference = differenceOf(previous.text, text);
  return { text, anywhere: new Map(), whole: new Map(), previous: { anywhere, whole, difference } };
}

/** What has been found in a document, whose text may have been replaced since. */
function foundIn(file: SourceText): Found {
  let found = known.get(file);
  if (found !== undefined && found.text === file.text) return found;
  found =
    found === undefined ? { text: file.text, anywhere: new Map(), whole: new Map() } : versionAfter(found, file.text);
  known.set(file, found);
  return found;
}

function look(file: SourceText, part: string, kind: "anywhere" | "whole"): Offsets {
  const { text, previous, [kind]: found } = foundIn(file);
  const ready = found.get(part);
  if (ready !== undefined) return ready;
  const isHit = kind === "whole" ? (at: number) => isWhole(text, at, at + part.length) : () => true;
  const old = previous?.[kind].get(part);
  const offsets =
    previous === undefined || old === undefined
      ? search(text, part, 0, text.length).filter(isHit)
      : update(text, part, old, previous.difference, isHit);
  found.set(part, offsets);
  return offsets;
}

/** The occurrences that lie in a part of a text. */
function search(text: string, part: string, start: number, end: number): number[] {
  // Without the slice, a word that does not occur near the end of the span would be looked for in the rest of the text.
  const span = start === 0 && end >= text.length ? text : text.slice(start, end);
  const offsets: number[] = [];
  for (let at = span.indexOf(part); at !== -1; at = span.indexOf(part, at + 1)) offsets.push(start + at);
  return offsets;
}

/** The occurrences in a text, given those in the text before a change. */
function update(
  text: string,
  part: string,
  old: Offsets,
  { start, oldEnd, newEnd }: Difference,
  isHit: (at: number) => boolean,
): Offsets {
  // Whether an occurrence is whole depends on the characters on both sides of it, so those must be unchanged as well.
  const before = countBelow(old, start - part.length);
  const after = Math.max(before, countBelow(old, oldEnd + 1));
  const near = search(text, part, Math.max(0, start - part.length), newEnd + part.length).filter(isHit);
  const growth = newEnd - oldEnd;
  return [...old.slice(0, before), ...near, ...old.slice(after).map((at) => at + growth)];
}

/** How many of the offsets are less than a limit. */
function countBelow(offsets: Offsets, limit: number): number {
  return partitionPoint(offsets, (offset) => offset < limit);
}

/** The smallest span that differs. */
function differenceOf(older: string, newer: string): Difference {
  const shorter = Math.min(older.length, newer.length);
  let start = 0;
  while (start + PIECE <= shorter && older.slice(start, start + PIECE) === newer.slice(start, start + PIECE)) {
    start += PIECE;
  }
  while (start < shorter && older.charCodeAt(start) === newer.charCodeAt(start)) start++;
  const rest = shorter - start;
  let same = 0;
  const fromEnd = (text: string) => text.slice(text.length - same - PIECE, text.length - same);
  while (same + PIECE <= rest && fromEnd(older) === fromEnd(newer)) same += PIECE;
  while (same < rest && older.charCodeAt(older.length - 1 - same) === newer.charCodeAt(newer.length - 1 - same)) {
    same++;
  }
  return { start, oldEnd: older.length - same, newEnd: newer.length - same };
}
