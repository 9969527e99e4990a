/** What an edit changed, token by token, with its surroundings. */
import { commonIndent } from "../text/lines.ts";
import { SideTable } from "../text/sideTable.ts";
import { type DiffRange, diff } from "./diff.ts";
import { alignLines } from "./lineAlignment.ts";
import { isSpace, tokenize } from "./tokens.ts";

/** Whole lines that were replaced by whole lines, without the end of the last line. Either side may have no lines. */
export interface Edit {
  uri: string;
  /** Offset of the first line in the present text. */
  start: number;
  before: string[];
  after: string[];
  /** The lines directly above and below the edited ones when the edit was made; undefined at an end of the file. */
  above: string | undefined;
  below: string | undefined;
}

/** Offsets of a document, without the character at `end`. */
export interface Span {
  start: number;
  end: number;
}

/** Where the edits of a document are in its present text. */
export function editedSpans(edits: readonly Edit[], document: string): Span[] {
  return edits
    .filter(({ uri }) => uri === document)
    .map(({ start, after }) => ({ start, end: start + after.reduce((sum, line) => sum + line.length + 1, -1) }));
}

/**
 * How much of a line a change covers: a token, the span from the first to the last difference, the line, or a block.
 */
export type ChangeLevel = "token" | "span" | "line" | "block";

export interface Change {
  level: ChangeLevel;
  before: string;
  after: string;
  /**
   * The tokens to its left on the same line before the change, without blanks, the nearest first; {@link EDGE} follows
   * where the line ends. Below, those to its right.
   */
  left: string[];
  right: string[];
  /** The index of the line among the edit's old lines, from 0; below, the offset in that line. */
  line: number;
  offset: number;
  /** The index of the line among the edit's new lines, from 0. */
  newLine: number;
}

/** Represents the end of the line among the tokens of a context. */
export const EDGE = "\n";
/** The number of tokens of context that are kept on each side. */
const CONTEXT = 8;
/** An edit of more lines than this is a rewrite and not an example. */
const MOST_LINES = 60;
/** A line of more characters than this is data. */
const LONGEST_LINE = 1000;

const known = new SideTable<Edit, Change[]>();

/** The changes of an edit: for every changed line those of tokens, the span, and the line; last, the whole block. */
export function changesOf(edit: Edit): Change[] {
  let changes = known.get(edit);
  if (changes === undefined) {
    changes = findChanges(edit);
    known.set(edit, changes);
  }
  return changes;
}

function findChanges({ before, after }: Edit): Change[] {
  if (before.length > MOST_LINES || after.length > MOST_LINES) return [];
  if ([...before, ...after].some((line) => line.length > LONGEST_LINE)) return [];
  const changes: Change[] = [];
  for (const [line, newLine] of alignLines(before, after)) {
    changes.push(...changesOfLine(before[line]!, after[newLine]!, line, newLine));
  }
  if (before.length > 0 && (after.length === 0 || before.length + after.length > 2)) {
    const block = { before: dedent(before).join("\n"), after: dedent(after).join("\n") };
    if (block.before.trim() !== "" && block.before !== block.after) {
      changes.push({ level: "block", ...block, left: [EDGE], right: [EDGE], line: 0, newLine: 0, offset: 0 });
    }
  }
  return changes;
}

function changesOfLine(before: string, after: string, line: number, newLine: number): Change[] {
  if (before.trim() === after.trim()) return [];
  const old = tokenize(before);
  const next = tokenize(after);
  const ranges = diff(old, next).filter((range) => !isBlankChange(old, next, range));
  if (ranges.length === 0) return [];
  const at = { line, newLine };
  const changes = ranges.map((range) => changeOf("token", old, next, range, at));
  if (ranges.length > 1) {
    const [first, last] = [ranges[0]!, ranges.at(-1)!];
    const span = { oldStart: first.oldStart, oldEnd: last.oldEnd, newStart: first.newStart, newEnd: last.newEnd };
    changes.push(changeOf("span", old, next, span, at));
  }
  if (before.trim() !== "" && after.trim() !== "") {
    const texts = { before: before.trim(), after: after.trim(), left: [EDGE], right: [EDGE] };
    changes.push({ level: "line", ...texts, ...at, offset: indentOf(before).length });
  }
  return changes;
}

function isBlankChange(old: readonly string[], next: readonly string[], range: DiffRange): boolean {
  return (
    old.slice(range.oldStart, range.oldEnd).every(isSpace) && next.slice(range.newStart, range.newEnd).every(isSpace)
  );
}

function changeOf(
  level: ChangeLevel,
  old: readonly string[],
  next: readonly string[],
  range: DiffRange,
  at: { line: number; newLine: number },
): Change {
  return {
    level,
    before: old.slice(range.oldStart, range.oldEnd).join(""),
    after: next.slice(range.newStart, range.newEnd).join(""),
    left: contextOf(old.slice(0, range.oldStart).reverse()),
    right: contextOf(old.slice(range.oldEnd)),
    ...at,
    offset: old.slice(0, range.oldStart).join("").length,
  };
}

/** The tokens without blanks, the nearest first, up to the end of the line. */
export function contextOf(tokens: readonly string[]): string[] {
  const context = tokens.filter((token) => !isSpace(token)).slice(0, CONTEXT);
  if (context.length < CONTEXT) context.push(EDGE);
  return context;
}

/** Length of the common beginning of two contexts. */
export function agreement(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}

export function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Lines without the indentation that all of them share. */
export function dedent(lines: readonly string[]): string[] {
  const shared = commonIndent(lines);
  return lines.map((line) => (line.startsWith(shared) ? line.slice(shared.length) : line.trimStart()));
}
