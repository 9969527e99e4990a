/**
 * Stores rows of the output head as int8 in bit planes (packFormat.ts), with the norms from which bounds are computed.
 */
import { F16_TO_F32 } from "../half.ts";

/** 1.5 * 2^52: adding and subtracting it rounds a small double to the nearest integer, ties to even. */
const ROUND = 6755399441055744;
/** Code of q = 0. */
const ZERO = 128;
const GROUP_ROWS = 16;

/** Scale and norms of one row; the norms are upper bounds, rounded up to f32. */
export interface HeadRow {
  /** The scale, with weight = scale * q approximately. */
  scale: number;
  /** The norm |low nibbles - 7.5|. */
  lowNorm: number;
  /** The norm |lowest three bits - 3.5|. */
  restNorm: number;
  /** The norm |f16 weights - scale * q|. */
  errorNorm: number;
  /** The norm |f16 weights|. */
  norm: number;
}

/**
 * An f32 that is not below `value`, which was summed in doubles. The factor covers both rounding errors.
 */
function roundUp(value: number): number {
  return Math.fround(value * (1 + 2 ** -20));
}

/**
 * Quantises a row of f16 bits to the codes q + 128 with q = round(weight / scale), scale = absmax / 127 (0 for a row of
 * zeros). It writes as many elements of `codes` as the row has columns.
 */
export function quantiseRow(row: Uint16Array, codes: Uint8Array): HeadRow {
  // The bits of non-negative halves sort in the same order as their values.
  let most = 0;
  for (let i = 0; i < row.length; i++) {
    const magnitude = (row[i] ?? 0) & 0x7fff;
    if (magnitude > most) most = magnitude;
  }
  const absmax = F16_TO_F32[most] ?? 0;
  const scale = Math.fround(absmax / 127);
  const inverse = most === 0 ? 0 : 127 / absmax;
  let lows = 0;
  let rests = 0;
  let errors = 0;
  let squares = 0;
  for (let i = 0; i < row.length; i++) {
    const value = F16_TO_F32[row[i] ?? 0] ?? 0;
    const q = value * inverse + ROUND - ROUND;
    const code = q + ZERO;
    codes[i] = code;
    const low = (code & 15) - 7.5;
    const rest = (code & 7) - 3.5;
    const error = value - scale * q;
    lows += low * low;
    rests += rest * rest;
    errors += error * error;
    squares += value * value;
  }
  const norm = (sum: number) => roundUp(Math.sqrt(sum));
  return { scale, lowNorm: norm(lows), restNorm: norm(rests), errorNorm: norm(errors), norm: norm(squares) };
}

/** Converts rows of f16 into the planes, batch by batch, and collects the scales and norms that follow them. */
export class HeadEncoder {
  /** f32 [rows] each: scales, low norms, error norms, norms. */
  readonly arrays: Float32Array;
  /** f32 [rows] */
  readonly restNorms: Float32Array;
  readonly #codes: Uint8Array;
  readonly #dwords: Uint32Array;
  readonly #highSteps: number;
  readonly #middleChunks: number;
  readonly #lowChunks: number;
  #row = 0;

  /** Every batch but the last must have a multiple of this number of rows. */
  static readonly batchRows = GROUP_ROWS;

  readonly #rows: number;
  readonly #columns: number;

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.arrays = new Float32Array(4 * rows);
    this.restNorms = new Float32Array(rows);
    this.#highSteps = Math.ceil(columns / 8);
    this.#lowChunks = Math.ceil(columns / 128);
    this.#middleChunks = Math.ceil(columns / 512);
    this.#codes = new Uint8Array(this.#middleChunks * 512).fill(ZERO);
    this.#dwords = new Uint32Array(this.#codes.buffer);
  }

  /** Converts the next rows of f16 bits, row by row, to the bytes of the planes. */
  encode(values: Uint16Array): { high: Uint32Array; middle: Uint32Array; low: Uint32Array } {
    const columns = this.#columns;
    const rows = this.#rows;
    const highSteps = this.#highSteps;
    const middleChunks = this.#middleChunks;
    const lowChunks = this.#lowChunks;
    const { arrays } = this;
    const count = values.length / columns;
    // The rows that fill up the last group have the high nibbles of q = 0.
    const high = new Uint32Array(Math.ceil(count / GROUP_ROWS) * GROUP_ROWS * highSteps).fill(0x88888888);
    const middle = new Uint32Array(count * middleChunks * 16);
    const low = new Uint32Array(count * lowChunks * 16);
    for (let r = 0; r < count; r++, this.#row++) {
      const row = quantiseRow(values.subarray(r * columns, (r + 1) * columns), this.#codes);
      arrays[this.#row] = row.scale;
      arrays[rows + this.#row] = row.lowNorm;
      arrays[2 * rows + this.#row] = row.errorNorm;
      arrays[3 * rows + this.#row] = row.norm;
      this.#placeHigh(high, Math.floor(r / GROUP_ROWS) * GROUP_ROWS * highSteps + (r % GROUP_ROWS));
      this.restNorms[this.#row] = row.restNorm;
      this.#placeMiddle(middle, r * middleChunks * 16);
      this.#placeLow(low, r * lowChunks * 16);
    }
    return { high, middle, low };
  }

  #placeHigh(high: Uint32Array, base: number): void {
    const dwords = this.#dwords;
    for (let step = 0; step < this.#highSteps; step++) {
      const first = dwords[2 * step] ?? 0;
      const second = dwords[2 * step + 1] ?? 0;
      high[base + GROUP_ROWS * step] = ((first >>> 4) & 0x0f0f0f0f) | (second & 0xf0f0f0f0);
    }
  }

  #placeMiddle(middle: Uint32Array, base: number): void {
    const dwords = this.#dwords;
    for (let chunk = 0; chunk < this.#middleChunks; chunk++) {
      for (let i = 0; i < 16; i++) {
        let bits = 0;
        for (let b = 0; b < 8; b++) {
          bits |= (((dwords[128 * chunk + 16 * b + i] ?? 0) >>> 3) & 0x01010101) << b;
        }
        middle[base + 16 * chunk + i] = bits;
      }
    }
  }

  #placeLow(low: Uint32Array, base: number): void {
    const dwords = this.#dwords;
    for (let chunk = 0; chunk < this.#lowChunks; chunk++) {
      for (let i = 0; i < 16; i++) {
        const first = dwords[32 * chunk + i] ?? 0;
        const second = dwords[32 * chunk + 16 + i] ?? 0;
        low[base + 16 * chunk + i] = (first & 0x0f0f0f0f) | ((second & 0x0f0f0f0f) << 4);
      }
    }
  }
}
