/**
 * How sure the model is of a text, piece by piece. What has been typed of a text is certain; the rest is as likely as
 * the model held it to be after that beginning. So a text that is too unlikely at first may become worth showing while
 * it is typed, without asking again.
 */
import type { Piece } from "../backend/backend.ts";

/** The least probability of what is shown. */
export interface MinimumConfidence {
  /** For the beginning of a text that is cut where it becomes unsure. */
  part: number;
  /**
   * For a whole text up to where the model ended it, because a whole line is worth more than its beginning. At most
   * `part`.
   */
  whole: number;
}

/**
 * Where the text should end so that the shown part is likely enough.
 *
 * @param length of the text.
 * @param typed how many of its characters are in the document already.
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
