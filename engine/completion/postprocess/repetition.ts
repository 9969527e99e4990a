import { lineBefore } from "../../cursor.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** A unit at most this long, */
const LONGEST_UNIT = 40;
/** said at least this often, */
const REPEATS = 3;
/** over at least this many characters, is a loop and not code. */
const SHORTEST_LOOP = 12;

/**
 * Refuses a line that ends in a loop ("a, a, a, a,"): a small model out of ideas. Units without a letter (rulers,
 * indentation, closing brackets, columns of numbers) may repeat. What the user has typed of the line counts along, so
 * that a loop is not shown piece by piece, but at least one whole unit must be the suggestion's own.
 */
export const repetition: Filter = ({ text, replaceLength }, context) => {
  const line = lineBefore(context.prefix) + text;
  for (let unit = 1; unit <= Math.min(LONGEST_UNIT, text.length); unit++) {
    if (/\p{L}/u.test(line.slice(-unit)) && periodicTail(line, unit) >= Math.max(unit * REPEATS, SHORTEST_LOOP)) {
      return drop("repetitive");
    }
  }
  return keep(text, replaceLength);
};

/** Length of the longest tail of the line in which every character equals the one `unit` places before. */
function periodicTail(line: string, unit: number): number {
  let index = line.length - 1;
  while (index >= unit && line[index] === line[index - unit]) {
    index--;
  }
  return line.length - 1 - index + unit;
}
