/**
 * Token healing. In the texts that the model was trained on, the half-typed word before the cursor and its rest were one
 * token, so the model has hardly ever seen a prompt that ends inside a word. Therefore the prompt ends where the last token
 * before the cursor begins, and generation is forced to begin with that token's characters.
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

/** Whether a token ends with a word, which may go on. */
export function isWord(piece: string): boolean {
  return /[\p{L}\p{N}_$]$/u.test(piece);
}

/** Whether a token is the blank after some text, which the tokenizer joins with the word behind it. */
export function isSpaceAfterText(piece: string, before: string): boolean {
  return piece === " " && /\S$/.test(before);
}
