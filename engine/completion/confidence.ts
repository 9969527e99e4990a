/**
 * The probability of a text, from those of its pieces. What has been typed of a text is certain; the rest has the
 * conditional probability that the model gave it after that beginning. So a text that is too unlikely at first may become
 * worth showing while it is typed, without another request.
 */
import type { Piece } from "../backend/backend.ts";

/** The least joint probability of what is shown. */
export interface MinimumConfidence {
  /** A text is cut where its joint probability would fall below this. */
  forCutText: number;
  /**
   * A text is shown as a whole, up to where the model ended it, if its joint probability is at least this. It is at most
   * `forCutText`, because a whole line is worth more than its beginning.
   */
  forWholeText: number;
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
  { forCutText, forWholeText }: MinimumConfidence,
): number {
  const all = pieces.reduce((joint, piece) => (piece.end > typed ? joint * piece.probability : joint), 1);
  if (all >= forWholeText) return length;
  let joint = 1;
  let end = typed;
  for (const piece of pieces) {
    if (piece.end <= typed) continue;
    joint *= piece.probability;
    if (joint < forCutText) return Math.min(end, length);
    end = piece.end;
  }
  return length;
}
