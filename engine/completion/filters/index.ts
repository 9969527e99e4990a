/**
 * The filters a raw suggestion passes before it is shown, in order. Those before the cache look at the text alone, and
 * their verdict is remembered with it; those after it fit the text to the place where it is to be shown, at every
 * keystroke. What mends the text comes before what judges the line as it would look.
 */
import type { CursorContext } from "../../text/cursor.ts";
import { indentation } from "./blockIndentation.ts";
import { closersBelow } from "./closersBelow.ts";
import { type Filter, keep, type Verdict } from "./filter.ts";
import { nextLine } from "./nextLine.ts";
import { onlyWhitespace } from "./onlyWhitespace.ts";
import { prose } from "./prose.ts";
import { repetition } from "./repeatedText.ts";
import { overlap } from "./suffixOverlap.ts";
import { trailingWhitespace } from "./trailingWhitespace.ts";
import { brackets } from "./unbalancedBrackets.ts";

const BEFORE_CACHE: Filter[] = [onlyWhitespace, prose, repetition];
const AFTER_CACHE: Filter[] = [
  indentation,
  overlap,
  closersBelow,
  brackets,
  trailingWhitespace,
  onlyWhitespace,
  nextLine,
];

/** Whether a text is worth remembering. */
export function beforeCache(text: string, context: CursorContext): Verdict {
  return pass(BEFORE_CACHE, text, context);
}

/** The text as it is to be shown at a place. */
export function afterCache(text: string, context: CursorContext): Verdict {
  return pass(AFTER_CACHE, text, context);
}

function pass(filters: readonly Filter[], text: string, context: CursorContext): Verdict {
  let verdict = keep(text, 0);
  for (const filter of filters) {
    if (verdict.kind === "drop") {
      break;
    }
    verdict = filter(verdict.suggestion, context);
  }
  return verdict;
}
