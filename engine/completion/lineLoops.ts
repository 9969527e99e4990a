/** Detects loops: a small model that has no likely continuation often repeats itself. */

import { periodicTail } from "../text/repeats.ts";

/** The longest unit that is considered. */
const LONGEST_UNIT = 40;
/** How often a unit must be repeated. */
const REPEATS = 5;
/** A loop has at least this many characters, because code has short repetitions, such as `None, None, None`. */
const SHORTEST_LOOP = 20;
/** How many characters at the end of a line are examined, because a line may be as long as a whole file. */
const LOOKED_AT = 400;

/**
 * The length of the loop in which a line ends, 0 when it does not end in one. Units without a letter (rulers,
 * indentation, closing brackets, columns of numbers) may repeat.
 *
 * @param own how many characters at the end of the line belong to the suggestion; at least one whole unit must be among
 * them.
 */
export function loopLength(line: string, own: number): number {
  const tail = line.slice(-LOOKED_AT);
  let longest = 0;
  for (let unit = 1; unit <= Math.min(LONGEST_UNIT, own); unit++) {
    const length = periodicTail(tail, unit);
    const isLoop = length >= Math.max(SHORTEST_LOOP, unit * REPEATS) && hasWord(tail, unit);
    if (isLoop) longest = Math.max(longest, length);
  }
  return longest;
}

const VALUE = /^(?:null|nil|none|undefined|true|false|[-+]?\d[\w.]*)$/i;

/** Whether a line is a row of plain values in a list or a table. Equal rows may follow each other. */
export function isRowOfValues(line: string): boolean {
  return line.split(/[\s,;|]+/).every((value) => value === "" || VALUE.test(value));
}

/** Whether a unit at the end of a text has a letter that is not part of a number such as `0x1f`. */
function hasWord(text: string, unit: number): boolean {
  if (!/\p{L}/u.test(text.slice(-unit))) return false;
  // The unit may begin within a number.
  const [, ...whole] = text.slice(-2 * unit).split(/\b(?=\d)/);
  return whole.length === 0 || whole.some((part) => /\p{L}/u.test(part.replace(/^\w+/, "")));
}
