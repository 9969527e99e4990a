/**
 * Finds the differences of two lists: the fewest insertions and deletions that lead from one to the other, as ranges.
 */

/** `old[oldStart, oldEnd)` was replaced by `new[newStart, newEnd)`; one of the two may be empty. */
export interface DiffRange {
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/**
 * The comparison fills a table of one cell for each pair of elements. If that would be more cells than this, everything
 * between the equal ends counts as replaced.
 */
const MAX_CELLS = 4_000_000;

/** The ranges in which two lists differ, in order; between them the lists are equal. */
export function diff<T>(before: readonly T[], after: readonly T[]): DiffRange[] {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const rows = before.length - tail - start;
  const columns = after.length - tail - start;
  if (rows === 0 && columns === 0) return [];
  if (rows === 0 || columns === 0 || (rows + 1) * (columns + 1) > MAX_CELLS) {
    const only = { oldStart: start, oldEnd: start + rows, newStart: start, newEnd: start + columns };
    return slideToFront(before, after, [only]);
  }
  return slideToFront(before, after, differingRanges(before, after, start, rows, columns));
}

/** The fewest elements that must be deleted and inserted to turn one list into the other. */
export function distance<T>(before: readonly T[], after: readonly T[]): number {
  let sum = 0;
  for (const range of diff(before, after)) sum += range.oldEnd - range.oldStart + range.newEnd - range.newStart;
  return sum;
}

/**
 * The ranges that are not in the longest common subsequence, which is found by dynamic programming.
 *
 * @param from where the compared parts begin in both lists; they have `rows` and `columns` elements.
 */
function differingRanges<T>(
  before: readonly T[],
  after: readonly T[],
  from: number,
  rows: number,
  columns: number,
): DiffRange[] {
  const width = columns + 1;
  const table = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const cell = row * width + column;
      table[cell] =
        before[from + row] === after[from + column]
          ? table[cell + width + 1]! + 1
          : Math.max(table[cell + width]!, table[cell + 1]!);
    }
  }
  const ranges: DiffRange[] = [];
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const oldStart = from + row;
    const newStart = from + column;
    while (row < rows || column < columns) {
      if (row < rows && column < columns && before[from + row] === after[from + column]) break;
      const cell = row * width + column;
      if (column === columns || (row < rows && table[cell + width]! >= table[cell + 1]!)) row++;
      else column++;
    }
    if (from + row > oldStart || from + column > newStart) {
      ranges.push({ oldStart, oldEnd: from + row, newStart, newEnd: from + column });
    }
    while (row < rows && column < columns && before[from + row] === after[from + column]) {
      row++;
      column++;
    }
  }
  return ranges;
}

/**
 * Moves pure insertions and deletions as far to the front as the equal elements before them allow, so that the same
 * change always has the same range: `f(a, c)` to `f(a, b, c)` inserts `, b`, and not `b, `.
 */
function slideToFront<T>(before: readonly T[], after: readonly T[], ranges: DiffRange[]): DiffRange[] {
  let previousEnd = 0;
  for (const range of ranges) {
    const isInsertion = range.oldStart === range.oldEnd;
    const isDeletion = range.newStart === range.newEnd;
    const list = isInsertion ? after : before;
    while (isInsertion !== isDeletion && range.oldStart > previousEnd) {
      const start = isInsertion ? range.newStart : range.oldStart;
      const end = isInsertion ? range.newEnd : range.oldEnd;
      if (list[start - 1] !== list[end - 1]) break;
      range.oldStart--;
      range.oldEnd--;
      range.newStart--;
      range.newEnd--;
    }
    previousEnd = range.oldEnd;
  }
  return ranges;
}
