/** Boosted trees, which compute a probability from numbers in a few microseconds. */
export interface Forest {
  /** The depth of every tree; all trees are complete. */
  depth: number;
  /** The score before any tree, in log-odds. */
  base: number;
  /** The feature of each inner node, tree by tree and level by level. */
  features: number[];
  /** The threshold of each inner node, in the same order. Greater values go to the right. */
  thresholds: number[];
  /** What each leaf adds to the score, tree by tree. */
  leaves: number[];
}

/** The log-odds that a forest computes from the values of its features. */
export function scoreOf({ depth, base, features, thresholds, leaves }: Forest, values: Float64Array): number {
  const inner = (1 << depth) - 1;
  let score = base;
  for (let node = 0, leaf = 0; node < features.length; node += inner, leaf += inner + 1) {
    let place = 0;
    for (let level = 0; level < depth; level++) {
      const at = node + (1 << level) - 1 + place;
      place = 2 * place + Number((values[features[at] ?? 0] ?? 0) > (thresholds[at] ?? 0));
    }
    score += leaves[leaf + place] ?? 0;
  }
  return score;
}

export function probabilityOf(score: number): number {
  return 1 / (1 + Math.exp(-score));
}
