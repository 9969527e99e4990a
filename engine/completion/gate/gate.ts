/**
 * The gate decides how much of an answer is shown, if any of it, whatever its source: generated just now, remembered, or
 * copied.
 */

import type { Piece } from "../../backend/backend.ts";
import type { CursorContext } from "../../text/cursor.ts";
import { confidentEnd, type MinimumConfidence } from "../confidence.ts";

/** An answer before the gate. */
export interface Candidate {
  /** All of it, with what has been typed of it since it was computed. */
  text: string;
  /** How sure the model was of it. */
  pieces: readonly Piece[];
  /** Characters of it that stand before the cursor. */
  typed: number;
  /** Characters after the cursor that are on the screen already. */
  onScreen: number;
  source: "model" | "copy";
  /** What surrounds the cursor. */
  context: CursorContext;
  /** Where they were computed already. */
  features?: readonly CutFeatures[];
}

/** What is known of a candidate up to a place where it may be cut, as numbers (features.ts). */
export interface CutFeatures {
  /** Where it ends in the candidate's text. */
  end: number;
  values: Float64Array;
}

/** Where the shown part of a candidate's text ends; nothing is shown where that is in what was typed. */
export type Gate = (candidate: Candidate) => number;

/** Everything is shown. */
export const OPEN_GATE: Gate = ({ text }) => text.length;

/** What is likely enough is shown. */
export function confidenceGate(minimum: MinimumConfidence): Gate {
  return ({ pieces, text, typed }) => confidentEnd(pieces, text.length, typed, minimum);
}
