/** Rows of embeddings and output heads to f16. */
import type { TensorTypeName } from "../gguf/types.ts";
import { F16_TO_F32, isF16NonFinite, toF16 } from "../half.ts";
import { RowProblem } from "./rowProblem.ts";

/**
 * Decodes `count` weights, a whole number of blocks, at `offset` of `data` into f16 bits.
 * @throws RowProblem when a value is not finite or too large for f16
 */
export type DenseRowDecoder = (data: DataView, offset: number, count: number, out: Uint16Array) => void;

function refuse(): never {
  throw new RowProblem("holds a value that is not finite or beyond the range of half precision");
}

function decodeF16(data: DataView, offset: number, count: number, out: Uint16Array): void {
  let bad = false;
  for (let i = 0; i < count; i++) {
    const bits = data.getUint16(offset + 2 * i, true);
    bad ||= isF16NonFinite(bits);
    out[i] = bits;
  }
  if (bad) refuse();
}

function store(out: Uint16Array, i: number, value: number): void {
  const bits = toF16(value);
  if (isF16NonFinite(bits)) refuse();
  out[i] = bits;
}

function decodeF32(data: DataView, offset: number, count: number, out: Uint16Array): void {
  for (let i = 0; i < count; i++) store(out, i, data.getFloat32(offset + 4 * i, true));
}

/** Blocks of 32: f16 scale, 32 x int8. */
function decodeQ8(data: DataView, offset: number, count: number, out: Uint16Array): void {
  for (let block = 0; block < count / 32; block++) {
    const at = offset + 34 * block;
    const scale = F16_TO_F32[data.getUint16(at, true)] ?? 0;
    for (let i = 0; i < 32; i++) store(out, 32 * block + i, scale * data.getInt8(at + 2 + i));
  }
}

/**
 * Blocks of 256 in 210 bytes: ql[128], qh[64], int8 scales[16], f16 d. Value = d * scale of its 16 * (6-bit - 32).
 * Each half of 128 weights takes 64 bytes of ql (low 4 bits) and 32 of qh (high 2 bits), four weights to a qh byte.
 */
function decodeQ6K(data: DataView, offset: number, count: number, out: Uint16Array): void {
  for (let block = 0; block < count / 256; block++) {
    const at = offset + 210 * block;
    const d = F16_TO_F32[data.getUint16(at + 208, true)] ?? 0;
    for (let half = 0; half < 2; half++) {
      for (let i = 0; i < 128; i++) {
        const quarter = i >> 5;
        const lane = i & 31;
        const low = data.getUint8(at + 64 * half + 32 * (quarter & 1) + lane);
        const high = data.getUint8(at + 128 + 32 * half + lane);
        const q = ((quarter < 2 ? low & 15 : low >> 4) | (((high >> (2 * quarter)) & 3) << 4)) - 32;
        const scale = data.getInt8(at + 192 + 8 * half + (i >> 4));
        store(out, 256 * block + 128 * half + i, d * scale * q);
      }
    }
  }
}

const DECODERS: Partial<Record<TensorTypeName, DenseRowDecoder>> = {
  F32: decodeF32,
  F16: decodeF16,
  Q8_0: decodeQ8,
  Q6_K: decodeQ6K,
};

/** Decoder of an embedding type. */
export function denseRowDecoder(type: TensorTypeName): DenseRowDecoder {
  const decoder = DECODERS[type];
  if (decoder === undefined) throw new RangeError(`${type} is no embedding type`);
  return decoder;
}
