/**
 * Splits text into tokens: words (identifiers, keywords, numbers), runs of blanks, line ends, and every other character
 * by itself. All tokens together are the text again.
 */
import { isWordUnit } from "../text/words.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function isBlankUnit(unit: number): boolean {
  return unit === 32 || unit === 9;
}

/** The tokens of a text, in order. */
export function tokenize(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const unit = text.charCodeAt(at);
    at++;
    if (isWordUnit(unit)) {
      while (at < text.length && isWordUnit(text.charCodeAt(at))) at++;
    } else if (isBlankUnit(unit)) {
      while (at < text.length && isBlankUnit(text.charCodeAt(at))) at++;
    } else if (unit === CARRIAGE_RETURN && text.charCodeAt(at) === LINE_FEED) {
      at++;
    }
    tokens.push(text.slice(start, at));
  }
  return tokens;
}

/** Whether a token consists of blanks or is a line end. */
export function isSpace(token: string): boolean {
  const unit = token.charCodeAt(0);
  return isBlankUnit(unit) || unit === LINE_FEED || unit === CARRIAGE_RETURN;
}

/** Whether a token is an identifier or a keyword: a word that does not begin with a digit. */
export function isIdentifier(token: string): boolean {
  const unit = token.charCodeAt(0);
  return isWordUnit(unit) && !(unit >= 48 && unit <= 57);
}

/** Whether the span neither begins nor ends inside a word. */
export function isWhole(text: string, start: number, end: number): boolean {
  const cutsLeft = start > 0 && isWordUnit(text.charCodeAt(start)) && isWordUnit(text.charCodeAt(start - 1));
  const cutsRight = end < text.length && isWordUnit(text.charCodeAt(end)) && isWordUnit(text.charCodeAt(end - 1));
  return !cutsLeft && !cutsRight;
}

/** The first of the longest identifiers among the tokens; "" when there is none. */
export function longestIdentifier(tokens: readonly string[]): string {
  let longest = "";
  for (const token of tokens) if (isIdentifier(token) && token.length > longest.length) longest = token;
  return longest;
}

/** Whether a text is a single identifier. */
export function isOneIdentifier(text: string): boolean {
  if (text === "" || !isIdentifier(text)) return false;
  for (let at = 1; at < text.length; at++) if (!isWordUnit(text.charCodeAt(at))) return false;
  return true;
}
