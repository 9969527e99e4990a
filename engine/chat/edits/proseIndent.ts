/** Moves lines of prose, or of code in prose, to the indentation of those that they replace. */
import { commonIndent, indentOf, isBlank } from "../../text/lines.ts";
import { layoutOf } from "./layout.ts";
import type { Surroundings } from "./place.ts";
import { isSentence } from "./talk.ts";

/** The mark of a list's item with the blanks behind it. */
const ITEM = /^(?:[-*+]|\d+[.)])\s+(?=\S)/;
const FENCE = /^\s*(?:`{3,}|~{3,})/;
const OWN_BLOCK = /^(?:#{1,6}\s|`{3,}|~{3,}|---)/;

/** What begins a directive of reStructuredText, whose own lines are deeper. */
const RST_DIRECTIVE = /^\.\.\s+[\w:+.-]+::/;

/**
 * An answer that begins at the margin where the original does not: all of it, or its first line alone, has lost what the
 * original is indented by. It is left as it is where the indentation is the only change, or where it begins with something
 * that stands at the margin by itself.
 *
 * @param base what all lines of the original begin with.
 * @param around lines of the file above and below the place.
 */
export function indentedProse(
  lines: readonly string[],
  original: readonly string[],
  base: string,
  around: Surroundings,
): readonly string[] {
  const { before } = around;
  const at = lines.findIndex((line) => !isBlank(line));
  const first = lines[at] ?? "";
  const isInFence = before.filter((line) => FENCE.test(line)).length % 2 === 1;
  const old = original.find((line) => !isBlank(line))?.trimStart() ?? "";
  const isOwn = !isInFence && OWN_BLOCK.test(first) && !OWN_BLOCK.test(old);
  const isAtHome = isInFence ? isOwnStatement(first, old, around) : standsAtMargin(first, original, base, around);
  if (base === "" || at === -1 || isAtHome || indentOf(first) !== "" || isOwn || isSameText(lines, original)) {
    return lines;
  }
  const rest = lines.slice(at + 1).filter((line) => !isBlank(line));
  const depth = commonIndent(rest).length;
  const mark = isInFence ? 0 : (ITEM.exec(first)?.[0].length ?? 0);
  const isDeeper = /[{([:]$/.test(first) && depth === base.length;
  // Where only the first line has lost its indentation, the others are as deep as its text.
  const isFirstAlone =
    rest.length > 0 &&
    depth >= base.length &&
    !isDeeper &&
    Math.abs(depth - base.length - mark) <= Math.abs(depth - mark);
  return lines.map((line, index) => (isBlank(line) ? "" : index === at || !isFirstAlone ? base + line : line));
}

/**
 * Whether text at the margin is meant to be there, above a line at the margin: because a sentence is none of the code that was
 * there, because a directive takes the place of what was deeper than a text that does not announce it any more, or because a
 * single column makes nothing part of something else.
 */
function standsAtMargin(
  first: string,
  original: readonly string[],
  base: string,
  { before, after }: Surroundings,
): boolean {
  const above = before.findLast((line) => !isBlank(line)) ?? "";
  const below = after.find((line) => !isBlank(line)) ?? "";
  if (indentOf(below) !== "") return false;
  const isText = (line: string) => isSentence(line) || ITEM.test(line.trim());
  const isCode = (base.length >= 4 || base === "\t") && !original.some(isText);
  const isBelowCode = indentOf(above).length >= 4 && !isText(above);
  if (isBelowCode && isCode && isSentence(first)) return true;
  if (indentOf(above) !== "") return false;
  if (base.length === 1 && base !== "\t") return true;
  if (RST_DIRECTIVE.test(first) && !above.endsWith("::") && !original.some((line) => RST_DIRECTIVE.test(line.trim()))) {
    return true;
  }
  return isCode && isSentence(first) && !ITEM.test(above);
}

/** Whether code in a fence begins something, between complete lines at the margin, where the old one went on with the one above. */
function isOwnStatement(first: string, old: string, { before, after }: Surroundings): boolean {
  const above = before.findLast((line) => !isBlank(line)) ?? "";
  const below = after.find((line) => !isBlank(line)) ?? "";
  const [upper, own] = layoutOf([above, first], "");
  const isNew = own?.goesOn === false && layoutOf([old], "")[0]?.goesOn === true;
  const isComplete = isNew && upper?.mayOpen === false && !upper.breaksOff && !FENCE.test(above);
  return isComplete && indentOf(above) === "" && /^[^\s)\]}]/.test(below);
}

function isSameText(lines: readonly string[], original: readonly string[]): boolean {
  const text = (all: readonly string[]) => all.flatMap((line) => (isBlank(line) ? [] : [line.trim()])).join("\n");
  return text(lines) === text(original);
}
