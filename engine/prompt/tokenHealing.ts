/**
 * Token healing: a cursor inside a token asks for a continuation that the model has hardly ever seen, because in all
 * its texts the tokenizer had joined what is on both sides of the cursor. The prompt therefore ends where the last
 * token before the cursor begins, and generation is forced to begin with that token's characters.
 */

export interface Healed {
  tokens: Uint32Array;
  /** Taken off the end of the text; generation must begin with it. */
  forced: string;
}

/** Tokens that a character outside ASCII may be spread over. */
const MOST_TOKENS = 4;

/**
 * @param tokens of `text`, to its end.
 * @param wanted says of the last token's text whether it should be left to the model.
 */
export function heal(
  text: string,
  tokens: Uint32Array,
  decode: (tokens: Uint32Array) => string,
  wanted: (piece: string, before: string) => boolean,
): Healed {
  for (let count = 1; count <= Math.min(MOST_TOKENS, tokens.length); count++) {
    const rest = tokens.subarray(0, tokens.length - count);
    const piece = decode(tokens.subarray(tokens.length - count));
    // A token that ends inside a character decodes to a replacement character, which the text does not end with.
    if (piece === "" || !text.endsWith(piece) || piece.includes("\uFFFD")) {
      continue;
    }
    return wanted(piece, text.slice(0, text.length - piece.length))
      ? { tokens: rest, forced: piece }
      : unhealed(tokens);
  }
  return unhealed(tokens);
}

function unhealed(tokens: Uint32Array): Healed {
  return { tokens, forced: "" };
}

/** Words that may go on. */
export function isWord(piece: string): boolean {
  return /[\p{L}\p{N}_$]$/u.test(piece);
}

/** The space after text, which the tokenizer glues to the word after it. */
export function isSpaceAfterText(piece: string, before: string): boolean {
  return piece === " " && /\S$/.test(before);
}
