/**
 * Decodes ternary rows of each source format to 2-bit codes, 16 columns to a dword as in the T2 layout of
 * packFormat.ts: byte j, bits 2p..2p+1 = code of column 4p + j. Four bytes of a source that keeps one 2-bit group per
 * bit plane are therefore, masked with 03030303h, already the p-th part of a dword.
 */

import { rowBytes, type TensorTypeName } from "../gguf/types.ts";
import { bf16ToF32, F16_TO_F32, isF16NonFinite } from "../half.ts";
import type { ModelTensor } from "../modelFile.ts";
import { RowProblem } from "./rowProblem.ts";

/** Columns per dword. */
export const CODE_COLUMNS = 16;
/** The dword of sixteen zero weights. */
export const ZERO_CODES = 0x55555555;

/**
 * Decodes a row of `columns` weights, a multiple of 16, at `offset` of `data` into the first columns / 16 dwords of
 * `out`.
 *
 * @returns the row's scale; for I2_S, which keeps one per tensor, always 1
 * @throws RowProblem
 */
export type TernaryRowDecoder = (data: DataView, offset: number, columns: number, out: Uint32Array) => number;

const MASK = 0x03030303;

/** Writes the dword of 16 columns whose 2-bit codes are at bit `shift` of the bytes of a0..a3. */
function gather(a0: number, a1: number, a2: number, a3: number, shift: number): number {
  return (
    ((a0 >>> shift) & MASK) |
    (((a1 >>> shift) & MASK) << 2) |
    (((a2 >>> shift) & MASK) << 4) |
    (((a3 >>> shift) & MASK) << 6)
  );
}

/**
 * 128 weights in 32 bytes, four bit planes of 32 columns. `first` is the shift of the first plane, `step` the change
 * from plane to plane. Returns bits that are set when a code is 3.
 */
function planes(data: DataView, at: number, first: number, step: number, out: Uint32Array, to: number): number {
  let bad = 0;
  for (let half = 0; half < 2; half++) {
    const from = at + 16 * half;
    const a0 = data.getUint32(from, true);
    const a1 = data.getUint32(from + 4, true);
    const a2 = data.getUint32(from + 8, true);
    const a3 = data.getUint32(from + 12, true);
    bad |= (a0 & (a0 >>> 1)) | (a1 & (a1 >>> 1)) | (a2 & (a2 >>> 1)) | (a3 & (a3 >>> 1));
    out[to + half] = gather(a0, a1, a2, a3, first);
    out[to + half + 2] = gather(a0, a1, a2, a3, first + step);
    out[to + half + 4] = gather(a0, a1, a2, a3, first + 2 * step);
    out[to + half + 6] = gather(a0, a1, a2, a3, first + 3 * step);
  }
  return bad & ZERO_CODES;
}

const I2S_BLOCK = 128;

function decodeI2S(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  let bad = 0;
  let to = 0;
  for (let at = offset, end = offset + columns / 4; at < end; at += I2S_BLOCK / 4) {
    bad |= planes(data, at, 6, -2, out, to);
    to += I2S_BLOCK / CODE_COLUMNS;
  }
  if (bad !== 0) throw new RowProblem("holds the code 3, which is no ternary weight");
  return 1;
}

const TQ_BLOCK = 256;
const TQ_DWORDS = TQ_BLOCK / CODE_COLUMNS;

/**
 * Derives one scale per row from the scales per block. Blocks whose weights are all zero are ignored.
 */
class BlockScales {
  #bits = -1;

  /** @returns true when the block's weights are all zero, whatever its codes */
  add(bits: number, out: Uint32Array, to: number): void {
    if (isF16NonFinite(bits)) throw new RowProblem("has a scale that is not finite");
    let same = true;
    for (let i = 0; i < TQ_DWORDS; i++) same &&= out[to + i] === ZERO_CODES;
    if (same) return;
    if ((bits & 0x7fff) === 0) {
      out.fill(ZERO_CODES, to, to + TQ_DWORDS);
    } else if (this.#bits === -1) {
      this.#bits = bits;
    } else if (this.#bits !== bits) {
      throw new RowProblem(
        `has blocks of different scales (${F16_TO_F32[this.#bits]} and ${F16_TO_F32[bits]}), so it is not ternary with one scale per row`,
      );
    }
  }

  get value(): number {
    return this.#bits === -1 ? 0 : (F16_TO_F32[this.#bits] ?? 0);
  }
}

function decodeTQ2(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const scales = new BlockScales();
  let at = offset;
  let to = 0;
  for (let block = 0; block < columns / TQ_BLOCK; block++) {
    const bad = planes(data, at, 0, 2, out, to) | planes(data, at + 32, 0, 2, out, to + TQ_DWORDS / 2);
    if (bad !== 0) throw new RowProblem("holds the code 3, which is no ternary weight");
    scales.add(data.getUint16(at + 64, true), out, to);
    at += 66;
    to += TQ_DWORDS;
  }
  return scales.value;
}

/** TRITS[256 n + byte] is the n-th base-3 digit of a TQ1_0 byte, counted from the most significant. */
const TRITS: Uint8Array = (() => {
  const table = new Uint8Array(5 * 256);
  for (let n = 0; n < 5; n++) {
    for (let byte = 0; byte < 256; byte++) table[256 * n + byte] = (((byte * 3 ** n) & 255) * 3) >> 8;
  }
  return table;
})();

/** Digit n of the 16 bytes at offset `at`. */
function trits16(data: DataView, at: number, n: number): number {
  let dword = 0;
  for (let column = 0; column < 16; column++) {
    const code = TRITS[256 * n + data.getUint8(at + column)] ?? 0;
    dword |= code << (8 * (column & 3) + 2 * (column >> 2));
  }
  return dword >>> 0;
}

function decodeTQ1(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const scales = new BlockScales();
  let at = offset;
  let to = 0;
  for (let block = 0; block < columns / TQ_BLOCK; block++) {
    for (let n = 0; n < 5; n++) {
      out[to + 2 * n] = trits16(data, at, n);
      out[to + 2 * n + 1] = trits16(data, at + 16, n);
      out[to + 10 + n] = trits16(data, at + 32, n);
    }
    let last = 0;
    for (let n = 0; n < 4; n++) {
      for (let j = 0; j < 4; j++) {
        last |= (TRITS[256 * n + data.getUint8(at + 48 + j)] ?? 0) << (8 * j + 2 * n);
      }
    }
    out[to + 15] = last >>> 0;
    scales.add(data.getUint16(at + 52, true), out, to);
    at += 54;
    to += TQ_DWORDS;
  }
  return scales.value;
}

/** An f32 scale, then blocks of 64 weights in 16 bytes, four bit planes of 16 columns. */
function decodeIQ2(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  let bad = 0;
  let to = 0;
  for (let at = offset + 4; to < columns / CODE_COLUMNS; at += CODE_COLUMNS) {
    const a0 = data.getUint32(at, true);
    const a1 = data.getUint32(at + 4, true);
    const a2 = data.getUint32(at + 8, true);
    const a3 = data.getUint32(at + 12, true);
    bad |= (a0 & (a0 >>> 1)) | (a1 & (a1 >>> 1)) | (a2 & (a2 >>> 1)) | (a3 & (a3 >>> 1));
    for (let plane = 0; plane < 4; plane++) out[to++] = gather(a0, a1, a2, a3, 2 * plane);
  }
  if ((bad & ZERO_CODES) !== 0) throw new RowProblem("holds the code 3, which is no ternary weight");
  return rowScale(data.getFloat32(offset, true));
}

/**
 * An f16 scale, then blocks of 64 weights in 13 bytes: for each run of 16 three bytes of five base-3 digits, the first
 * weight in the lowest digit, and the runs' last weights as the digits of the thirteenth byte.
 */
function decodeIQ1(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const digit = (byte: number, n: number) => TRITS[256 * (4 - n) + byte] ?? 0;
  let to = 0;
  for (let at = offset + 2; to < columns / CODE_COLUMNS; at += 13) {
    const extra = data.getUint8(at + 12);
    for (let run = 0; run < 4; run++) {
      let dword = 0;
      for (let i = 0; i < CODE_COLUMNS; i++) {
        const code = i === 15 ? digit(extra, run) : digit(data.getUint8(at + 3 * run + Math.floor(i / 5)), i % 5);
        dword |= code << (8 * (i & 3) + 2 * (i >> 2));
      }
      out[to++] = dword >>> 0;
    }
  }
  return rowScale(F16_TO_F32[data.getUint16(offset, true)] ?? Number.NaN);
}

function rowScale(scale: number): number {
  if (!Number.isFinite(scale)) throw new RowProblem("has a scale that is not finite");
  return scale;
}

/** Decodes rows of floats whose bits `read` returns. Each weight must be zero or of one common magnitude. */
function decodeFloats(
  read: (column: number) => number,
  signBit: number,
  columns: number,
  out: Uint32Array,
  value: (magnitude: number) => number,
): number {
  let scale = 0;
  for (let column = 0; column < columns; column++) {
    const magnitude = read(column) & (signBit - 1);
    if (magnitude !== 0 && magnitude !== scale) {
      if (scale !== 0) {
        throw new RowProblem(
          `holds the values ${value(scale)} and ${value(magnitude)}, so it is not ternary (-s, 0 or +s with one s per row)`,
        );
      }
      scale = magnitude;
    }
  }
  for (let at = 0; at < columns / CODE_COLUMNS; at++) {
    let dword = 0;
    for (let i = 0; i < CODE_COLUMNS; i++) {
      const bits = read(at * CODE_COLUMNS + i);
      const code = (bits & (signBit - 1)) === 0 ? 1 : bits >= signBit ? 0 : 2;
      dword |= code << (8 * (i & 3) + 2 * (i >> 2));
    }
    out[at] = dword >>> 0;
  }
  const result = value(scale);
  if (!Number.isFinite(result)) throw new RowProblem("holds a value that is not finite");
  return result;
}

function decodeF16(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const read = (column: number) => data.getUint16(offset + 2 * column, true);
  return decodeFloats(read, 0x8000, columns, out, (magnitude) => F16_TO_F32[magnitude] ?? 0);
}

function decodeBF16(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const read = (column: number) => data.getUint16(offset + 2 * column, true);
  return decodeFloats(read, 0x8000, columns, out, bf16ToF32);
}

const bits = new DataView(new ArrayBuffer(4));

function decodeF32(data: DataView, offset: number, columns: number, out: Uint32Array): number {
  const read = (column: number) => data.getUint32(offset + 4 * column, true);
  return decodeFloats(read, 0x80000000, columns, out, (magnitude) => {
    bits.setUint32(0, magnitude, true);
    return bits.getFloat32(0, true);
  });
}

const DECODERS: Partial<Record<TensorTypeName, TernaryRowDecoder>> = {
  I2_S: decodeI2S,
  TQ1_0: decodeTQ1,
  TQ2_0: decodeTQ2,
  IQ1_BN: decodeIQ1,
  IQ2_BN: decodeIQ2,
  F16: decodeF16,
  BF16: decodeBF16,
  F32: decodeF32,
};

/** Decodes quarter 0..3 of a matrix whose bytes hold one row of each quarter. */
function quarterDecoder(quarter: number): TernaryRowDecoder {
  return (data, offset, columns, out) => {
    let bad = 0;
    for (let step = 0, at = offset; step < columns / CODE_COLUMNS; step++, at += CODE_COLUMNS) {
      const codes = gather(
        data.getUint32(at, true),
        data.getUint32(at + 4, true),
        data.getUint32(at + 8, true),
        data.getUint32(at + 12, true),
        2 * quarter,
      );
      bad |= codes & (codes >>> 1);
      out[step] = codes >>> 0;
    }
    if ((bad & ZERO_CODES) !== 0) throw new RowProblem("holds the code 3, which is no ternary weight");
    return 1;
  };
}

/** Where the rows of a tensor are, and how they are decoded. */
export interface TernaryRows {
  /** Bytes from one row to the next, when they are adjacent. */
  stride: number;
  /**
   * The offset of a row in the tensor, the number of adjacent rows from there (this one included), and their decoder.
   */
  place(row: number): { offset: number; rows: number; decode: TernaryRowDecoder };
}

/** The rows of a tensor whose weights are already ternary. */
export function ternaryRows(tensor: Pick<ModelTensor, "type" | "rows" | "columns">): TernaryRows {
  const { type, rows, columns } = tensor;
  if (type !== "HF_U2") return plainRows(tensor, ternaryRowDecoder(type));
  const quarterRows = rows / 4;
  return {
    stride: columns,
    place(row) {
      const quarter = Math.floor(row / quarterRows);
      const within = row % quarterRows;
      return { offset: within * columns, rows: quarterRows - within, decode: quarterDecoder(quarter) };
    },
  };
}

/** Rows one after another. */
export function plainRows(
  { type, rows, columns }: Pick<ModelTensor, "type" | "rows" | "columns">,
  decode: TernaryRowDecoder,
): TernaryRows {
  const stride = rowBytes(type, columns);
  return { stride, place: (row) => ({ offset: row * stride, rows: rows - row, decode }) };
}

/** The decoder of a body type. */
export function ternaryRowDecoder(type: TensorTypeName): TernaryRowDecoder {
  const decoder = DECODERS[type];
  if (decoder === undefined) throw new RangeError(`${type} is no ternary body type`);
  return decoder;
}
