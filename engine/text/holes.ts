/**
 * How a string is read whose holes may hold expressions, and with them the quotes of the string itself: `f"{d["k"]} {x}"`. While
 * such a hole is typed, it is not closed, and all that follows would be taken for its content. So the holes are tried on the
 * rest of the line first, and where that leads nowhere, the string ends at its next mark.
 */
import { lengthOnLine } from "./grammar.ts";
import type { Frame } from "./scanState.ts";
import type { StringRule } from "./syntaxes.ts";

/** What comes of reading the rest of a line as a string with holes. */
export interface Trial {
  /** Where the string ends; undefined where it does not end on its line. */
  readonly end: number | undefined;
  /** What is open at the end of the line. */
  readonly frame: Frame | undefined;
}

/** The most characters of a line that are tried. Of longer ones the holes are believed. */
export const LONGEST_TRIAL = 1000;

/** Whether an expression goes on below a line: it ends with an open bracket, a comma or an operator. */
const GOES_ON = /[^\p{L}\p{N}_\s)\]}"'`;]\s*$/u;

const plainRules = new WeakMap<StringRule, StringRule>();

/**
 * The rule by which a string is read: its own, the same without holes, or none where its mark opens no string.
 *
 * @param start where the string's text begins, behind its opening mark.
 * @param tryHoles reads the rest of the line by the string's own rule. `recovers`: the string's mark may end it within a hole.
 */
export function ruleOnLine(
  rule: StringRule,
  text: string,
  start: number,
  tryHoles: (line: string, recovers: boolean) => Trial,
): { rule: StringRule; end?: number } | undefined {
  const lineEnd = text.indexOf("\n", start);
  const line = text.slice(start, lineEnd === -1 ? undefined : lineEnd);
  const length = lengthOnLine(rule, text, start);
  const canGoOn = rule.lines === "many";
  const isEnded = length !== undefined || canGoOn;
  if (!rule.holes?.some(({ open }) => line.includes(open))) return isEnded ? { rule } : undefined;
  if (line.length > LONGEST_TRIAL) return { rule };
  const { end, frame } = tryHoles(line, false);
  if (end !== undefined) return { rule, end: start + end };
  const isLast = lineEnd === -1;
  const mark = length === undefined ? -1 : line.indexOf(rule.close, length - rule.close.length);
  if (mark === -1) {
    const isInHole = frame?.kind === "bracket" && GOES_ON.test(line);
    return isLast || canGoOn || isInHole ? { rule } : undefined;
  }
  // A string does not end right before a word: its mark there is one within a hole that is not closed yet.
  const isWithin = /^[\p{L}\p{N}_]/u.test(line.slice(mark + rule.close.length));
  if (isWithin && (isLast || tryHoles(line, true).end !== undefined)) return { rule };
  return { rule: withoutHoles(rule) };
}

function withoutHoles(rule: StringRule): StringRule {
  const { holes: _, ...rest } = rule;
  const plain = plainRules.get(rule) ?? rest;
  plainRules.set(rule, plain);
  return plain;
}

/**
 * The string that a quote within one of its holes ends: one that a value comes right before, so that no string begins there, or
 * a longer mark that is not closed on its line.
 */
export function stringEndedBy(
  found: string,
  text: string,
  start: number,
  innermost: Frame | undefined,
): Frame | undefined {
  let hole = innermost;
  while (hole?.kind === "bracket" && hole.parent?.kind !== "string") hole = hole.parent;
  const string = hole?.kind === "bracket" ? hole.parent : undefined;
  const isTried = string?.rule?.lines === "one" || string?.rule?.triesHoles === true;
  if (string === undefined || string.close !== found || !(isTried || found.length === 3)) return undefined;
  if (/[)\]}]/.test(text[start - 1] ?? "")) return string;
  if (found.length === 1) return undefined;
  const lineEnd = text.indexOf("\n", start);
  const isClosed = text.slice(start + found.length, lineEnd === -1 ? undefined : lineEnd).includes(found);
  return isClosed ? undefined : string;
}
