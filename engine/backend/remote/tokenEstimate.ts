/**
 * Estimates how many tokens a text has for a model whose tokenizer is on a server. Too low an estimate would lose the
 * end of a prompt, so scripts that vocabularies split into small pieces count in full.
 */

/**
 * Words with the blank before them, in pieces; runs of punctuation; line ends; white space. Code has about so many BPE
 * tokens.
 */
const PIECE = / ?[\p{L}\p{N}_]{1,6}| ?[^\s\p{L}\p{N}_]{1,3}|\r?\n|[^\S\n]+/gu;
/** Scripts without blanks and with thousands of signs, where most signs are a token. */
const SIGNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/gu;
/** Alphabets of which vocabularies know less than of Latin, where two letters are a token. */
const OTHER_LETTERS =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Ethiopic}]/gu;
const EMOJI = /\p{Extended_Pictographic}/gu;
const TOKENS_PER_EMOJI = 2;
/** Letters that are not Latin, and signs other than punctuation, are examined more closely. */
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
