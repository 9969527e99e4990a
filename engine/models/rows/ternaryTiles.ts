/** Writes rows of 2-bit codes (ternaryRows.ts) into the tiles of packFormat.ts. */
import type { LayoutName } from "../../native.ts";
import { CODE_COLUMNS, ZERO_CODES } from "./ternaryRows.ts";

export const TILE_ROWS = 32;

/** How rows are written into tiles of 32 rows. A tile holds one dword per row and column step. */
export interface TileLayout {
  /** Columns per step. */
  columns: number;
  /** A dword of zero weights. */
  zero: number;
  /**
   * Puts a row's dword of step s into `tiles[base + s * TILE_ROWS]`.
   * @param codes the row, in a buffer made by {@link codeBuffer}
   * @param steps number of column steps in the row
   */
  place(codes: Uint32Array, steps: number, tiles: Uint32Array, base: number): void;
}

const T2: TileLayout = {
  columns: CODE_COLUMNS,
  zero: ZERO_CODES,
  place(codes, steps, tiles, base) {
    for (let step = 0; step < steps; step++) tiles[base + step * TILE_ROWS] = codes[step] ?? 0;
  },
};

/** The T16 byte of five 2-bit codes, the first in the lowest bits. */
export const T16_BYTES: Uint8Array = Uint8Array.from({ length: 1024 }, (_, bits) => {
  const code = (p: number) => (bits >> (2 * p)) & 3;
  const c = code(0) + 3 * code(1) + 9 * code(2) + 27 * code(3);
  return c < 64 ? c + 64 * code(4) : 192 + 17 * code(4) + c - 64;
});

/** T16 byte j of the ten bits that begin at bit `from` of byte j of `a` and continue in byte j of `b`. */
function t16Byte(a: number, b: number, from: number, j: number): number {
  const low = ((a >>> (8 * j)) & 255) >>> from;
  const high = ((b >>> (8 * j)) & 255) << (8 - from);
  return (T16_BYTES[(low | high) & 1023] ?? 0) << (8 * j);
}

function t16Dword(a: number, b: number, from: number): number {
  return t16Byte(a, b, from, 0) | t16Byte(a, b, from, 1) | t16Byte(a, b, from, 2) | t16Byte(a, b, from, 3);
}

/** The bytes j of consecutive dwords list the codes of columns j, 4 + j, ...; each five of them make a T16 byte. */
const T16: TileLayout = {
  columns: 20,
  zero: t16Dword(ZERO_CODES, ZERO_CODES, 0),
  place(codes, steps, tiles, base) {
    // Five dwords of 16 columns are four steps of 20.
    for (let step = 0, from = 0; step < steps; step += 4, from += 5) {
      const to = base + step * TILE_ROWS;
      const left = steps - step;
      tiles[to] = t16Dword(codes[from] ?? 0, codes[from + 1] ?? 0, 0);
      if (left > 1) tiles[to + TILE_ROWS] = t16Dword(codes[from + 1] ?? 0, codes[from + 2] ?? 0, 2);
      if (left > 2) tiles[to + 2 * TILE_ROWS] = t16Dword(codes[from + 2] ?? 0, codes[from + 3] ?? 0, 4);
      if (left > 3) tiles[to + 3 * TILE_ROWS] = t16Dword(codes[from + 3] ?? 0, codes[from + 4] ?? 0, 6);
    }
  },
};

/** @throws RangeError for b1, which only exists with scales per group */
export function tileLayout(name: LayoutName): TileLayout {
  if (name === "b1") throw new RangeError("weights of 1 bit need a scale per group");
  return name === "t2" ? T2 : T16;
}

/** A buffer for a row of codes, padded with zero weights to whole steps of every layout. */
export function codeBuffer(columns: number): Uint32Array {
  return new Uint32Array(Math.ceil(columns / 80) * 5).fill(ZERO_CODES);
}
