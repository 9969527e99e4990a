/** Encodes rows of ternary codes as the bytes of each GGUF body type: the inverse of ternaryRows.ts. */
import { toF16 } from "../half.ts";

/** Body types that can be written. */
export const WRITABLE_TYPES = ["I2_S", "TQ1_0", "TQ2_0", "F16", "PQ2_0", "Q2_0", "Q1_0"] as const;
export type WritableType = (typeof WRITABLE_TYPES)[number];

/**
 * Encodes the codes (0, 1, 2 for -1, 0, +1) of a row into `out` at `offset`; `scale` must be exact in f16.
 * I2_S keeps its scale after the tensor, so it is not written here.
 */
export type TernaryRowEncoder = (codes: Uint8Array, scale: number, out: Uint8Array, offset: number) => void;

/** Byte `at` of four bit planes that are `stride` columns apart. */
function plane(codes: Uint8Array, at: number, stride: number, first: number, step: number): number {
  return (
    ((codes[at] ?? 0) << first) |
    ((codes[at + stride] ?? 0) << (first + step)) |
    ((codes[at + 2 * stride] ?? 0) << (first + 2 * step)) |
    ((codes[at + 3 * stride] ?? 0) << (first + 3 * step))
  );
}

function encodeI2S(codes: Uint8Array, _scale: number, out: Uint8Array, offset: number): void {
  let to = offset;
  for (let block = 0; block < codes.length; block += 128) {
    for (let byte = 0; byte < 32; byte++) out[to++] = plane(codes, block + byte, 32, 6, -2);
  }
}

function putScale(out: Uint8Array, at: number, bits: number): void {
  out[at] = bits & 255;
  out[at + 1] = bits >> 8;
}

function encodeTQ2(codes: Uint8Array, scale: number, out: Uint8Array, offset: number): void {
  const bits = toF16(scale);
  let to = offset;
  for (let half = 0; half < codes.length; half += 128) {
    for (let byte = 0; byte < 32; byte++) out[to++] = plane(codes, half + byte, 32, 0, 2);
    if (half % 256 === 128) {
      putScale(out, to, bits);
      to += 2;
    }
  }
}

/** `digits` codes, `stride` columns apart, as base-3 digits of a byte scaled to 256 / 243; missing digits are zero. */
function trits(codes: Uint8Array, at: number, stride: number, digits: number): number {
  let value = 0;
  for (let n = 0; n < 5; n++) value = 3 * value + (n < digits ? (codes[at + n * stride] ?? 0) : 0);
  return Math.ceil((value * 256) / 243);
}

function encodeTQ1(codes: Uint8Array, scale: number, out: Uint8Array, offset: number): void {
  const bits = toF16(scale);
  let to = offset;
  for (let block = 0; block < codes.length; block += 256) {
    for (let byte = 0; byte < 32; byte++) out[to++] = trits(codes, block + byte, 32, 5);
    for (let byte = 0; byte < 16; byte++) out[to++] = trits(codes, block + 160 + byte, 16, 5);
    for (let byte = 0; byte < 4; byte++) out[to++] = trits(codes, block + 240 + byte, 4, 4);
    putScale(out, to, bits);
    to += 2;
  }
}

function encodeF16(codes: Uint8Array, scale: number, out: Uint8Array, offset: number): void {
  const bits = toF16(scale);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    putScale(out, offset + 2 * i, code === 1 ? 0 : code === 2 ? bits : bits | 0x8000);
  }
}

/** For each `block` weights: an f16 scale, then consecutive 2-bit codes. */
function encodePairs(block: number): TernaryRowEncoder {
  return (codes, scale, out, offset) => {
    const bits = toF16(scale);
    let to = offset;
    for (let first = 0; first < codes.length; first += block) {
      putScale(out, to, bits);
      to += 2;
      for (let i = first; i < first + block; i += 4) {
        out[to++] =
          (codes[i] ?? 0) | ((codes[i + 1] ?? 0) << 2) | ((codes[i + 2] ?? 0) << 4) | ((codes[i + 3] ?? 0) << 6);
      }
    }
  };
}

/** For each 128 weights: an f16 scale, then a bit for each. There is no bit for 0, which is written as +1. */
function encodeQ1(codes: Uint8Array, scale: number, out: Uint8Array, offset: number): void {
  const bits = toF16(scale);
  let to = offset;
  for (let first = 0; first < codes.length; first += 128) {
    putScale(out, to, bits);
    to += 2;
    for (let byte = first; byte < first + 128; byte += 8) {
      let packed = 0;
      for (let i = 0; i < 8; i++) packed |= (codes[byte + i] === 0 ? 0 : 1) << i;
      out[to++] = packed;
    }
  }
}

const ENCODERS: Readonly<Record<WritableType, TernaryRowEncoder>> = {
  I2_S: encodeI2S,
  TQ1_0: encodeTQ1,
  TQ2_0: encodeTQ2,
  F16: encodeF16,
  PQ2_0: encodePairs(128),
  Q2_0: encodePairs(64),
  Q1_0: encodeQ1,
};

export function ternaryRowEncoder(type: WritableType): TernaryRowEncoder {
  return ENCODERS[type];
}
