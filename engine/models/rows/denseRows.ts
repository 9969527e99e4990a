/** Decodes rows of embeddings and output heads to f16. */
import type { TensorTypeName } from "../gguf/types.ts";
import { bf16ToF32, F16_TO_F32, isF16NonFinite, toF16 } from "../half.ts";
import { RowProblem } from "./rowProblem.ts";

/**
 * Decodes `count` weights, a whole number of blocks, at `offset` of `data`, multiplies them by `gain`, and rounds them once
 * to f16 bits.
 * @throws RowProblem when a value is not finite or too large for f16
 */
export type DenseRowDecoder = (data: DataView, offset: number, count: number, out: Uint16Array, gain: number) => void;

function refuse(): never {
  throw new RowProblem("holds a value that is not finite or beyond the range of half precision");
}

function decodeF16(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  let bad = false;
  for (let i = 0; i < count; i++) {
    const bits = data.getUint16(offset + 2 * i, true);
    bad ||= isF16NonFinite(bits);
    if (gain === 1) out[i] = bits;
    else store(out, i, gain * (F16_TO_F32[bits] ?? 0));
  }
  if (bad) refuse();
}

function store(out: Uint16Array, i: number, value: number): void {
  const bits = toF16(value);
  if (isF16NonFinite(bits)) refuse();
  out[i] = bits;
}

function decodeF32(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let i = 0; i < count; i++) store(out, i, gain * data.getFloat32(offset + 4 * i, true));
}

function decodeBF16(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let i = 0; i < count; i++) store(out, i, gain * bf16ToF32(data.getUint16(offset + 2 * i, true)));
}

/** Blocks of 32 in 18 bytes: f16 scale, 16 bytes; weight j in the low nibble of byte j, 16 + j in its high one. */
function decodeQ4(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let block = 0; block < count / 32; block++) {
    const at = offset + 18 * block;
    const scale = F16_TO_F32[data.getUint16(at, true)] ?? 0;
    for (let i = 0; i < 32; i++) {
      const byte = data.getUint8(at + 2 + (i & 15));
      store(out, 32 * block + i, gain * scale * ((i < 16 ? byte & 15 : byte >> 4) - 8));
    }
  }
}

/** Like Q4_0, with a fifth bit for each weight in a dword before the nibbles. */
function decodeQ5(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let block = 0; block < count / 32; block++) {
    const at = offset + 22 * block;
    const scale = F16_TO_F32[data.getUint16(at, true)] ?? 0;
    const high = data.getUint32(at + 2, true);
    for (let i = 0; i < 32; i++) {
      const byte = data.getUint8(at + 6 + (i & 15));
      const q = (i < 16 ? byte & 15 : byte >> 4) | (((high >>> i) & 1) << 4);
      store(out, 32 * block + i, gain * scale * (q - 16));
    }
  }
}

/**
 * Blocks of 256 in 144 bytes: f16 d, f16 dmin, 12 bytes of eight 6-bit scales and minima, 128 bytes of nibbles. Value =
 * d * scale * q - dmin * minimum, one scale and minimum for 32 weights; 32 bytes hold two such runs, low nibbles first.
 */
function decodeQ4K(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let block = 0; block < count / 256; block++) {
    const at = offset + 144 * block;
    const d = F16_TO_F32[data.getUint16(at, true)] ?? 0;
    const dmin = F16_TO_F32[data.getUint16(at + 2, true)] ?? 0;
    const byte = (i: number) => data.getUint8(at + 4 + i);
    for (let run = 0; run < 8; run++) {
      const [scale, minimum] =
        run < 4
          ? [byte(run) & 63, byte(run + 4) & 63]
          : [(byte(run + 4) & 15) | ((byte(run - 4) >> 6) << 4), (byte(run + 4) >> 4) | ((byte(run) >> 6) << 4)];
      for (let i = 0; i < 32; i++) {
        const pair = data.getUint8(at + 16 + 32 * (run >> 1) + i);
        const q = (run & 1) === 0 ? pair & 15 : pair >> 4;
        store(out, 256 * block + 32 * run + i, gain * (d * scale * q - dmin * minimum));
      }
    }
  }
}

/** Blocks of 32: f16 scale, 32 x int8. */
function decodeQ8(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
  for (let block = 0; block < count / 32; block++) {
    const at = offset + 34 * block;
    const scale = F16_TO_F32[data.getUint16(at, true)] ?? 0;
    for (let i = 0; i < 32; i++) store(out, 32 * block + i, gain * scale * data.getInt8(at + 2 + i));
  }
}

/**
 * Blocks of 256 in 210 bytes: ql[128], qh[64], int8 scales[16], f16 d. Value = d * scale of its 16 * (6-bit - 32).
 * Each half of 128 weights takes 64 bytes of ql (low 4 bits) and 32 of qh (high 2 bits), four weights to a qh byte.
 */
function decodeQ6K(data: DataView, offset: number, count: number, out: Uint16Array, gain: number): void {
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
        store(out, 256 * block + 128 * half + i, gain * d * scale * q);
      }
    }
  }
}

const DECODERS: Partial<Record<TensorTypeName, DenseRowDecoder>> = {
  F32: decodeF32,
  F16: decodeF16,
  BF16: decodeBF16,
  Q4_0: decodeQ4,
  Q5_0: decodeQ5,
  Q4_K: decodeQ4K,
  Q8_0: decodeQ8,
  Q6_K: decodeQ6K,
};

/** The decoder of an embedding type. */
export function denseRowDecoder(type: TensorTypeName): DenseRowDecoder {
  const decoder = DECODERS[type];
  if (decoder === undefined) throw new RangeError(`${type} is no embedding type`);
  return decoder;
}
