/**
 * Compares the tokens beside a place with given tokens without splitting the text into tokens first, because most
 * places differ in the first token.
 */
import { isWordUnit } from "../text/words.ts";
import { EDGE } from "./changes.ts";

/**
 * How many of the tokens, the nearest first, are before an offset of a text on the same line. Blanks between them do
 * not count.
 */
export function countBefore(text: string, offset: number, tokens: readonly string[]): number {
  let at = offset;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    while (at > 0 && isBlank(text.charCodeAt(at - 1))) at--;
    if (at === 0 || text.charCodeAt(at - 1) === LINE_FEED) return token === EDGE ? index + 1 : index;
    const start = at - token.length;
    if (token === EDGE || !text.startsWith(token, start)) return index;
    if (start > 0 && isWordUnit(token.charCodeAt(0)) && isWordUnit(text.charCodeAt(start - 1))) return index;
    at = start;
  }
  return tokens.length;
}

/** The same for the tokens after the offset. */
export function countAfter(text: string, offset: number, tokens: readonly string[]): number {
  let at = offset;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    if (at === text.length || text.charCodeAt(at) === LINE_FEED) return token === EDGE ? index + 1 : index;
    const end = at + token.length;
    if (token === EDGE || !text.startsWith(token, at)) return index;
    if (end < text.length && isWordUnit(token.charCodeAt(0)) && isWordUnit(text.charCodeAt(end))) return index;
    at = end;
  }
  return tokens.length;
}

const LINE_FEED = 10;

function isBlank(unit: number): boolean {
  return unit === 32 || unit === 9 || unit === 13;
}
