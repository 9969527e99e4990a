/** Turns a description that a model has written into a documentation comment. */
import type { AnswerEnd } from "../../protocol/chat.ts";
import type { LineSpan } from "../../protocol/tasks.ts";
import { type DocStyle, languageOf } from "../../text/languages.ts";
import { isBlank, linesOf, trimBlank } from "../../text/lines.ts";
import { documentedLines } from "./docFocus.ts";
import { docPlace, tagsOf } from "./docTarget.ts";
import type { ParsedEdit } from "./parseEdit.ts";
import { isRemark } from "./talk.ts";

const MOST_LINES = 40;

/**
 * @param answer what follows the opening in the prompt.
 * @param place lines of the file, and of what is documented.
 */
export function parseDoc(
  answer: string,
  end: AnswerEnd,
  place: { languageId: string; lines: readonly string[]; focus: LineSpan; indent: number | "tab"; fence?: string },
): ParsedEdit {
  if (end === "length" || end === "loop") {
    return { kind: "refused", reason: "The answer did not come to its end." };
  }
  const { target, style, indent, above, below } = docPlace(place.languageId, place.lines, place.focus, place.indent);
  const nests = languageOf(place.languageId).syntax?.nestedComments === true;
  const code = place.lines.slice(documentedLines(place.languageId, place.lines, place.focus).start, place.focus.end);
  const written = withoutCode(linesOf(answer), code, style).join("\n");
  const words = textOf(written, style, place.fence ?? "```").map((line) => escaped(line, style, nests));
  if (words.length === 0 || words.length > MOST_LINES) {
    return { kind: "refused", reason: "The answer holds no description." };
  }
  const tags = style.open === "/**" ? tagsOf(place.lines, target) : [];
  const missing = tags.filter((tag) => !words.some((line) => line.startsWith(tag.split(/\s/)[0] ?? tag)));
  const comment = commentOf([...words, ...missing], style).map((line) => (line === "" ? "" : indent + line));
  return { kind: "edit", text: [...above, ...comment, ...below].join("\n") };
}

function commentOf(words: readonly string[], style: DocStyle): string[] {
  const [first = "", ...rest] = words;
  if (!style.below) {
    return [
      ...(style.open ? [style.open] : []),
      ...words.map((line) => `${style.line}${line}${style.open ? "" : style.close}`.trimEnd()),
      ...(style.open ? [style.close] : []),
    ];
  }
  // In a raw string, a backslash needs no escape.
  const open = words.some((line) => line.includes("\\")) ? `r${style.open}` : style.open;
  const isOneLine = rest.length === 0 && !/["\\]$/.test(first);
  return isOneLine ? [`${open}${first}${style.close}`] : [`${open}${first}`, ...rest, style.close];
}

/** The lines of the description, without comment marks, fences, and blank lines at the ends. */
function textOf(answer: string, style: DocStyle, fence: string): string[] {
  const fenced = linesOf(answer);
  const close = fenced.findIndex((line, index) => index > 0 && line.startsWith(fence) && /^`+\s*$/.test(line));
  const own = close === -1 ? fenced : fenced.slice(0, close);
  // A fence that closes nothing ends the block that was opened for the model.
  const isPaired = own.filter((line) => /^\W*`{3,}/.test(line)).length % 2 === 0;
  const text = isPaired ? own.join("\n") : own.join("\n").replace(/(?<!\s)\s*`{3,}\s*$/, "");
  const whole = style.close.trim() === "*/" ? text.replace(/(^|\s)\*\/[\s\S]*$/, "") : text;
  const lines = linesOf(style.below ? beforeQuotes(whole) : whole);
  const indent = style.below ? commonOf(lines.slice(1)) : "";
  return trimBlank(lines.map((line, index) => withoutMark(line, index, indent, style)));
}

/** So many lines of the documented code tell that an answer goes on with it. */
const FIRST_LINES = 4;

/**
 * The lines of an answer without sentences and fences before the comment, and without the code that it is for, be it
 * above or below.
 */
function withoutCode(answer: readonly string[], code: readonly string[], style: DocStyle): readonly string[] {
  const mark = style.below ? style.open : style.open || style.line.trim();
  const begins = (line: string) =>
    line
      .trimStart()
      .replace(/^[rRuU](?=")/, "")
      .startsWith(mark);
  const at = answer.findIndex(begins);
  const hasCode = code.slice(0, FIRST_LINES).filter((line) => line.trim().length > 5 && /[(){}:;=]/.test(line));
  const known = new Set(hasCode.map((line) => line.trim()));
  const isCode = (line: string) => known.has(line.trim());
  const isBefore = (line: string) => isBlank(line) || /^\s*`{3,}/.test(line) || isRemark(line) || isCode(line);
  const lines = answer.slice(at > 0 && answer.slice(0, at).every(isBefore) ? at : 0);
  while (isCode(lines[0] ?? "")) lines.shift();
  const isInBlock = (index: number) => lines.slice(0, index).filter((line) => /^\W*`{3,}/.test(line)).length % 2 === 1;
  const end = lines.findIndex((line, index) => isCode(line) && !isInBlock(index));
  const own = end === -1 ? lines : lines.slice(0, end);
  // A model may write the shorter mark of the language's other comments.
  const short = style.open === "" && mark.length === 3 ? mark.slice(1) : "";
  const isShort = short !== "" && own.every((line) => isBlank(line) || line.trimStart().startsWith(short));
  return isShort ? own.map((line) => line.replace(/^\s*(?:\/{2,3}|-{2,3}|'{2,3}) ?/, "")) : own;
}

/** The text before quotes that end the docstring, because the answer goes on with code after them. */
function beforeQuotes(text: string): string {
  const body = text.replace(/^\s*[rRuU]?("""|''')/, "");
  const close = /("""|''')\s*($|\n)/.exec(body);
  return close === null ? body : body.slice(0, close.index);
}

function commonOf(lines: readonly string[]): string {
  const indents = lines.filter((line) => !isBlank(line)).map((line) => /^\s*/.exec(line)?.[0] ?? "");
  return indents.length === 0 ? "" : indents.reduce((one, other) => (other.length < one.length ? other : one));
}

/**
 * Lines of a docstring keep their indentation relative to one another. In other comments, the blank after the mark is
 * removed.
 */
function withoutMark(line: string, index: number, indent: string, style: DocStyle): string {
  const bare = line.trim();
  if (style.below) {
    return index > 0 && line.startsWith(indent) ? line.slice(indent.length).trimEnd() : bare;
  }
  if (style.open === "") {
    const mark = style.line.trim();
    return bare.startsWith(mark) ? bare.slice(mark.length).replace(/^ /, "") : bare;
  }
  // A model may leave out the marks, or begin with an opening although there is one already.
  return bare.replace(/^(\/\*\*\s?|\*(?!\*)\s?)/, "");
}

/** The text of a comment may neither end the comment nor begin another one. */
function escaped(line: string, style: DocStyle, nests: boolean): string {
  if (style.below) {
    return line.replaceAll('"""', "'''");
  }
  if (style.close.includes("-->")) {
    return line.replaceAll("--", "\u2013");
  }
  const closed = style.open === "" ? line : line.replaceAll("*/", "*\\/");
  return style.open !== "" && nests ? closed.replaceAll("/*", "/\\*") : closed;
}
