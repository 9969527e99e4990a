/** Finds out which old line became which new line. */
import { isSpace, tokenize } from "./tokens.ts";

/** Lines that are less similar than this are different lines. */
const LEAST_SIMILARITY = 0.4;

/**
 * Pairs of an old and a new line that are versions of each other, in order. It is the pairing without crossings that
 * has the greatest sum of similarities. Lines without a partner were deleted or inserted.
 */
export function alignLines(before: readonly string[], after: readonly string[]): [old: number, next: number][] {
  const bags = { old: before.map(bagOf), next: after.map(bagOf) };
  const width = after.length + 1;
  const scores = new Float64Array((before.length + 1) * width);
  const likeness = new Float64Array(before.length * after.length);
  for (let old = before.length - 1; old >= 0; old--) {
    for (let next = after.length - 1; next >= 0; next--) {
      const alike = similarity(bags.old[old]!, bags.next[next]!);
      likeness[old * after.length + next] = alike;
      const paired = alike >= LEAST_SIMILARITY ? alike + scores[(old + 1) * width + next + 1]! : 0;
      scores[old * width + next] = Math.max(paired, scores[(old + 1) * width + next]!, scores[old * width + next + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  let old = 0;
  let next = 0;
  while (old < before.length && next < after.length) {
    const score = scores[old * width + next]!;
    const alike = likeness[old * after.length + next]!;
    if (alike >= LEAST_SIMILARITY && score === alike + scores[(old + 1) * width + next + 1]!) {
      pairs.push([old++, next++]);
    } else if (score === scores[(old + 1) * width + next]!) old++;
    else next++;
  }
  return pairs;
}

/** The tokens of a line without their order. */
export interface Bag {
  counts: Map<string, number>;
  size: number;
}

function bagOf(line: string): Bag {
  const counts = new Map<string, number>();
  let size = 0;
  for (const token of tokenize(line)) {
    if (isSpace(token)) continue;
    counts.set(token, (counts.get(token) ?? 0) + 1);
    size++;
  }
  return { counts, size };
}

/** Dice's coefficient of the tokens: 1 for the same tokens, 0 for no common token. */
export function similarity(one: Bag, other: Bag): number {
  if (one.size + other.size === 0) return 1;
  let shared = 0;
  for (const [token, count] of one.counts) shared += Math.min(count, other.counts.get(token) ?? 0);
  return (2 * shared) / (one.size + other.size);
}
