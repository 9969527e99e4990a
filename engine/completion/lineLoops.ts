/**
 * Loops: a small model that is out of ideas says the same again and again.
 */

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
  const border = borders(tail);
  // The shortest period of each tail, from the failure function of the reversed line (Knuth, Morris, Pratt).
  for (let length = tail.length; length >= SHORTEST_LOOP; length--) {
    const unit = length - (border[length] ?? 0);
    if (unit <= Math.min(LONGEST_UNIT, own) && length >= unit * REPEATS && /\p{L}/u.test(line.slice(-unit))) {
      return length;
    }
  }
  return 0;
}

/** borders[n]: length of the longest proper end of the line's last n characters that is their beginning, too. */
function borders(line: string): number[] {
  const at = (index: number) => line.charCodeAt(line.length - 1 - index);
  const border = [0, 0];
  let length = 0;
  for (let index = 1; index < line.length; index++) {
    while (length > 0 && at(index) !== at(length)) length = border[length] ?? 0;
    if (at(index) === at(length)) length++;
    border.push(length);
  }
  return border;
}
