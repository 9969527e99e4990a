/** Inserts the code of an answer at the cursor, with every line at the indentation of the place. */
import type { CodeContext } from "../../protocol/tasks.ts";
import { languageOf, opensBlock } from "../../text/languages.ts";
import { indentOf, isBlank, linesOf } from "../../text/lines.ts";
import { placeKind, scan } from "../../text/scanner.ts";
import { MARKUP, YAML } from "../../text/syntaxes.ts";
import { stateBehind } from "./brackets.ts";
import { layoutOf } from "./layout.ts";
import { reindent } from "./reindent.ts";

export interface CursorPlace {
  /** The text of the cursor's line before the cursor; below, the text of the line that stays after it. */
  before: string;
  after: string;
}

/** The mark of a list's item with the blanks behind it. */
const ITEM = /^\s*([-*+]|\d+[.)])\s+$/;
/** What ends a statement, or opens a block, at the end of a line; below, a head of a block that ends with a colon. */
const ENDS = /(?:[;{}]|\b(?:do|then|else|begin))$/;
const HEAD =
  /^\s*(?:(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match)\b.*|case\b.*|default\s*):$/;
/** What wants a value behind it on the same line. */
const WANTS =
  /\b(?:return|throw|raise|await|yield|new|in|of|is|not|and|or|typeof|import|from|export|default|const|let|var)$/;
/** A beginning that goes on with what stands before it. */
const GOES_ON = /^\s*[.,;:)\]}?&|+*/=(]/;

/** What ends the block above it. */
const CLOSES = /^\s*(?:[)\]}]|(?:else|elif|except|finally)\b|end[;,)\s]*$)/;

/** @param code the file, with a selection that begins at the cursor's line. */
export function insertion(code: CodeContext, text: string, { before, after }: CursorPlace): string {
  const lines = linesOf(
    text
      .replace(/^\uFEFF/, "")
      .replace(/^(\s*\n)+/, "")
      .trimEnd(),
  );
  if (lines.length === 1 && lines[0] === "") {
    return "";
  }
  const comment = commentMark(code, before);
  if (comment !== undefined) {
    return continued(lines, comment);
  }
  const item = ITEM.exec(before);
  if (item !== null && hasItems(code.languageId)) {
    return inItem(code, lines, before, item[1] ?? "");
  }
  const deeper = isBlank(after) ? newLineIndent(code, lines, before) : undefined;
  if (deeper !== undefined) {
    return `\n${placed(code, lines, deeper).join("\n")}`;
  }
  const isOwnLine = isBlank(before);
  const indent = before === "" && isBlank(after) ? emptyLineIndent(code, lines) : indentOf(before);
  const [first = "", ...rest] = placed(code, lines, indent);
  const start = !isOwnLine
    ? first.trimStart()
    : before !== "" && first.startsWith(indent)
      ? first.slice(indent.length)
      : first;
  const end = isOwnLine && !isBlank(after) ? `\n${indent}` : "";
  return [start, ...rest].join("\n") + end;
}

/** The line that the code goes to determines its indentation. */
function placed(code: CodeContext, lines: readonly string[], indent: string): string[] {
  const file = linesOf(code.text);
  const around = { before: file.slice(0, code.selection.start), after: file.slice(code.selection.end) };
  return reindent(lines, [`${indent}x`], code.indent, { languageId: code.languageId, around, isFixed: true });
}

function hasItems(languageId: string): boolean {
  const { isProse, syntax } = languageOf(languageId);
  return isProse || syntax === YAML;
}

/** What the lines of a comment begin with, where the cursor stands behind the mark of one and nothing else. */
function commentMark(code: CodeContext, before: string): string | undefined {
  const { isProse, comment } = languageOf(code.languageId);
  const mark = before.trim();
  if (mark === "" || mark === before.trimStart()) return undefined;
  if (isProse) return /^(?:> ?)+$/.test(mark) ? before : undefined;
  const state = stateBehind(linesOf(code.text).slice(0, code.selection.start), code.languageId);
  if (placeKind(state) === "comment") return mark === "*" ? before : undefined;
  const own = comment[0].trim();
  const isLine = comment[1] === "" && mark.startsWith(own) && /^(?:\/{2,3}!?|#+!?|-{2,3}|;+|%+|'+)$/.test(mark);
  return placeKind(state) === "code" && isLine ? before : undefined;
}

function continued(lines: readonly string[], mark: string): string {
  const sign = mark.trim();
  const bare = lines.map((line) => {
    const text = line.trimStart();
    const rest = text.slice(sign.length);
    return text.startsWith(sign) && /^(?:\s|$)/.test(rest) ? rest.trimStart() : line;
  });
  return bare.map((line, index) => (index === 0 ? line : `${mark}${line}`.trimEnd())).join("\n");
}

/** What belongs to an item is as deep as its text; items of their own stand beside it. */
function inItem(code: CodeContext, lines: readonly string[], before: string, mark: string): string {
  const [, own = ""] = /^([-*+]|\d+[.)])\s/.exec(lines[0] ?? "") ?? [];
  if (own !== "" && (own === mark || /\d/.test(own) === /\d/.test(mark))) {
    const [first = "", ...rest] = placed(code, lines, indentOf(before));
    return [first.trimStart().slice(own.length).trimStart(), ...rest].join("\n");
  }
  const [first = "", ...rest] = placed(code, lines, before.replace(/\S/g, " "));
  return [first.trimStart(), ...rest].join("\n");
}

/**
 * The indentation of the code where it has to begin on a line of its own, because the cursor's line is complete; undefined
 * where it goes on with that line.
 */
function newLineIndent(code: CodeContext, lines: readonly string[], before: string): string | undefined {
  const { languageId } = code;
  const head = before.trimEnd();
  const indent = indentOf(before);
  const step = code.indent === "tab" ? "\t" : " ".repeat(code.indent);
  const [first = ""] = lines;
  if (head === "" || languageOf(languageId).isProse || GOES_ON.test(first)) return undefined;
  if (languageOf(languageId).syntax === YAML) {
    const isMapping = lines.length > 1 || /^(?:- |[\w.-]+:(?: |$))/.test(first);
    const depth = indent + " ".repeat(/^\s*((?:- +)*)/.exec(before)?.[1]?.length ?? 0);
    return /:$/.test(head) && isMapping ? depth + step : undefined;
  }
  const state = stateBehind(linesOf(code.text).slice(0, code.selection.start), languageId);
  const { tokens, state: atCursor } = scan(before, languageId, state);
  const isComment = tokens.at(-1)?.kind === "comment";
  if (placeKind(state) !== "code" || (placeKind(atCursor) !== "code" && !isComment)) return undefined;
  if (isComment) return lines.length > 1 ? indent : undefined;
  const hasElements = languageId.endsWith("react") || languageOf(languageId).syntax === MARKUP;
  if (hasElements && /^\s*</.test(first) && head.endsWith(">")) {
    return /<\w[^<>]*[^/<>]>$|<\w>$/.test(head) ? indent + step : indent;
  }
  const isHead = HEAD.test(head);
  const isWhole = lines.length > 1 && /[\w)\]"'`]$/.test(before) && !WANTS.test(before);
  if (!ENDS.test(head) && !isHead && !isWhole) return undefined;
  return isHead || opensBlock(head, languageId) || head.endsWith("{") ? indent + step : indent;
}

/** Whether all lines are comments at the margin, with code behind their marks that is as deep as this or deeper. */
function isCommentedOut(lines: readonly string[], languageId: string, depth: string): boolean {
  const mark = languageOf(languageId).comment[0].trim();
  const texts = lines.filter((line) => !isBlank(line));
  const isInside = (line: string) => {
    let text = line;
    while (text.startsWith(mark)) text = text.slice(mark.length);
    return isBlank(text) || text.startsWith(depth);
  };
  return depth.length > 1 && texts.every((line) => line.startsWith(mark) && isInside(line));
}

/** The indentation of code on an empty line between lines of one block, at whose margin the cursor stands. */
function emptyLineIndent(code: CodeContext, lines: readonly string[]): string {
  const file = linesOf(code.text);
  const above = file.slice(0, code.selection.start).findLast((line) => !isBlank(line)) ?? "";
  const below = file.slice(code.selection.end).find((line) => !isBlank(line)) ?? "";
  const [first = ""] = lines;
  // What closes a block stands where that begins, and not as deep as what is inside.
  const isFree =
    languageOf(code.languageId).isProse || /^\s/.test(first) || CLOSES.test(first) || indentOf(above) === "";
  const state = stateBehind(file.slice(0, code.selection.start), code.languageId);
  const isDirective = layoutOf(lines, code.languageId, state).every(({ isFreeOfBlock }) => isFreeOfBlock);
  if (isFree || isDirective || placeKind(state) !== "code") return "";
  const closes = CLOSES.test(below);
  const depth = indentOf(closes ? above : below);
  if (isCommentedOut(lines, code.languageId, depth)) return "";
  // What is below is inside of a block that the code opens at its end.
  const step = code.indent === "tab" ? "\t" : " ".repeat(code.indent);
  const opensBelow = opensBlock(lines.at(-1) ?? "", code.languageId) || /[{([]\s*$/.test(lines.at(-1) ?? "");
  if (!closes && opensBelow && depth.endsWith(step)) return depth.slice(step.length);
  // Without an open bracket only Python tells by the lines alone that the place is inside of a block.
  const isDefinition = /^(?:async\s+def|def|class)\s|^@|:\s*$/.test(first);
  const isInPython = code.languageId === "python" && depth === indentOf(above) && !isDefinition;
  return state.frame !== undefined || isInPython ? depth : "";
}
