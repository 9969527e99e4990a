/**
 * The gate decides how much of an answer is shown, if anything, whatever its source is: just generated, cached, or
 * copied.
 */

import type { Piece } from "../../backend/backend.ts";
import type { CursorContext } from "../../text/cursor.ts";
import { confidentEnd, type MinimumConfidence } from "../confidence.ts";

/** An answer before the gate. */
export interface Candidate {
  /** The whole text, including what has been typed of it since it was computed. */
  text: string;
  /** The probabilities of its parts. */
  pieces: readonly Piece[];
  /** How many of its characters are before the cursor. */
  typed: number;
  /** How many characters of it are on the screen as ghost text and not typed yet; 0 if it is not on the screen. */
  onScreen: number;
  source: "model" | "copy";
  /** The text around the cursor. */
  context: CursorContext;
  /** The features, if they have been computed already. */
  features?: readonly CutFeatures[];
}

/** What is known about a candidate up to a place where it may be cut, as numbers (features.ts). */
export interface CutFeatures {
  /** Where it ends in the candidate's text. */
  end: number;
  values: Float64Array;
}

/** Returns where the shown part of a candidate's text ends. If that is inside what was typed, nothing is shown. */
export type Gate = (candidate: Candidate) => number;

/** Shows everything. */
export const OPEN_GATE: Gate = ({ text }) => text.length;

/** Shows as much as has the least joint probability. */
export function confidenceGate(minimum: MinimumConfidence): Gate {
  return ({ pieces, text, typed }) => confidentEnd(pieces, text.length, typed, minimum);
}
