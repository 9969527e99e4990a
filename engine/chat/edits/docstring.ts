/** Where a docstring of Python goes. */
import type { LineSpan } from "../../protocol/tasks.ts";
import { indentOf, isBlank } from "../../text/lines.ts";
import { scan, type Token } from "../../text/scanner.ts";

const PYTHON = "python";
/** The most lines of a docstring. */
const LONGEST_DOCSTRING = 400;
const DECLARATION = /^\s*(async\s+def|def|class)\b/;

export interface Header {
  /** The line at which the header begins; decorators are above it. */
  start: number;
  /** The line after the line with the header's colon. */
  end: number;
  /** The text after the colon, on the same line; "" when there is none, or only a comment. */
  body: string;
  /** The column after the colon. */
  column: number;
}

/** The header of the function or class that the focus begins with, without decorators; undefined for other code. */
export function pythonHeader(lines: readonly string[], focus: LineSpan): Header | undefined {
  const text = lines.slice(focus.start, focus.end).join("\n");
  const { tokens } = scan(text, PYTHON);
  const starts = lineStarts(text);
  const lineAt = (offset: number) => starts.findLastIndex((start) => start <= offset);
  let depth = 0;
  let isDecorator = false;
  let isHeader = false;
  let line = -1;
  let start = focus.start;
  for (const token of tokens) {
    const found = text.slice(token.start, token.end);
    const at = lineAt(token.start);
    if (depth === 0 && at !== line && token.kind !== "comment" && !isHeader) {
      isDecorator = found.startsWith("@");
      isHeader = DECLARATION.test(text.slice(starts[at]));
      start = focus.start + at;
      if (!isDecorator && !isHeader) return undefined;
    }
    line = token.kind === "comment" ? line : lineAt(token.end - 1);
    depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
    const colon = isHeader && depth === 0 && token.kind === "operator" ? found.indexOf(":") : -1;
    if (colon !== -1) {
      const column = token.start + colon + 1 - (starts[at] ?? 0);
      const rest = (lines[focus.start + at] ?? "").slice(column);
      return { start, end: focus.start + at + 1, body: /^\s*(#|$)/.test(rest) ? "" : rest.trim(), column };
    }
  }
  return undefined;
}

function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
}

/** How the lines around the docstring change. A body on the line of the header is moved to a line of its own. */
export function docstringPlace(
  lines: readonly string[],
  header: Header,
  step: string,
): { target: LineSpan; indent: string; above: string[]; below: string[] } {
  const own = indentOf(lines[header.start] ?? "");
  const last = lines[header.end - 1] ?? "";
  if (header.body !== "") {
    const indent = own + step;
    return {
      target: { start: header.end - 1, end: header.end },
      indent,
      above: [last.slice(0, header.column)],
      below: isDocstring(header.body) ? [] : [indent + header.body],
    };
  }
  const first = lines.findIndex((line, index) => index >= header.end && !isBlank(line) && !/^\s*#/.test(line));
  const line = lines[first] ?? "";
  const indent = first !== -1 && indentOf(line).length > own.length ? indentOf(line) : own + step;
  const end = first === -1 || indentOf(line).length <= own.length ? undefined : docstringEnd(lines, first);
  const target = end === undefined ? { start: header.end, end: header.end } : { start: first, end };
  return { target, indent, above: [], below: [] };
}

function isDocstring(statement: string): boolean {
  const { tokens } = scan(statement, PYTHON);
  return tokens.length > 0 && tokens.every(({ kind }) => kind === "string" || kind === "comment");
}

/** The line after a string that is a statement of its own; undefined for anything else. */
function docstringEnd(lines: readonly string[], start: number): number | undefined {
  const text = lines.slice(start, start + LONGEST_DOCSTRING).join("\n");
  if (!/^\s*[rRuU]?["']/.test(text)) {
    return undefined;
  }
  const { tokens } = scan(text, PYTHON);
  const index = tokens.findIndex(({ kind }) => kind === "string");
  const string = tokens[index] as Token | undefined;
  if (string === undefined) {
    return undefined;
  }
  const lineEnd = text.indexOf("\n", string.end);
  const rest = text.slice(string.end, lineEnd === -1 ? undefined : lineEnd);
  if (!/^\s*$/.test(rest) || text.slice(0, string.end).trim().length < 2) {
    return undefined;
  }
  return start + text.slice(0, string.end).split("\n").length;
}
