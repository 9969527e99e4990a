/**
 * Weights of what speaks for and against a place, fitted on replays of real commits by scripts/fit-next-edits.mjs; the
 * repositories, and how right the proposals are in others, are in docs/measurements/next-edits.md.
 */
import type { Features } from "./features.ts";

export const BIAS = -1.67;

export const WEIGHTS: Features = {
  above: -0.28,
  age: -0.08,
  alike: 0.1,
  alikeSquared: 0.31,
  "argument 1": -0.35,
  "argument 2": -0.24,
  "argument 3": -0.13,
  "block 1": -0.03,
  "block 2": 0.78,
  "block 3": 0.48,
  conflicts: -0.24,
  context: 0.32,
  "deletion 1": 0.49,
  "deletion 2": 0.45,
  "deletion 3": 0.34,
  distance: -1.34,
  elsewhere: -0.65,
  examples: 1.11,
  "expression 1": -0.47,
  "expression 2": -0.92,
  "expression 3": -0.13,
  free: -0.2,
  "inserted line 1": -1.26,
  "inserted line 2": -1.58,
  "inserted line 3": -0.1,
  "insertion 2": 0.08,
  "insertion 3": 0.5,
  isComment: -0.32,
  kept: -0.56,
  length: 0.3,
  "line 2": 0.17,
  "line 3": 0.96,
  "rename 1": 0.5,
  "rename 2": 0.37,
  "rename 3": 0.28,
  words: 0.12,
  "words 2": -0.46,
  "words 3": -1.0,
};
