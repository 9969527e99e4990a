/** Finds code that an answer has turned into comments whose marks stand at the margin, with the code's own columns behind them. */
import { indentOf, isBlank } from "../../text/lines.ts";

/** Marks before the text of a comment, and those that close one. */
const MARK = /^(?:\/\/|#|--|;+|%|<!--|\/\*)/;
const CLOSING = /(?<!\s)\s*(?:\*\/|-->)$/;

/** A sign that was written over the first column of a line. */
const OVER = /^[^\w\s](?=\s{3})/;

/**
 * Which lines are commented out at the margin: they are comments there, and what is behind the marks of some of them is a
 * line of the original with all of its white space, while none is such a line with other white space. So is a line of the
 * original with a sign in the place of its first blank. Such a line is meant to be where it is, and says nothing about how
 * deep the code is.
 */
export function commentedOut(lines: readonly string[], original: readonly string[]): boolean[] {
  const found = lines.map(() => false);
  const old = original.filter((line) => indentOf(line).length > 1 || line.startsWith("\t"));
  const whole = new Set(old.map((line) => line.trimEnd()));
  const texts = new Set([...whole].map((line) => line.trim()).filter((text) => /\w/.test(text)));
  if (texts.size === 0) return found;
  for (let start = 0; start < lines.length; start++) {
    const line = lines[start] ?? "";
    const mark = MARK.exec(line)?.[0];
    found[start] = mark === undefined && OVER.test(line) && whole.has(line.replace(OVER, " ").trimEnd());
    if (mark === undefined) continue;
    let end = start;
    while (end + 1 < lines.length && (isBlank(lines[end + 1]) || lines[end + 1]?.startsWith(mark))) end++;
    const bare = lines.slice(start, end + 1).map((line) => line.slice(mark.length).replace(CLOSING, "").trimEnd());
    const same = bare.filter((line) => texts.has(line.trim()));
    const isWhole = (line: string) => whole.has(line) || (line.startsWith(" ") && whole.has(line.slice(1)));
    if (same.length > 0 && same.every(isWhole)) found.fill(true, start, end + 1);
    start = end;
  }
  return found;
}
