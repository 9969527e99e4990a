/**
 * Token healing. With the cursor inside a token, the model would have to continue in a way that it has hardly ever
 * seen, because in its training texts the tokenizer had joined what is on both sides. So the prompt ends where the last
 * token before the cursor begins, and generation is forced to begin with that token's characters.
 */

export interface Healed {
  tokens: Uint32Array;
  /** Taken off the end of the text; generation must begin with it. */
  forced: string;
}

/** The most tokens over which a character outside ASCII may be spread. */
const MOST_TOKENS = 4;

/**
 * @param tokens of `text`, up to its end.
 * @param wanted decides by the last token's text whether it is left to the model.
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
    // A token that ends inside a character decodes to a replacement character, with which the text does not end.
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

/** A word that may continue. */
export function isWord(piece: string): boolean {
  return /[\p{L}\p{N}_$]$/u.test(piece);
}

/** The space after text, which the tokenizer joins with the word after it. */
export function isSpaceAfterText(piece: string, before: string): boolean {
  return piece === " " && /\S$/.test(before);
}
