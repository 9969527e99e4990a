/**
 * How a place in a file is shown to a model. What all commands on the place have in common comes first, so that it is
 * computed once; the lines in question and the instruction come last.
 */
import type { CodeContext, LineSpan } from "../protocol/tasks.ts";
import { answerFence, fenceAround } from "../text/fences.ts";
import { linesOf, sliceLines } from "../text/lines.ts";

export interface CodePrompt {
  text: string;
  /** What the model does not see of the file, in words for people; "" if it sees all of it. */
  leftOut: string;
}

/** The share of the room that imports may take. */
const IMPORTS_SHARE = 0.3;
const IMPORT =
  /^\s*(import\b|from\s+\S+\s+import\b|#\s*include\b|use\s+[\w:]|using\s+[\w.]|package\s+[\w.]|require\b|(const|let|var)\b.*\brequire\()/;
const GAP = "...";

/**
 * @param focus the lines that the instruction is about.
 * @param room tokens for the file and the focus; the focus is always shown completely.
 * @param count the tokens of a text.
 */
export function codePrompt(
  code: CodeContext,
  focus: LineSpan,
  instruction: string,
  room: number,
  count: (text: string) => number,
): CodePrompt {
  const lines = linesOf(code.text);
  const part = sliceLines(lines, focus);
  const file = filePart(code, lines, focus, room - count(part), count);
  const isAll = file.text.trim() === part.trim();
  // The same fence as in the answer, because models imitate what they have seen.
  const block = (content: string) => fenced(code.languageId, content, answerFence(code.languageId, code.text));
  const text = [
    `File ${code.path}:`,
    block(file.text),
    ...(isAll ? [] : ["This part of it:", block(part)]),
    instruction,
  ].join("\n");
  return { text, leftOut: file.leftOut };
}

/** A block of code in Markdown. @param fence longer than any inside the code. */
export function fenced(languageId: string, code: string, fence = fenceAround([code])): string {
  return `${fence}${languageId}\n${code}\n${fence}`;
}

/** The whole file, or its imports and as much around the focus as there is room for. */
function filePart(
  code: CodeContext,
  lines: string[],
  focus: LineSpan,
  room: number,
  count: (text: string) => number,
): CodePrompt {
  if (count(code.text) <= room) {
    return { text: lines.join("\n").trimEnd(), leftOut: "" };
  }
  const top = importLines(lines, focus.start, room * IMPORTS_SHARE, count);
  const outer = code.symbols.find(({ isBlock }) => isBlock) ?? { start: 0, end: lines.length };
  const limit = { start: Math.min(outer.start, focus.start), end: Math.max(outer.end, focus.end) };
  const span = grown(lines, focus, limit, room - count(top.join("\n")), count);
  const left = lines.length - top.length - (span.end - span.start);
  return {
    text: [...top, ...(top.length > 0 ? [GAP] : []), sliceLines(lines, span)].join("\n"),
    leftOut: left > 0 ? `${left} of ${lines.length} lines of ${code.path}` : "",
  };
}

function importLines(lines: string[], before: number, room: number, count: (text: string) => number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const line of lines.slice(0, before)) {
    if (IMPORT.test(line)) {
      used += count(`${line}\n`);
      if (used > room) {
        break;
      }
      kept.push(line);
    }
  }
  return kept;
}

/** The focus with lines above and below, equally many of each, within the limit and the room. */
function grown(
  lines: string[],
  focus: LineSpan,
  limit: LineSpan,
  room: number,
  count: (text: string) => number,
): LineSpan {
  const span = { ...focus };
  let used = count(sliceLines(lines, span));
  let [up, down] = [true, true];
  while (up || down) {
    up &&= span.start > limit.start;
    if (up) {
      used += count(`${lines[span.start - 1]}\n`);
      up = used <= room;
      span.start -= up ? 1 : 0;
    }
    down &&= span.end < limit.end;
    if (down) {
      used += count(`${lines[span.end]}\n`);
      down = used <= room;
      span.end += down ? 1 : 0;
    }
  }
  return span;
}
