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
 * @param lead length of what stands in the text before anything generated.
 */
export function piecesOf(
  { tokens, probabilities }: Pick<GenerateResult, "tokens" | "probabilities">,
  forced: string,
  lead: number,
  decode: (tokens: Uint32Array) => string,
): Piece[] {
  const pieces: Piece[] = [];
  let rated = 0;
  for (let count = 1; count <= tokens.length; count++) {
    // Together: a character may be spread over several tokens.
    const length = decode(tokens.subarray(0, count)).length - forced.length;
    // The engine rates the tokens that reach past the forced text.
    if (length > 0) pieces.push({ end: lead + length, probability: probabilities[rated++] ?? 1 });
  }
  return pieces;
}

/**
 * Where the text should end so that what is shown of it is likely enough as a whole.
 *
 * @param length of the text.
 * @param typed characters of it that stand in the document.
 */
export function sureEnd(pieces: readonly Piece[], length: number, typed: number, floor: number): number {
  let joint = 1;
  let end = typed;
  for (const piece of pieces) {
    if (piece.end <= typed) continue;
    joint *= piece.probability;
    if (joint < floor) return Math.min(end, length);
    end = piece.end;
  }
  return length;
}
