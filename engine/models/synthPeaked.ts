/**
 * Random weights whose logits are as peaked as a trained model's.
 *
 * The largest of 128,256 random logits is 4.3 standard deviations above the mean for any input; in a trained model it
 * is 6 to 14 above. That decides how fast a head is that proves its choice by bounds.
 *
 * Every token has two successors, which get the largest logits. Row j of the embedding is a u_j + b P (u_i + SECOND
 * u_k), where j is the first successor of i and the second of k, u are random vectors and P is a permutation of the
 * channels. The feed-forward block of the first layer computes y = D P x, with a diagonal D of random signs: its gate
 * sees only a channel that is constant in all rows, so that gate * up is x itself, and the down projection permutes.
 * The output norm is D: y matches the rows of the successors, while what remains of the token's own row cancels out.
 * All other blocks add noise that depends on the context, with a strength that gives the wanted peak. The lengths of
 * the rows vary, and the peak varies with them.
 */
import { toF16 } from "./half.ts";
import { normalSamples, randomBits } from "./synthRandom.ts";

/** Weight of the second successor: a standard deviation below the first, so that the noise often decides. */
const SECOND = 0.9;
/** The shares of a row that are its own and its predecessors'; their squares add up to one. */
const OWN = Math.SQRT1_2;
const INHERITED = OWN / Math.hypot(1, SECOND);
/**
 * Value of the constant channel, as a multiple of the others' standard deviation, so that noise never flips its sign.
 */
const CONSTANT = 4;
/** The lengths of the rows range from 1 - SPREAD to 1 + SPREAD. */
const SPREAD = 0.3;

export interface PeakedShape {
  hiddenSize: number;
  layerCount: number;
  ffnSize: number;
}

/** Fills the ternary codes (0, 1, 2) of one row. */
export type CodeRow = (codes: Uint8Array, row: number) => void;

export class PeakedWeights {
  /** Factor of the scales of the blocks that add noise to the residual stream. */
  readonly noiseGain: number;
  /** Weights of the output norm: D, and 0 for the constant channel. */
  readonly outputNorm: Float32Array;
  /** Scale of the first layer's down projection. */
  readonly downScale: number;
  /** Channel c of x becomes channel `target[c]` of y. */
  readonly #target: Uint32Array;
  readonly #samples: Float64Array;

  readonly #shape: PeakedShape;
  readonly #vocabSize: number;
  readonly #seed: number;

  /**
   * @param peak standard deviations between the mean of the logits and their largest, on average
   * @throws RangeError when the shape allows no such peak
   */
  constructor(shape: PeakedShape, vocabSize: number, peak: number, seed: number) {
    this.#shape = shape;
    this.#vocabSize = vocabSize;
    this.#seed = seed;
    const { hiddenSize, layerCount, ffnSize } = shape;
    // The largest logit is sqrt(hidden) OWN INHERITED / |x| standard deviations, with |x|^2 = |row|^2 + |y|^2 + noise.
    const noise = (Math.sqrt(hiddenSize) * OWN * INHERITED) ** 2 / peak ** 2 - 2;
    if (!(noise > 0) || ffnSize < hiddenSize || layerCount < 2) {
      const limit = Math.sqrt(hiddenSize / 2) * OWN * INHERITED;
      throw new RangeError(
        `A peak of ${peak} standard deviations needs more layers or channels: two layers, feed-forward blocks as wide as the ${hiddenSize} channels, and a peak below ${limit.toFixed(1)}.`,
      );
    }
    this.noiseGain = Math.sqrt(noise / ((2 * layerCount - 1) * hiddenSize));
    // After the sub-norm, the squares of all inputs of the down projection add up to their number.
    this.downScale = 1 / Math.sqrt(ffnSize);
    this.#samples = normalSamples(65536, seed);
    const next = randomBits(seed, 0x7065616b);
    this.outputNorm = Float32Array.from({ length: hiddenSize }, (_, c) => (c === 0 ? 0 : next() < 0 ? -1 : 1));
    this.#target = shuffled(hiddenSize, next);
  }

  /** Codes of the first layer's gate: every row reads the constant channel. */
  readonly gate: CodeRow = (codes, row) => {
    codes.fill(1);
    if (row < this.#shape.hiddenSize) codes[0] = 2;
  };

  /** Codes of the first layer's up projection: each row reads one channel, except the constant one. */
  readonly up: CodeRow = (codes, row) => {
    codes.fill(1);
    if (row > 0 && row < this.#shape.hiddenSize) codes[row] = 2;
  };

  /** Codes of the first layer's down projection: y = D P x. */
  readonly down: CodeRow = (codes, row) => {
    codes.fill(1);
    if (row > 0) codes[this.#target.indexOf(row)] = (this.outputNorm[row] ?? 0) < 0 ? 0 : 2;
  };

  /** Writes rows of the embedding as f16 bits, one after another. */
  rows(): (row: number, out: Uint16Array, at: number) => void {
    const { hiddenSize } = this.#shape;
    const vocabSize = this.#vocabSize;
    const target = this.#target;
    const [first, second] = [coprime(vocabSize, 0.618), coprime(vocabSize, 0.276)];
    const [own, one, two] = [0, 1, 2].map(() => new Float64Array(hiddenSize)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const constant = toF16(CONSTANT / Math.sqrt(hiddenSize));
    return (row, out, at) => {
      const length = this.#vector(row, own);
      this.#vector((row + vocabSize - first) % vocabSize, one);
      this.#vector((row + vocabSize - second) % vocabSize, two);
      const factor = length / Math.sqrt(hiddenSize);
      out[at] = constant;
      for (let c = 1; c < hiddenSize; c++) {
        const to = target[c] ?? 0;
        const inherited = (one[c] ?? 0) + SECOND * (two[c] ?? 0);
        out[at + to] = toF16(factor * (OWN * (own[to] ?? 0) + INHERITED * inherited));
      }
    };
  }

  /**
   * u of a token: normal samples of variance 1.
   * @returns the length of the token's row
   */
  #vector(token: number, out: Float64Array): number {
    const next = randomBits(this.#seed ^ 0x746f6b65, token);
    const samples = this.#samples;
    const length = 1 + SPREAD * (next() / 2 ** 31);
    for (let c = 0; c < out.length; c += 2) {
      const bits = next();
      out[c] = samples[bits & 0xffff] ?? 0;
      out[c + 1] = samples[bits >>> 16] ?? 0;
    }
    return length;
  }
}

/** A permutation of 0..count-1 that keeps 0 where it is. */
function shuffled(count: number, next: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 1; i--) {
    const j = 1 + ((next() >>> 0) % i);
    const moved = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = moved;
  }
  return order;
}

/**
 * The first number from `share` * `count` upwards that is coprime to `count`, so that steps of it visit every value.
 */
function coprime(count: number, share: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.floor(count * share));
  while (divisor(count, step) !== 1) step++;
  return step;
}
