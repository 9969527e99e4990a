/**
 * How sure the model is of a text, piece by piece. What has been typed of it is certain: after it the rest is as likely
 * as the model held it to be, given that beginning. A text that is too unlikely to be shown at first may so become worth
 * showing while it is typed, without asking again.
 */
import type { Piece } from "../backend/backend.ts";

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
 * @param typed characters of it that are in the document already.
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
