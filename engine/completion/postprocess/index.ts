/**
 * The filters a raw suggestion passes before it is shown, in order. Cheap refusals come first; what mends the text
 * comes before what judges the line as it would look.
 */
import type { CursorContext } from "../../cursor.ts";
import { type Filter, keep, type Verdict } from "./filter.ts";
import { nextLine } from "./nextLine.ts";
import { onlyWhitespace } from "./onlyWhitespace.ts";
import { overlap } from "./overlap.ts";
import { prose } from "./prose.ts";
import { repetition } from "./repetition.ts";
import { trailingWhitespace } from "./trailingWhitespace.ts";

const FILTERS: Filter[] = [onlyWhitespace, prose, overlap, trailingWhitespace, repetition, nextLine];

export function postprocess(text: string, context: CursorContext): Verdict {
  let verdict = keep(text, 0);
  for (const filter of FILTERS) {
    if (verdict.kind === "drop") {
      break;
    }
    verdict = filter(verdict.suggestion, context);
  }
  return verdict;
}
