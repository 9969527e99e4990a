/** Writes rows of codes with scales per group into the units of packFormat.ts. */
import type { LayoutName } from "../../native.ts";
import { groupUnits } from "../packLayout.ts";
import { ZERO_CODES } from "./ternaryRows.ts";
import { T16_BYTES, TILE_ROWS } from "./ternaryTiles.ts";

/** The code of zero in the lowest two bits of each of four bytes. */
const ZERO_PLANE = 0x01010101;
/** Dwords of the scales of one group of 32 rows, of the codes of a group, and of the codes of a T16 unit. */
const SCALE_DWORDS = 16;
const GROUP_DWORDS = 8;

/** Gathers the lowest bits of the four bytes of a dword: that of byte b becomes bit b. */
function gather(dword: number): number {
  return (dword | (dword >>> 7) | (dword >>> 14) | (dword >>> 21)) & 15;
}

/** Where a row's byte is among the 32 bytes of eight columns in b1. */
function binaryLane(row: number): number {
  const [eight, within] = [row >> 3, row & 7];
  return ((within >> 2) << 4) + 2 * ((within & 3) + 4 * (eight & 1)) + (eight >> 1);
}

/** Makes four bytes of T16 from five planes of four 2-bit codes. */
function t16Dword(planes: readonly [number, number, number, number, number]): number {
  const fields = planes[0] | (planes[1] << 2) | (planes[2] << 4) | (planes[3] << 6);
  let dword = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const index = ((fields >>> shift) & 255) | (((planes[4] >>> shift) & 3) << 8);
    dword |= (T16_BYTES[index] ?? 0) << shift;
  }
  return dword;
}

/** The units of one row tile, filled row by row. */
export class GroupTile {
  /** The bytes of the row tile. */
  readonly dwords: Uint32Array;
  readonly #scales: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #unitDwords: number;
  readonly #units: number;
  readonly #groups: number;

  readonly #columns: number;
  readonly #layout: LayoutName;

  constructor(columns: number, layout: LayoutName) {
    this.#columns = columns;
    this.#layout = layout;
    const { count, bytes } = groupUnits(columns, layout);
    this.#units = count;
    this.#unitDwords = bytes / 4;
    this.#groups = columns / 128;
    this.dwords = new Uint32Array(count * this.#unitDwords);
    this.#scales = new Uint16Array(this.dwords.buffer);
    this.#bytes = new Uint8Array(this.dwords.buffer);
  }

  /** Puts a row into its place; `codes` and `scales` as GroupRowDecoder writes them. */
  place(row: number, codes: Uint32Array, scales: Uint16Array): void {
    for (let unit = 0; unit < this.#units; unit++) {
      if (this.#layout === "t2") this.#placeT2(row, unit, codes, scales);
      else if (this.#layout === "b1") this.#placeB1(row, unit, codes, scales);
      else this.#placeT16(row, unit, codes, scales);
    }
  }

  /** A row of zero weights, which fills up the last row tile. */
  placeZero(row: number): void {
    const codes = new Uint32Array(this.#columns / 16).fill(ZERO_CODES);
    this.place(row, codes, new Uint16Array(this.#groups));
  }

  #placeT2(row: number, unit: number, codes: Uint32Array, scales: Uint16Array): void {
    const base = unit * this.#unitDwords;
    this.#scales[2 * base + row] = scales[unit] ?? 0;
    for (let step = 0; step < GROUP_DWORDS; step++) {
      this.dwords[base + SCALE_DWORDS + step * TILE_ROWS + row] = codes[unit * GROUP_DWORDS + step] ?? 0;
    }
  }

  /** A code is 0 or 2 here, so that its upper bit is the weight's. */
  #placeB1(row: number, unit: number, codes: Uint32Array, scales: Uint16Array): void {
    const base = unit * this.#unitDwords;
    this.#scales[2 * base + row] = scales[unit] ?? 0;
    let at = 4 * (base + SCALE_DWORDS) + binaryLane(row);
    for (let step = 0; step < GROUP_DWORDS; step++, at += 64) {
      const ones = ((codes[unit * GROUP_DWORDS + step] ?? 0) >>> 1) & 0x55555555;
      this.#bytes[at] = gather(ones & ZERO_PLANE) | (gather((ones >>> 2) & ZERO_PLANE) << 4);
      this.#bytes[at + 32] = gather((ones >>> 4) & ZERO_PLANE) | (gather((ones >>> 6) & ZERO_PLANE) << 4);
    }
  }

  #placeT16(row: number, unit: number, codes: Uint32Array, scales: Uint16Array): void {
    const base = unit * this.#unitDwords;
    const first = 2 * unit;
    const hasSecond = first + 1 < this.#groups;
    this.#scales[2 * base + row] = scales[first] ?? 0;
    this.#scales[2 * base + TILE_ROWS + row] = hasSecond ? (scales[first + 1] ?? 0) : 0;
    // Plane k: columns 4k to 4k + 3 of the unit.
    const plane = (k: number): number =>
      k < 32 || hasSecond ? ((codes[first * GROUP_DWORDS + (k >> 2)] ?? 0) >>> (2 * (k & 3))) & 0x03030303 : ZERO_PLANE;
    const put = (tile: number, dword: number) => {
      this.dwords[base + 2 * SCALE_DWORDS + tile * TILE_ROWS + row] = dword;
    };
    for (let tile = 0; tile < 6; tile++) {
      const k = 5 * tile;
      put(tile, t16Dword([plane(k), plane(k + 1), plane(k + 2), plane(k + 3), plane(k + 4)]));
      const m = 34 + k;
      put(tile + 7, t16Dword([plane(m), plane(m + 1), plane(m + 2), plane(m + 3), plane(m + 4)]));
    }
    // Two columns per plane: the end of the first group in the lower half, the start of the second in the upper half.
    const shared = (p: number): number => {
      const shift = 16 * (p & 1);
      const low = (plane(30 + (p >> 1)) >>> shift) & 0x0303;
      const high = (plane(32 + (p >> 1)) >>> shift) & 0x0303;
      return low | (high << 16);
    };
    put(6, t16Dword([shared(0), shared(1), shared(2), shared(3), ZERO_PLANE]));
  }
}
