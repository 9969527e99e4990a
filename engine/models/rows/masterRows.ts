/**
 * Rounds trained weights to ternary in the way of the models' own code, in single precision: with m the mean magnitude
 * of the whole matrix, the result is round(w * (1 / m)) clamped to -1..1, times m, with ties to even.
 */

import type { TensorTypeName } from "../gguf/types.ts";
import { bf16ToF32, F16_TO_F32 } from "../half.ts";
import type { ModelTensor } from "../modelFile.ts";
import { RowProblem } from "./rowProblem.ts";
import { CODE_COLUMNS, plainRows, type TernaryRows } from "./ternaryRows.ts";

type ReadFloat = (data: DataView, offset: number) => number;

const READERS: Partial<Record<TensorTypeName, { bytes: number; read: ReadFloat }>> = {
  F32: { bytes: 4, read: (data, offset) => data.getFloat32(offset, true) },
  F16: { bytes: 2, read: (data, offset) => F16_TO_F32[data.getUint16(offset, true)] ?? Number.NaN },
  BF16: { bytes: 2, read: (data, offset) => bf16ToF32(data.getUint16(offset, true)) },
};

function readerOf(type: TensorTypeName) {
  const reader = READERS[type];
  if (reader === undefined) throw new RangeError(`${type} holds no floats`);
  return reader;
}

/** Smallest mean magnitude, which is used for a matrix of zeros. */
const LEAST = 1e-5;

/** Computes the mean magnitude of a matrix that is read piece by piece. */
export class MeanMagnitude {
  #sum = 0;
  #count = 0;
  readonly #reader: { bytes: number; read: ReadFloat };

  constructor(type: TensorTypeName) {
    this.#reader = readerOf(type);
  }

  /** @throws RowProblem when a weight is not finite */
  add(bytes: Uint8Array): void {
    const { bytes: width, read } = this.#reader;
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let sum = 0;
    for (let at = 0; at < bytes.length; at += width) sum += Math.abs(read(data, at));
    if (!Number.isFinite(sum)) throw new RowProblem("holds a value that is not finite");
    this.#sum += sum;
    this.#count += bytes.length / width;
  }

  get value(): number {
    return Math.max(Math.fround(this.#sum / Math.max(1, this.#count)), Math.fround(LEAST));
  }
}

/** The rows of a matrix with this mean magnitude, rounded to ternary. */
export function masterRows(tensor: Pick<ModelTensor, "type" | "rows" | "columns">, mean: number): TernaryRows {
  const { bytes, read } = readerOf(tensor.type);
  const inverse = Math.fround(1 / mean);
  const scale = Math.fround(1 / inverse);
  return plainRows(tensor, (data, offset, columns, out) => {
    for (let step = 0; step < columns / CODE_COLUMNS; step++) {
      let dword = 0;
      for (let i = 0; i < CODE_COLUMNS; i++) {
        const value = Math.fround(read(data, offset + bytes * (CODE_COLUMNS * step + i)) * inverse);
        // A tie is rounded to even: 0.5 becomes 0, and 1.5 is clamped anyway.
        const code = value > 0.5 ? 2 : value < -0.5 ? 0 : 1;
        dword |= code << (8 * (i & 3) + 2 * (i >> 2));
      }
      out[step] = dword >>> 0;
    }
    return scale;
  });
}
