/** Turns a description that a model has written into a documentation comment, and finds its place. */

import type { AnswerEnd } from "../../protocol/chat.ts";
import type { LineSpan } from "../../protocol/tasks.ts";
import { languageOf } from "../../text/languages.ts";
import { indentOf, isBlank, linesOf } from "../../text/lines.ts";
import type { ParsedEdit } from "./parseEdit.ts";

const MOST_LINES = 40;

/**
 * @param answer what follows the opening of the language's documentation.
 * @param lines of the file.
 * @param focus of what is documented.
 */
export function parseDoc(
  answer: string,
  end: AnswerEnd,
  place: { languageId: string; lines: readonly string[]; focus: LineSpan; indent: number | "tab" },
): ParsedEdit {
  if (end === "length" || end === "loop") {
    return { kind: "refused", reason: "The answer did not come to its end." };
  }
  const style = languageOf(place.languageId).doc;
  const words = textOf(answer);
  if (words.length === 0 || words.length > MOST_LINES) {
    return { kind: "refused", reason: "The answer holds no description." };
  }
  const first = place.lines[place.focus.start] ?? "";
  const step = place.indent === "tab" ? "\t" : " ".repeat(place.indent);
  const indent = indentOf(first) + (style.below ? step : "");
  const text = style.below
    ? words.length === 1
      ? [`${style.open}${words[0]}${style.close}`]
      : [`${style.open}${words[0]}`, ...words.slice(1), style.close]
    : [
        ...(style.open ? [style.open] : []),
        ...words.map((line) => `${style.line}${line}`.trimEnd()),
        ...(style.close ? [style.close] : []),
      ];
  return { kind: "edit", text: text.map((line) => (line === "" ? "" : indent + line)).join("\n") };
}

/** Where the comment goes: in place of the one that is there, else before the first line (Python: after the header). */
export function docTarget(languageId: string, lines: readonly string[], focus: LineSpan): LineSpan {
  const style = languageOf(languageId).doc;
  if (style.below) {
    let header = focus.start;
    while (header < focus.end - 1 && !/:\s*(#.*)?$/.test(lines[header] ?? "")) {
      header++;
    }
    const start = header + 1;
    return { start, end: existingDocstring(lines, start, focus.end) };
  }
  // Decorators and attributes stand between a comment and what it documents.
  let top = focus.start;
  while (top > 0 && /^\s*(@\w|#\[|\[\w+.*\]$)/.test(lines[top - 1] ?? "")) {
    top--;
  }
  let start = top;
  if (style.close !== "") {
    if (/\*\/\s*$/.test(lines[top - 1] ?? "")) {
      let open = top - 1;
      while (open > 0 && !/^\s*\/\*/.test(lines[open] ?? "")) {
        open--;
      }
      start = /^\s*\/\*\*/.test(lines[open] ?? "") ? open : top;
    }
  } else {
    while (start > 0 && lines[start - 1]?.trimStart().startsWith(style.line.trimEnd())) {
      start--;
    }
  }
  return { start, end: top };
}

function existingDocstring(lines: readonly string[], start: number, limit: number): number {
  const quotes = /^\s*("""|''')/.exec(lines[start] ?? "")?.[1];
  if (quotes === undefined) {
    return start;
  }
  for (let line = start; line < limit; line++) {
    const text = (lines[line] ?? "").trim();
    const isOpening = line === start;
    if (isOpening ? text.length > 3 && text.endsWith(quotes) && text !== quotes : text.endsWith(quotes)) {
      return line + 1;
    }
  }
  return start;
}

/** The lines of the description, without the marks of comments, fences, and blank lines at the ends. */
function textOf(answer: string): string[] {
  const text = answer.replace(/\s*```[\s\S]*$/, "").replace(/\*\/[\s\S]*$/, "");
  const lines = linesOf(text).map((line) =>
    line
      .trim()
      .replace(/^(\/\*\*?|\/\/\/?|---?|#+|\*|"""|''')\s?/, "")
      .replace(/\s*("""|''')$/, "")
      // A comment must not end within its text.
      .replaceAll("*/", "* /")
      .replaceAll('"""', "'''")
      .trimEnd(),
  );
  const start = lines.findIndex((line) => !isBlank(line));
  const end = lines.findLastIndex((line) => !isBlank(line));
  return start === -1 ? [] : lines.slice(start, end + 1);
}
