/**
 * Lines that were inserted next to a certain kind of line, and that may be missing next to other lines of that kind.
 */

import { lineAt, lineEnd, lineStart } from "../text/lines.ts";
import { agreement, dedent, EDGE, type Edit, indentOf } from "./changes.ts";
import { countAfter } from "./neighbours.ts";
import { occurrences } from "./occurrences.ts";
import type { SourceText } from "./proposal.ts";
import type { Site } from "./sites.ts";
import { isIdentifier, isSpace, longestIdentifier, tokenize } from "./tokens.ts";

/** The same lines inserted in one or more places. */
export interface LinesPattern {
  /** The lines without their common indentation. */
  lines: string[];
  edits: Edit[];
}

/** More inserted lines than this are new code, and not something that is missing elsewhere. */
const MOST_LINES = 12;

/** The line patterns of the edits, those of the latest edit last. */
export function linePatternsOf(edits: readonly Edit[]): LinesPattern[] {
  const patterns = new Map<string, LinesPattern>();
  for (const edit of edits) {
    if (edit.before.length > 0 || edit.after.length > MOST_LINES) continue;
    const lines = dedent(edit.after);
    const key = lines.join("\n");
    if (key.trim().length < 4) continue;
    const pattern = patterns.get(key) ?? { lines, edits: [] };
    pattern.edits.push(edit);
    patterns.delete(key);
    patterns.set(key, pattern);
  }
  return [...patterns.values()];
}

/**
 * The line above or below the inserted ones, by which other places are recognised: all of its tokens, or as many from
 * its beginning as all examples share.
 */
interface Anchor {
  side: "above" | "below";
  tokens: string[];
  isWhole: boolean;
}

/**
 * The places next to lines like the neighbours of the examples. In a site, `left` is the number of tokens by which the
 * anchor is recognised, and `right` that of the line on the other side, or 0 if that line is a different one.
 */
export function lineSites(file: SourceText, { lines, edits }: LinesPattern): Site[] {
  const { text } = file;
  const above = anchorOf("above", edits);
  const below = anchorOf("below", edits);
  const isSingle = edits.length === 1;
  if (isSingle && (above === undefined || below === undefined)) return [];
  const sites: Site[] = [];
  for (const anchor of [above, below]) {
    if (anchor === undefined || sites.length > 0) continue;
    const other = anchor === above ? below : above;
    for (const [start, end] of linesWith(file, anchor)) {
      const at = anchor.side === "above" ? end : start - 1;
      if (at < 0) continue;
      const agrees = other !== undefined && matches(text, other === below ? at + 1 : lineStart(text, at), other);
      if (isSingle && !agrees) continue;
      const next = at === text.length ? "" : lineAt(text, at + 1);
      const previous = lineAt(text, at);
      if (next.trim() === lines[0]!.trim() || previous.trim() === lines.at(-1)!.trim()) continue;
      const indent = indentFor(edits.at(-1)!, anchor.side, text.slice(start, end));
      const made = lines.map((line) => `\n${line === "" ? "" : indent + line}`).join("");
      sites.push({ start: at, end: at, text: made, left: strengthOf(anchor), right: agrees ? strengthOf(other) : 0 });
    }
  }
  return sites;
}

function strengthOf({ isWhole, tokens }: Anchor): number {
  return isWhole ? 8 : tokens.length;
}

function tokensOf(line: string): string[] {
  return tokenize(line).filter((token) => !isSpace(token));
}

function anchorOf(side: "above" | "below", edits: readonly Edit[]): Anchor | undefined {
  const lines = edits.map((edit) => tokensOf(edit[side] ?? ""));
  const first = lines[0]!;
  let length = first.length;
  let isWhole = true;
  for (const line of lines) {
    const shared = agreement(first, line);
    if (shared < first.length || shared < line.length) isWhole = false;
    length = Math.min(length, shared);
  }
  const tokens = first.slice(0, length);
  if (!tokens.some((token) => isIdentifier(token) && token.length > 2)) return undefined;
  return isWhole || length >= 2 ? { side, tokens, isWhole } : undefined;
}

/** Whether the line at an offset fits an anchor. */
function matches(text: string, start: number, { tokens, isWhole }: Anchor): boolean {
  const wanted = isWhole ? [...tokens, EDGE] : tokens;
  return countAfter(text, start, wanted) === wanted.length;
}

/** The offsets of the lines that fit an anchor. */
function* linesWith(file: SourceText, anchor: Anchor): Iterable<[start: number, end: number]> {
  const { text } = file;
  const word = longestIdentifier(anchor.tokens);
  let from = 0;
  for (const at of occurrences(file, word)) {
    if (at < from) continue;
    const start = lineStart(text, at);
    const end = lineEnd(text, at);
    if (end - start < 500 && matches(text, start, anchor)) yield [start, end];
    from = end + 1;
  }
}

/** The indentation of lines inserted next to a line. It differs from that of the line as in the example. */
function indentFor(edit: Edit, side: "above" | "below", line: string): string {
  const inserted = indentOf(edit.after.find((candidate) => candidate.trim() !== "") ?? "");
  const beside = indentOf(edit[side] ?? "");
  const here = indentOf(line);
  if (inserted.startsWith(beside)) return here + inserted.slice(beside.length);
  return here.slice(0, Math.max(0, here.length - (beside.length - inserted.length)));
}
