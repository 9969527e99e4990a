/**
 * Gradient-boosted trees for a probability, with histograms (Friedman 2001; Ke and others 2017). All trees are complete
 * and have the same depth, so that a forest is three flat lists.
 */
import type { Forest } from "../../engine/completion/gate/forest.ts";
import { Random } from "../../engine/replay/random.ts";

export interface Table {
  rows: number;
  /** One list of `rows` values for each feature. */
  columns: Float32Array[];
  /** 0 or 1. */
  labels: Uint8Array;
  weights: Float32Array;
}

export interface BoostOptions {
  trees: number;
  depth: number;
  /** The share of a tree's step that is taken. */
  rate: number;
  /** The share of the rows that a tree is made from. */
  rows: number;
  /** How strongly a leaf is drawn to zero; below, the least weight of the rows in a leaf, in variances. */
  smoothing: number;
  fewest: number;
  seed: number;
}

const BINS = 64;

/** Thresholds that divide a column into bins with about the same number of rows. */
function thresholdsOf(column: Float32Array): number[] {
  const step = Math.max(1, Math.floor(column.length / 20_000));
  const sample = column.filter((_, index) => index % step === 0).sort();
  const thresholds = new Set<number>();
  for (let bin = 1; bin < BINS; bin++) {
    const low = sample[Math.floor((bin * sample.length) / BINS) - 1];
    const high = sample.find((value) => low !== undefined && value > low);
    if (low !== undefined && high !== undefined) thresholds.add((low + high) / 2);
  }
  return [...thresholds].sort((a, b) => a - b);
}

function binsOf(column: Float32Array, thresholds: readonly number[]): Uint8Array {
  return Uint8Array.from(column, (value) => {
    let low = 0;
    let high = thresholds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (thresholds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

/** @param onTree called with the mean loss after each tree */
export function boost(table: Table, options: BoostOptions, onTree: (tree: number, loss: number) => void): Forest {
  const { rows, labels, weights } = table;
  const thresholds = table.columns.map(thresholdsOf);
  const bins = table.columns.map((column, feature) => binsOf(column, thresholds[feature] ?? []));
  const random = new Random(options.seed);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const right = weights.reduce((sum, weight, row) => sum + weight * (labels[row] ?? 0), 0);
  const base = Math.log(right / (total - right));
  const scores = new Float64Array(rows).fill(base);
  const gradients = new Float64Array(rows);
  const curvatures = new Float64Array(rows);
  const forest: Forest = { depth: options.depth, base, features: [], thresholds: [], leaves: [] };
  for (let tree = 0; tree < options.trees; tree++) {
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const probability = 1 / (1 + Math.exp(-(scores[row] ?? 0)));
      const weight = weights[row] ?? 0;
      const label = labels[row] ?? 0;
      gradients[row] = weight * (label - probability);
      curvatures[row] = weight * probability * (1 - probability);
      loss -= weight * Math.log(Math.max(1e-9, label === 1 ? probability : 1 - probability));
    }
    onTree(tree, loss / total);
    growTree(forest, { bins, thresholds, gradients, curvatures, scores, options, random });
  }
  return forest;
}

interface Growing {
  bins: Uint8Array[];
  thresholds: number[][];
  gradients: Float64Array;
  curvatures: Float64Array;
  scores: Float64Array;
  options: BoostOptions;
  random: Random;
}

/** Adds a tree to the forest and its values to the scores, level by level. */
function growTree(forest: Forest, growing: Growing): void {
  const { bins, thresholds, gradients, curvatures, scores, options, random } = growing;
  const count = gradients.length;
  const nodes = new Uint8Array(count);
  const seen = Uint32Array.from({ length: count }, (_, row) => row).filter(() => random.chance(options.rows));
  for (let level = 0; level < options.depth; level++) {
    const splits = Array.from({ length: 1 << level }, () => ({ gain: 0, feature: 0, bin: 255 }));
    for (const [feature, column] of bins.entries()) {
      const width = (thresholds[feature]?.length ?? 0) + 1;
      const sums = new Float64Array(2 * width * splits.length);
      for (const row of seen) {
        const at = 2 * ((nodes[row] ?? 0) * width + (column[row] ?? 0));
        sums[at] = (sums[at] ?? 0) + (gradients[row] ?? 0);
        sums[at + 1] = (sums[at + 1] ?? 0) + (curvatures[row] ?? 0);
      }
      for (const [node, best] of splits.entries()) {
        const found = bestSplit(sums.subarray(2 * width * node, 2 * width * (node + 1)), options);
        if (found.gain > best.gain) splits[node] = { ...found, feature };
      }
    }
    for (const { feature, bin } of splits) {
      forest.features.push(feature);
      // A node that gains nothing sends every row to its left child.
      forest.thresholds.push(bin === 255 ? Number.MAX_VALUE : (thresholds[feature]?.[bin] ?? 0));
    }
    for (let row = 0; row < count; row++) {
      const node = nodes[row] ?? 0;
      const split = splits[node];
      const isRight = split !== undefined && (bins[split.feature]?.[row] ?? 0) > split.bin;
      nodes[row] = 2 * node + Number(isRight);
    }
  }
  const sums = new Float64Array(2 << options.depth);
  for (const row of seen) {
    const at = 2 * (nodes[row] ?? 0);
    sums[at] = (sums[at] ?? 0) + (gradients[row] ?? 0);
    sums[at + 1] = (sums[at + 1] ?? 0) + (curvatures[row] ?? 0);
  }
  const leaves = Array.from(
    { length: 1 << options.depth },
    (_, leaf) => (options.rate * (sums[2 * leaf] ?? 0)) / ((sums[2 * leaf + 1] ?? 0) + options.smoothing),
  );
  forest.leaves.push(...leaves);
  for (let row = 0; row < count; row++) scores[row] = (scores[row] ?? 0) + (leaves[nodes[row] ?? 0] ?? 0);
}

/** @param sums gradient and curvature of each bin, alternating */
function bestSplit(sums: Float64Array, { smoothing, fewest }: BoostOptions): { gain: number; bin: number } {
  let gradient = 0;
  let curvature = 0;
  for (let at = 0; at < sums.length; at += 2) {
    gradient += sums[at] ?? 0;
    curvature += sums[at + 1] ?? 0;
  }
  const whole = (gradient * gradient) / (curvature + smoothing);
  let best = { gain: 0, bin: 255 };
  let left = 0;
  let weight = 0;
  for (let at = 0; at + 2 < sums.length; at += 2) {
    left += sums[at] ?? 0;
    weight += sums[at + 1] ?? 0;
    if (weight < fewest || curvature - weight < fewest) continue;
    const rest = gradient - left;
    const gain = (left * left) / (weight + smoothing) + (rest * rest) / (curvature - weight + smoothing) - whole;
    if (gain > best.gain) best = { gain, bin: at / 2 };
  }
  return best;
}
