/**
 * Notices when an answer repeats itself, as small models do: the same few words, or the same lines, again and again. A
 * few repetitions are no loop, because tables, code and lists repeat themselves a little.
 */

import { periodicTail } from "../text/repeats.ts";

/** The repeated piece has at most this many characters. */
const LONGEST_PERIOD = 600;
/** The piece occurs at least this many times. */
const REPEATS = 4;
/** The whole loop has at least this many characters. Horizontal rules and rows of a table are shorter. */
const SHORTEST_LOOP = 240;
/** Pieces without a letter (columns of numbers, brackets) may repeat for longer. */
const SHORTEST_LOOP_WITHOUT_LETTERS = 1_200;
/** The test costs a few comparisons for each possible period, so it is made once per this many characters. */
const STEP = 16;

export class LoopDetector {
  #text = "";
  #tested = 0;

  /** @returns true when the text so far ends in a loop. */
  push(piece: string): boolean {
    this.#text = (this.#text + piece).slice(-LONGEST_PERIOD * (REPEATS + 1));
    this.#tested += piece.length;
    if (this.#tested < STEP) {
      return false;
    }
    this.#tested = 0;
    return endsInLoop(this.#text);
  }
}

export function endsInLoop(text: string): boolean {
  for (let period = 1; period <= Math.min(LONGEST_PERIOD, text.length / REPEATS); period++) {
    const shortest = /\p{L}/u.test(text.slice(-period)) ? SHORTEST_LOOP : SHORTEST_LOOP_WITHOUT_LETTERS;
    if (periodicTail(text, period) >= Math.max(period * REPEATS, shortest)) {
      return true;
    }
  }
  return false;
}
