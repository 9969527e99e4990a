/** Lines of an answer that stand for code which the model did not write out. */
import { languageOf } from "../../text/languages.ts";
import { indentOf, isBlank } from "../../text/lines.ts";

const MARK = String.raw`(?://+|#+|--+|/\*+|<!--|\*|;+|%+|\{/\*)`;
const DOTS = String.raw`(?:\.\.\.|…|\[(?:\.\.\.|…)\]|<(?:\.\.\.|…)>)`;
/**
 * Dots alone or in a comment, perhaps followed by words. In a spread such as `...rest`, there is no blank after the
 * dots.
 */
const GAP = new RegExp(
  String.raw`^\s*${MARK}?\s*${DOTS}\s*(?:\(?(?:(?:the|your|all)\s+)?(?:rest|remaining|existing|other|same|previous|unchanged|omitted|more)\b.*)?(?:\*/\}?|-->)?\s*$`,
  "i",
);
/** A spread of a name or of an expression: it has no words with blanks between them. */
const SPREAD =
  /^\s*\.\.\.(?:[\p{L}_$][\p{L}\p{N}_$]*(?:\s*[,;)\]}?.([&|]|\s*$|\s+as\b)|[([{].*(?:&&|\|\||[?{}[\]"'`.=]|\w\())/u;
const REMARK = new RegExp(
  String.raw`^\s*${MARK}\s*${DOTS}?\s*\(?(?:the )?(?:rest of|remaining|existing|other|previous|unchanged|same)\b.*\b(?:code|function|method|class|implementation|unchanged|same|remains|here|before|file)\b`,
  "i",
);

/** Whether lines of the original are missing at places where the answer has dots or a remark instead. */
export function leavesOut(lines: readonly string[], original: readonly string[], languageId: string): boolean {
  const { isProse } = languageOf(languageId);
  const known = new Set(original.map((line) => line.trim()));
  const gaps = lines.flatMap((line, index) => (isGap(line) && !known.has(line.trim()) ? [index] : []));
  if (gaps.length === 0) {
    return false;
  }
  const written = new Set(lines.map((line) => line.trim()));
  const missing = original.filter((line) => !isBlank(line) && !written.has(line.trim()));
  if (isProse) {
    // Text about code is full of dots, so only a text that has become much shorter counts as one with omissions.
    return missing.length * 2 > original.filter((line) => !isBlank(line)).length && lines.length * 2 < original.length;
  }
  return missing.length > 0 && !gaps.every((gap) => isNewBody(lines, gap, original, languageId));
}

function isGap(line: string): boolean {
  return (GAP.test(line) || REMARK.test(line)) && !SPREAD.test(line);
}

/**
 * In Python, dots are a statement: they can be the whole body of something that is declared here for the first time.
 */
function isNewBody(lines: readonly string[], at: number, original: readonly string[], languageId: string): boolean {
  if (languageId !== "python" || lines[at]?.trim() !== "...") {
    return false;
  }
  const header = lines.slice(0, at).findLast((line) => DECLARATION.test(line)) ?? "";
  const name = DECLARATION.exec(header)?.[1];
  const next = lines.slice(at + 1).find((line) => !isBlank(line));
  return (
    /:\s*(#.*)?$/.test(lines[at - 1] ?? "") &&
    (next === undefined || indentOf(next).length < indentOf(lines[at] ?? "").length) &&
    !original.some((line) => name !== undefined && DECLARATION.exec(line)?.[1] === name)
  );
}

const DECLARATION = /^\s*(?:async\s+)?(?:def|class)\s+(\w+)/;
