/**
 * Estimates how many tokens a text has for a model whose tokenizer is on a server. With too low an estimate a prompt
 * would be cut, so writing systems of which a vocabulary knows little are counted generously.
 */

/**
 * Matches pieces of about the size of BPE tokens in code: words with the blank before them, at most six characters at a
 * time; up to three marks; line ends; white space.
 */
const PIECE = / ?[\p{L}\p{N}_]{1,6}| ?[^\s\p{L}\p{N}_]{1,3}|\r?\n|[^\S\n]+/gu;
/** Matches signs of writing systems without blanks, many with thousands of signs. Most signs are a token each. */
const SIGNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/gu;
/** Matches letters of alphabets of which vocabularies know less than of Latin. Two letters are about a token. */
const OTHER_LETTERS =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Ethiopic}]/gu;
const EMOJI = /\p{Extended_Pictographic}/gu;
const TOKENS_PER_EMOJI = 2;
/** Matches what plain Latin text does not have. A text with any of it is counted by writing system. */
const NOT_PLAIN = /[\u0250-\u1fff\u2070-\uffff]/;

export function estimateTokens(text: string): number {
  if (!NOT_PLAIN.test(text)) return count(text, PIECE);
  const signs = count(text, SIGNS);
  const letters = count(text, OTHER_LETTERS);
  const emoji = count(text, EMOJI);
  const rest = text.replaceAll(SIGNS, "").replaceAll(OTHER_LETTERS, "").replaceAll(EMOJI, "");
  return signs + Math.ceil(letters / 2) + TOKENS_PER_EMOJI * emoji + count(rest, PIECE);
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found++;
  return found;
}

/** A text with its length, for code that cuts texts by their length in tokens. */
export interface MeasuredText {
  text: string;
  /** Tokens. */
  length: number;
}

export function measured(text: string): MeasuredText {
  return { text, length: estimateTokens(text) };
}
