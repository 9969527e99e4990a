/**
 * How sure the model is of a text, piece by piece. What has been typed of it is certain: behind it the rest is as likely
 * as the model held it to be, given that beginning. A text that is too unlikely to be shown at first may so become worth
 * showing while it is typed, without asking again.
 */
import type { GenerateResult } from "../native.ts";

export interface Piece {
  /** Where it ends in the text. */
  end: number;
  /** Given everything before it; 1 where it was not computed. */
  probability: number;
}

/**
 * The pieces of a generated text.
 *
 * @param forced what the generation was forced to begin with, no part of the text.
 * @param widgetText length of what stands in the text before anything generated.
 */
export function piecesOf(
  { tokens, probabilities }: Pick<GenerateResult, "tokens" | "probabilities">,
  forced: string,
  widgetText: number,
  decode: (tokens: Uint32Array) => string,
): Piece[] {
  const pieces: Piece[] = [];
  let rated = 0;
  for (let count = 1; count <= tokens.length; count++) {
    // Together: a character may be spread over several tokens.
    const length = decode(tokens.subarray(0, count)).length - forced.length;
    // The engine rates the tokens that reach past the forced text.
    if (length > 0) pieces.push({ end: widgetText + length, probability: probabilities[rated++] ?? 1 });
  }
  return pieces;
}

/** Least probability of what is shown. */
export interface MinimumConfidence {
  /** Of the beginning of a text that is cut where it becomes unsure. */
  part: number;
  /** Of all of it, up to where the model ended: a whole line is worth more than its beginning. At most `part`. */
  whole: number;
}

/**
 * Where the text should end so that what is shown of it is likely enough.
 *
 * @param length of the text.
 * @param typed characters of it that stand in the document.
 */
export function confidentEnd(
  pieces: readonly Piece[],
  length: number,
  typed: number,
  { part, whole }: MinimumConfidence,
): number {
  const all = pieces.reduce((joint, piece) => (piece.end > typed ? joint * piece.probability : joint), 1);
  if (all >= whole) return length;
  let joint = 1;
  let end = typed;
  for (const piece of pieces) {
    if (piece.end <= typed) continue;
    joint *= piece.probability;
    if (joint < part) return Math.min(end, length);
    end = piece.end;
  }
  return length;
}
