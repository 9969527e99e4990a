/**
 * The weights of the features, fitted on replays of real commits by scripts/fit-next-edits.mjs. The repositories, and
 * how often the proposals are right in others, are in docs/measurements/next-edits.md.
 */
import type { Features } from "./features.ts";

export const BIAS = -1.44;

export const WEIGHTS: Features = {
  above: -0.81,
  age: -0.02,
  "argument 1": -0.71,
  "argument 2": -1.0,
  "argument 3": -0.72,
  "block 1": -0.82,
  "block 2": 0.62,
  "block 3": 0.64,
  conflicts: -0.25,
  context: 0.52,
  "deletion 1": 0.73,
  "deletion 2": 0.27,
  "deletion 3": -0.25,
  distance: -0.74,
  elsewhere: -0.67,
  examples: 0.9,
  "expression 2": -2.03,
  "expression 3": -1.16,
  free: -0.11,
  here: 0.23,
  "inserted line 3": -2.24,
  "insertion 2": -1.45,
  "insertion 3": -0.54,
  isComment: -0.72,
  isNew: 0.49,
  kept: -0.4,
  length: 0.24,
  "line 1": -0.32,
  "line 2": -0.41,
  "line 3": 0.37,
  "rename 1": -0.06,
  "rename 2": -0.13,
  "rename 3": -0.43,
  words: 0.19,
  "words 3": -0.99,
};
