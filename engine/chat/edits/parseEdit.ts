/**
 * Whether an answer is code that can stand in place of other code. Small models leave parts out, stop half-way, or talk:
 * such an answer is shown, never applied.
 */

import type { AnswerEnd } from "../../protocol/chat.ts";
import { isBlank, linesOf } from "../../text/lines.ts";
import { openBrackets } from "./brackets.ts";
import { reindent } from "./reindent.ts";

export type ParsedEdit = { kind: "edit"; text: string } | { kind: "refused"; reason: string };

export interface EditRequest {
  /** What is to be replaced; "" where code is added. */
  original: string;
  languageId: string;
  indent: number | "tab";
}

/** A line that stands for code the model did not write out. */
const ELISION =
  /^\s*(\/\/|#|--|\/\*|<!--|\*|;)?\s*(\.\.\.|…|\[?\.\.\.\]?)\s*(\(?(the )?(rest|remaining|existing|other|same|previous|unchanged|omitted|your|more)\b.*)?(\*\/|-->)?\s*$|^\s*(\/\/|#|--|\/\*|<!--|;)\s*(the )?(rest of|remaining|existing|other|previous|unchanged|same)\b.*\b(code|function|method|class|implementation|unchanged|same|remains|here|before|file)\b/i;
/** More than a rewriting adds. */
const LONGEST_GROWTH = 6;
const SHORT = 600;

/** @param answer the text after the opening fence, up to the closing one. */
export function parseEdit(answer: string, end: AnswerEnd, request: EditRequest): ParsedEdit {
  const refused = (reason: string): ParsedEdit => ({ kind: "refused", reason });
  if (end === "length") {
    return refused("The answer reached its greatest length before the code was complete.");
  }
  if (end === "loop") {
    return refused("The answer began to repeat itself.");
  }
  const { original } = request;
  const lines = trimBlank(linesOf(withoutFence(answer)));
  if (lines.length === 0) {
    return refused("The answer holds no code.");
  }
  if (!isProse(request.languageId) && looksLikeProse(lines)) {
    return refused("The answer is text, not code.");
  }
  if (lines.some((line) => ELISION.test(line)) && !linesOf(original).some((line) => ELISION.test(line))) {
    return refused("The answer leaves parts of the code out.");
  }
  if (original !== "" && lines.join("\n").length > Math.max(SHORT, original.length * LONGEST_GROWTH)) {
    return refused("The answer is far longer than the code it would replace.");
  }
  if (!isProse(request.languageId) && openBrackets(lines.join("\n")) !== openBrackets(original)) {
    return refused("The brackets of the answer do not match.");
  }
  const text = reindent(lines, original === "" ? [] : linesOf(original), request.indent).join("\n");
  return text === linesOf(original).join("\n") ? refused("The answer changes nothing.") : { kind: "edit", text };
}

/** Some models open a fence although one is open, or close it in the last line. */
function withoutFence(answer: string): string {
  const opened = /^\s*```[\w+#.-]*[ \t]*\n([\s\S]*)$/.exec(answer)?.[1] ?? answer;
  const closing = opened.search(/^\s*```\s*$/m);
  return closing === -1 ? opened : opened.slice(0, closing);
}

function isProse(languageId: string): boolean {
  return ["markdown", "plaintext", "latex", "restructuredtext"].includes(languageId);
}

/** The first line is a sentence: words, hardly any punctuation of code, and a sentence's end or no comment's beginning. */
function looksLikeProse(lines: string[]): boolean {
  const first = lines.find((line) => !isBlank(line))?.trim() ?? "";
  const words = first.split(/\s+/);
  return (
    words.length >= 4 &&
    /^[A-Z*"'“]/.test(first) &&
    !/[;{}=<>\\]|\w\(|\)$|^\W*\*\/?$/.test(first.replace(/`[^`]*`/g, ""))
  );
}

function trimBlank(lines: string[]): string[] {
  const start = lines.findIndex((line) => !isBlank(line));
  const end = lines.findLastIndex((line) => !isBlank(line));
  return start === -1 ? [] : lines.slice(start, end + 1);
}
