/**
 * Loops: a small model that is out of ideas says the same again and again.
 */

import { periodicTail } from "../text/repeats.ts";

/** A unit at most this long, */
const LONGEST_UNIT = 40;
/** said at least this often, */
const REPEATS = 5;
/** over at least this many characters, is a loop and not code: `(None, None, None, None)` is none. */
const SHORTEST_LOOP = 20;
/** Characters at the end of a line; some files have all of theirs in one. */
const LOOKED_AT = 400;

/**
 * Length of the loop that a line ends in, 0 when it ends in none. Units without a letter (rulers, indentation, closing
 * brackets, columns of numbers) may repeat.
 *
 * @param own characters at the end of the line that are the suggestion's: at least one whole unit must be among them.
 */
export function loopLength(line: string, own: number): number {
  const tail = line.slice(-LOOKED_AT);
  let longest = 0;
  for (let unit = 1; unit <= Math.min(LONGEST_UNIT, own); unit++) {
    const length = periodicTail(tail, unit);
    const isLoop = length >= Math.max(SHORTEST_LOOP, unit * REPEATS) && /\p{L}/u.test(tail.slice(-unit));
    if (isLoop) longest = Math.max(longest, length);
  }
  return longest;
}
