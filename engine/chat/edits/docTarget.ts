/** Where a documentation comment goes: it replaces the existing one, and never goes into or over anything else. */
import type { LineSpan } from "../../protocol/tasks.ts";
import { type DocStyle, languageOf } from "../../text/languages.ts";
import { indentOf } from "../../text/lines.ts";
import { stateBehind } from "./brackets.ts";
import { isDirective, isForTools, isOfFile, isOfNextLine } from "./directives.ts";
import { documentedLines } from "./docFocus.ts";
import { docstringPlace, pythonHeader } from "./docstring.ts";
import { layoutOf } from "./layout.ts";

export interface DocPlace {
  /** The lines that the comment replaces. */
  target: LineSpan;
  style: DocStyle;
  indent: string;
  /** Lines before and after the comment that are part of the change. */
  above: string[];
  below: string[];
}

/** The lines of the existing comment, else the place before the first line; in Python the place after the header. */
export function docTarget(languageId: string, lines: readonly string[], focus: LineSpan): LineSpan {
  return docPlace(languageId, lines, focus, 4).target;
}

/** @param asked the lines that are to be documented. */
export function docPlace(
  languageId: string,
  lines: readonly string[],
  asked: LineSpan,
  unit: number | "tab",
): DocPlace {
  const { doc, comment } = languageOf(languageId);
  const focus = documentedLines(languageId, lines, asked);
  const header = doc.below ? pythonHeader(lines, focus) : undefined;
  if (header !== undefined) {
    return { style: doc, ...docstringPlace(lines, header, unit === "tab" ? "\t" : " ".repeat(unit)) };
  }
  // Single-line comments are used in languages that write blocks of comments differently, and before code that cannot
  // have a docstring.
  const isLines = doc.below || (doc.open === "/**" && !/^\/[/*]/.test(comment[0]));
  const style = isLines ? { open: "", line: comment[0], close: comment[1], below: false } : doc;
  const top = aboveAttributes(lines, focus.start, languageId);
  const target = style.open === "" ? targetOfLines(style, lines, top) : targetOfBlock(lines, top);
  return { target, style, indent: indentOf(lines[top] ?? ""), above: [], below: [] };
}

/** The most lines of attributes above a declaration. */
const LONGEST_ATTRIBUTES = 80;

/**
 * The line above the decorators and attributes, which come between a comment and what it documents. Their brackets may
 * span lines.
 */
function aboveAttributes(lines: readonly string[], start: number, languageId: string): number {
  const from = Math.max(0, start - LONGEST_ATTRIBUTES);
  const above = lines.slice(from, start);
  if (!mayEndAttribute(lines[start - 1] ?? "") || !above.some((line) => isAttribute(line, languageId))) {
    return start;
  }
  const layout = [
    ...new Array<undefined>(from),
    ...layoutOf(above, languageId, stateBehind(lines.slice(0, from), languageId)),
  ];
  let top = start;
  while (top > 0) {
    let first = top - 1;
    let open = bracketsClosed(layout[first]);
    while (open > 0 && first > 0) {
      first--;
      open += bracketsClosed(layout[first]);
    }
    const line = lines[first] ?? "";
    if (
      open > 0 ||
      layout[first]?.isFree !== false ||
      !isAttribute(line, languageId) ||
      endsStatement(lines[top - 1])
    ) {
      return top;
    }
    top = first;
  }
  return top;
}

function mayEndAttribute(line: string): boolean {
  return /^\s*(@|#\[|\[|template\s*<|__attribute__)|[)\]}>]\s*(\/\/.*|#.*)?$/.test(line);
}

/** The number of brackets that a line closes, minus the number that it opens. */
function bracketsClosed(line: { closers: number; brackets: (number | "close")[] } | undefined): number {
  return line === undefined
    ? 0
    : line.closers + line.brackets.reduce<number>((sum, one) => sum + (one === "close" ? 1 : -1), 0);
}

function isAttribute(line: string, languageId: string): boolean {
  switch (languageId) {
    case "rust":
    case "php":
      return /^\s*#\[/.test(line);
    case "csharp":
      return /^\s*\[/.test(line);
    case "c":
    case "cpp":
      return /^\s*(\[\[|__attribute__|template\s*<)/.test(line);
    default:
      return /^\s*@[\p{L}_]/u.test(line) && !/^\s*@(end\b|import\b|charset\b|use\b|forward\b|file:)/.test(line);
  }
}

/** A line such as `@import "a";` is not an attribute. */
function endsStatement(line: string | undefined): boolean {
  return line === undefined || /[;,=]\s*$/.test(line);
}

function commentText(line: string, mark: string): string | undefined {
  const text = line.trim();
  return text.startsWith(mark) ? text.slice(mark.length) : undefined;
}

/** The comment lines directly above, without those that tools read. */
function targetOfLines(style: DocStyle, lines: readonly string[], top: number): LineSpan {
  const mark = style.line.trim();
  let end = top;
  // Annotations of Lua's language server have no blank after the mark: types depend on them.
  while (mark === "---" && /^\s*---@/.test(lines[end - 1] ?? "")) end--;
  while (
    end > 0 &&
    isOfNextLine(commentText(lines[end - 1] ?? "", mark) ?? commentText(lines[end - 1] ?? "", "//") ?? "")
  ) {
    end--;
  }
  let start = end;
  while (start > 0 && isOldLine(lines[start - 1] ?? "", mark)) {
    start--;
  }
  // A block that says something about the file, such as a licence or a description of a script, belongs to the file.
  let first = start;
  while (first > 0 && commentText(lines[first - 1] ?? "", mark) !== undefined) {
    first--;
  }
  const isOfFileAtAll = lines.slice(first, end).some((line) => isOfFile(commentText(line, mark) ?? ""));
  return isOfFileAtAll ? { start: end, end } : { start, end };
}

function isOldLine(line: string, mark: string): boolean {
  const text = commentText(line, mark);
  // A mark without a blank after it does not begin a text: `//go:noinline`, `#region`, `////`.
  return text !== undefined && (text === "" || /^\s/.test(text)) && (text.trim() === "" || !isDirective(text));
}

/** A block comment directly above, if it is documentation. */
function targetOfBlock(lines: readonly string[], top: number): LineSpan {
  let end = top;
  while (end > 0 && isOfNextLine(lineCommentText(lines[end - 1] ?? ""))) {
    end--;
  }
  const nothing = { start: end, end };
  if (!/\*\/\s*$/.test(lines[end - 1] ?? "")) {
    return nothing;
  }
  let start = end - 1;
  while (start >= 0 && !(lines[start] ?? "").includes("/*")) {
    // This is the end of another comment, or code, so the line that looked like the end of a block is not one.
    if (start < end - 1 && (lines[start] ?? "").includes("*/")) return nothing;
    start--;
  }
  const block = lines.slice(Math.max(0, start), end);
  const text = block.join("\n").trim();
  const isOne = /^\/\*\*(?!\/)/.test(text) && text.indexOf("*/") === text.length - 2;
  const isKept = block.some((line) => {
    const words = line.replace(/^\s*(\/\*\*|\*(?!\/))?\s*/, "").replace(/(?<!\s)\s*\*\/\s*$/, "");
    return isOfFile(words) || (block.length === 1 && isForTools(words));
  });
  return start < 0 || !isOne || isKept ? nothing : { start, end };
}

function lineCommentText(line: string): string {
  return /^\s*(?:\/\/|\/\*)\s*(.*?)(?:\*\/)?\s*$/.exec(line)?.[1] ?? "";
}

/** Tags of the old comment that tools and types depend on. */
const TAGS =
  /^\s*(?:\/\*)?\*+\s*(@(type|typedef|template|callback|internal|deprecated|override|hidden|beta|alpha|experimental|satisfies|enum|jest-environment|vitest-environment)\b.*)$/;

/** Lines of the old comment that the new comment must have, too. */
export function tagsOf(lines: readonly string[], { start, end }: LineSpan): string[] {
  return lines.slice(start, end).flatMap((line) => {
    const tag = TAGS.exec(line)?.[1];
    return tag === undefined ? [] : [tag.replace(/(?<!\s)\s*\*\/\s*$/, "").trimEnd()];
  });
}
