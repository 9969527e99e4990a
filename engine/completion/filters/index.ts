/**
 * The filters that a raw suggestion passes before it is shown, in order. Those before the cache judge the text once, at
 * the place for which it was generated, and their verdict is cached with it. Those after the cache fit the text to the
 * place where it is to be shown, at every keystroke. Filters that change the text come before those that judge the line
 * as it would look.
 */
import type { CursorContext } from "../../text/cursor.ts";
import { indentation } from "./blockIndentation.ts";
import { closersBelow } from "./closersBelow.ts";
import { expressionEnd } from "./expressionEnd.ts";
import { type Filter, keep, type Verdict } from "./filter.ts";
import { nextLine } from "./nextLine.ts";
import { onlyWhitespace } from "./onlyWhitespace.ts";
import { prose } from "./prose.ts";
import { repetition } from "./repeatedText.ts";
import { returnType } from "./returnType.ts";
import { statementEnd } from "./statementEnd.ts";
import { overlap } from "./suffixOverlap.ts";
import { trailingWhitespace } from "./trailingWhitespace.ts";
import { brackets } from "./unbalancedBrackets.ts";

/** By the names under which measurements count them. */
export type FilterName =
  | "only white space"
  | "prose"
  | "repetition"
  | "indentation"
  | "overlap"
  | "closers below"
  | "brackets"
  | "statement end"
  | "expression end"
  | "trailing white space"
  | "next line"
  | "return type";

type NamedFilter = readonly [FilterName, Filter];

const BEFORE_CACHE: readonly NamedFilter[] = [
  ["only white space", onlyWhitespace],
  ["prose", prose],
  ["repetition", repetition],
];
const AFTER_CACHE: readonly NamedFilter[] = [
  ["indentation", indentation],
  ["expression end", expressionEnd],
  ["overlap", overlap],
  ["closers below", closersBelow],
  ["brackets", brackets],
  ["statement end", statementEnd],
  ["trailing white space", trailingWhitespace],
  ["only white space", onlyWhitespace],
  ["next line", nextLine],
  ["return type", returnType],
];

/** Called with the name of a filter that changed or dropped a text. */
export type OnFiltered = (name: FilterName) => void;

/** Whether a text is worth caching. */
export function beforeCache(text: string, context: CursorContext, onFiltered?: OnFiltered): Verdict {
  return pass(BEFORE_CACHE, text, context, text, onFiltered);
}

/**
 * The text as it is to be shown at a place.
 *
 * @param whole the answer before the gate cut it; the text is its beginning.
 */
export function afterCache(text: string, context: CursorContext, whole = text, onFiltered?: OnFiltered): Verdict {
  return pass(AFTER_CACHE, text, context, whole, onFiltered);
}

function pass(
  filters: readonly NamedFilter[],
  text: string,
  context: CursorContext,
  whole: string,
  onFiltered: OnFiltered = () => {},
): Verdict {
  let verdict = keep(text, 0);
  for (const [name, filter] of filters) {
    if (verdict.kind === "drop") break;
    const { suggestion } = verdict;
    verdict = filter({ ...suggestion, whole }, context);
    if (verdict.kind === "drop" || verdict.suggestion.text !== suggestion.text) onFiltered(name);
  }
  return verdict;
}
