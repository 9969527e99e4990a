/** Converts IEEE 754 half precision (f16) to and from f32. */

/** f32 value of each of the 65,536 f16 bit patterns. */
export const F16_TO_F32: Float32Array = buildTable();

function buildTable(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

/** True for f16 bits of an infinity or NaN. */
export function isF16NonFinite(bits: number): boolean {
  return (bits & 0x7c00) === 0x7c00;
}

/** The f16 bits nearest to `value`, with ties to even; values that round above 65504 become an infinity. */
export function toF16(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // 65520 is the midpoint between the largest f16 and the value that would follow it; it rounds to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2^-24. The sum with 0.5 shifts the wanted bits to the end of the f32 and rounds them.
    floatView[0] = Math.abs(floatView[0] ?? 0) + 0.5;
    return sign | ((bitsView[0] ?? 0) - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

const single = new DataView(new ArrayBuffer(4));

/** The upper half of an f32's bits. */
export function bf16ToF32(bits: number): number {
  single.setUint32(0, bits << 16);
  return single.getFloat32(0);
}
