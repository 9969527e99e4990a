/**
 * The lines that a command is about: the selection, else the symbol around the cursor, else the block of lines around
 * it.
 */
import type { TaskName } from "../protocol/conversations.ts";
import type { CodeContext, LineSpan } from "../protocol/tasks.ts";
import { indentOf, isBlank, linesOf } from "../text/lines.ts";

/** A fix needs little more than the wrong line, and a long function costs many seconds on a slow machine. */
const FIX_LINES = 60;
const NEAR_LINES = 8;

/** Whole lines, without blank ones at either end; undefined when there is no code. */
export function focusOf(task: TaskName, code: CodeContext): LineSpan | undefined {
  const lines = linesOf(code.text);
  const { selection } = code;
  if (selection.end > selection.start && task !== "fix") {
    return trimmed(lines, selection);
  }
  const symbol = code.symbols.findLast(({ isBlock }) => isBlock);
  if (task === "fix") {
    const isShort = symbol !== undefined && symbol.end - symbol.start <= FIX_LINES;
    return trimmed(lines, isShort ? symbol : around(lines, selection, NEAR_LINES));
  }
  return trimmed(lines, symbol ?? block(lines, selection.start));
}

/**
 * The lines around the cursor that belong together: up to blank lines at its indentation, with all lines indented
 * further.
 */
function block(lines: string[], cursor: number): LineSpan {
  let line = Math.min(Math.max(0, cursor), lines.length - 1);
  while (line > 0 && isBlank(lines[line])) {
    line--;
  }
  // A line inside a block belongs to the line that opens the block, which is at the margin.
  let start = line;
  while (start > 0 && !opens(lines[start])) {
    start--;
  }
  while (start > 0 && !isBlank(lines[start - 1])) {
    start--;
  }
  let end = Math.max(line, start) + 1;
  while (end < lines.length && !(isBlank(lines[end]) && atMargin(lines, end + 1))) {
    end++;
  }
  return { start, end };
}

/** Whether the next line that is not blank begins something, or there is none. */
function atMargin(lines: string[], from: number): boolean {
  const next = lines.slice(from).find((line) => !isBlank(line));
  return next === undefined || opens(next);
}

/** Whether a line without indentation begins something, and does not only close what earlier lines have opened. */
function opens(line: string | undefined): boolean {
  return line !== undefined && !isBlank(line) && indentOf(line) === "" && !/^[)\]}]/.test(line);
}

function around(lines: string[], { start, end }: LineSpan, count: number): LineSpan {
  return { start: Math.max(0, start - count), end: Math.min(lines.length, Math.max(end, start + 1) + count) };
}

function trimmed(lines: string[], span: LineSpan): LineSpan | undefined {
  let { start, end } = { start: Math.max(0, span.start), end: Math.min(lines.length, span.end) };
  while (start < end && isBlank(lines[start])) {
    start++;
  }
  while (end > start && isBlank(lines[end - 1])) {
    end--;
  }
  return start < end ? { start, end } : undefined;
}
