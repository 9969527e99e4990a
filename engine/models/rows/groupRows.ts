/** Decodes rows of ternary weights that have a scale for each group of 128 columns. */
import { GROUP_COLUMNS, GROUP_TYPES } from "../architectures.ts";
import { rowBytes, type TensorTypeName } from "../gguf/types.ts";
import { F16_TO_F32, isF16NonFinite, toF16 } from "../half.ts";
import type { ModelTensor } from "../modelFile.ts";
import { RowProblem } from "./rowProblem.ts";
import { CODE_COLUMNS, type TernaryRows, ternaryRows, ZERO_CODES } from "./ternaryRows.ts";

/**
 * Decodes a row of `columns` weights, a multiple of 128, at `offset` of `data`: the codes into the first columns / 16
 * dwords of `codes` (in the order of ternaryRows.ts), the f16 bits of the scales into the first columns / 128 elements
 * of `scales`.
 * @throws RowProblem
 */
export type GroupRowDecoder = (
  data: DataView,
  offset: number,
  columns: number,
  codes: Uint32Array,
  scales: Uint16Array,
) => void;

/** Dwords of codes in a group. */
const GROUP_DWORDS = GROUP_COLUMNS / CODE_COLUMNS;

/** The four consecutive 2-bit codes of a byte in the lowest bits of four bytes. */
const SPREAD_PAIRS = Uint32Array.from(
  { length: 256 },
  (_, byte) => (byte & 3) | (((byte >> 2) & 3) << 8) | (((byte >> 4) & 3) << 16) | ((byte >> 6) << 24),
);

/** The four bits of a nibble as the codes 0 and 2 in four bytes. */
const SPREAD_BITS = Uint32Array.from(
  { length: 16 },
  (_, bits) => ((bits & 1) << 1) | ((bits & 2) << 8) | ((bits & 4) << 15) | ((bits & 8) << 22),
);

function checkedScale(bits: number): number {
  if (isF16NonFinite(bits)) throw new RowProblem("has a scale that is not finite");
  return bits;
}

/** Converts consecutive 2-bit codes to `count` dwords of codes; returns bits that are set where a code is 3. */
function spreadPairs(data: DataView, at: number, count: number, codes: Uint32Array, to: number): number {
  let bad = 0;
  for (let i = 0; i < count; i++) {
    const word = data.getUint32(at + 4 * i, true);
    bad |= word & (word >>> 1);
    codes[to + i] =
      (SPREAD_PAIRS[word & 255] ?? 0) |
      ((SPREAD_PAIRS[(word >>> 8) & 255] ?? 0) << 2) |
      ((SPREAD_PAIRS[(word >>> 16) & 255] ?? 0) << 4) |
      ((SPREAD_PAIRS[word >>> 24] ?? 0) << 6);
  }
  return bad & ZERO_CODES;
}

function refuseCode3(bad: number): void {
  if (bad !== 0) throw new RowProblem("holds the code 3, which is no ternary weight");
}

/** Blocks of 128 in 34 bytes: f16 scale, then 2-bit codes in order. The first published Q2_0 has the same layout. */
function decodePQ2(data: DataView, offset: number, columns: number, codes: Uint32Array, scales: Uint16Array): void {
  let bad = 0;
  for (let group = 0, at = offset; group < columns / GROUP_COLUMNS; group++, at += 34) {
    scales[group] = checkedScale(data.getUint16(at, true));
    bad |= spreadPairs(data, at + 2, GROUP_DWORDS, codes, group * GROUP_DWORDS);
  }
  refuseCode3(bad);
}

/** Blocks of 64 in 18 bytes in the same layout. Two blocks make a group, and must agree on one scale. */
function decodeQ2(data: DataView, offset: number, columns: number, codes: Uint32Array, scales: Uint16Array): void {
  const half = GROUP_DWORDS / 2;
  let bad = 0;
  for (let group = 0, at = offset; group < columns / GROUP_COLUMNS; group++, at += 36) {
    const first = checkedScale(data.getUint16(at, true));
    const second = checkedScale(data.getUint16(at + 18, true));
    const to = group * GROUP_DWORDS;
    bad |= spreadPairs(data, at + 2, half, codes, to) | spreadPairs(data, at + 20, half, codes, to + half);
    scales[group] = first;
    if (first === second) continue;
    // A scale of zero means that the weights are zero, so they can take the other half's scale.
    if ((first & 0x7fff) === 0) {
      codes.fill(ZERO_CODES, to, to + half);
      scales[group] = second;
    } else if ((second & 0x7fff) === 0) {
      codes.fill(ZERO_CODES, to + half, to + GROUP_DWORDS);
    } else if (!isZero(codes, to + half, half)) {
      if (!isZero(codes, to, half)) {
        throw new RowProblem(
          `has the scales ${F16_TO_F32[first]} and ${F16_TO_F32[second]} within ${GROUP_COLUMNS} weights, for which this version has one`,
        );
      }
      scales[group] = second;
    }
  }
  refuseCode3(bad);
}

function isZero(codes: Uint32Array, from: number, count: number): boolean {
  return codes.subarray(from, from + count).every((dword) => dword === ZERO_CODES);
}

/** Blocks of 128 in 18 bytes: f16 scale, then one bit per weight: 1 = +scale, 0 = -scale. */
function decodeQ1(data: DataView, offset: number, columns: number, codes: Uint32Array, scales: Uint16Array): void {
  for (let group = 0, at = offset; group < columns / GROUP_COLUMNS; group++, at += 18) {
    scales[group] = checkedScale(data.getUint16(at, true));
    for (let i = 0; i < GROUP_DWORDS; i++) {
      const bits = data.getUint16(at + 2 + 2 * i, true);
      codes[group * GROUP_DWORDS + i] =
        (SPREAD_BITS[bits & 15] ?? 0) |
        ((SPREAD_BITS[(bits >> 4) & 15] ?? 0) << 2) |
        ((SPREAD_BITS[(bits >> 8) & 15] ?? 0) << 4) |
        ((SPREAD_BITS[bits >> 12] ?? 0) << 6);
    }
  }
}

/** Base-3 digit n of a byte, counted from the most significant; the byte holds the digits scaled by 256 / 243. */
function trit(byte: number, n: number): number {
  return (((byte * 3 ** n) & 255) * 3) >> 8;
}

/**
 * Blocks of 128 in 28 bytes: 24 bytes of five base-3 digits, 2 bytes of four, f16 scale. Digit n of bytes 0 to 15 is
 * weight 16 n + byte, of bytes 16 to 23 weight 80 + 8 n + byte, of the last two weight 120 + 2 n + byte.
 */
function decodePTQ1(data: DataView, offset: number, columns: number, codes: Uint32Array, scales: Uint16Array): void {
  for (let group = 0, at = offset; group < columns / GROUP_COLUMNS; group++, at += 28) {
    scales[group] = checkedScale(data.getUint16(at + 26, true));
    const to = group * GROUP_DWORDS;
    codes.fill(0, to, to + GROUP_DWORDS);
    for (let column = 0; column < GROUP_COLUMNS; column++) {
      const [first, width, byte] = column < 80 ? [0, 16, 0] : column < 120 ? [80, 8, 16] : [120, 2, 24];
      const place = column - first;
      const code = trit(data.getUint8(at + byte + (place % width)), Math.floor(place / width));
      const within = column % CODE_COLUMNS;
      const dword = to + Math.floor(column / CODE_COLUMNS);
      codes[dword] = (codes[dword] ?? 0) | (code << (8 * (within & 3) + 2 * (within >> 2)));
    }
  }
}

const DECODERS: Partial<Record<TensorTypeName, GroupRowDecoder>> = {
  Q2_0: decodeQ2,
  PQ2_0: decodePQ2,
  Q1_0: decodeQ1,
  PTQ1_0: decodePTQ1,
};

/** The f16 bits of a scale, which must be exact in half precision. */
function exactScale(scale: number): number {
  const bits = toF16(scale);
  if (F16_TO_F32[bits] !== scale) {
    throw new RowProblem(`has the scale ${scale}, which half precision does not hold exactly`);
  }
  return checkedScale(bits);
}

/** Consecutive columns of a row that are decoded by themselves, and their bytes. */
interface Run {
  columns: number;
  bytes: number;
}

/**
 * Makes groups from rows that decode to one scale each: rows of a type with scales per row; or rows run by run, where each
 * run is whole groups.
 */
function byRows(rows: TernaryRows, run: Run | undefined): GroupRows["place"] {
  return (row) => {
    const { offset, rows: count, decode } = rows.place(row);
    return {
      offset,
      rows: count,
      decode(data, at, columns, codes, scales) {
        const { columns: width, bytes } = run ?? { columns, bytes: 0 };
        const dwords = width / CODE_COLUMNS;
        const groups = width / GROUP_COLUMNS;
        for (let i = 0; i < columns / width; i++) {
          const part = codes.subarray(i * dwords, (i + 1) * dwords);
          const scale = exactScale(decode(data, at + i * bytes, width, part));
          scales.fill(scale, i * groups, (i + 1) * groups);
        }
      },
    };
  };
}

/** Where the rows of a tensor are, and how they are decoded; see TernaryRows. */
export interface GroupRows {
  stride: number;
  place(row: number): { offset: number; rows: number; decode: GroupRowDecoder };
}

/** The columns of a run of the types whose scale is not that of a whole row: floats, and blocks with a scale of their own. */
const RUN_COLUMNS: Partial<Record<TensorTypeName, number>> = {
  F16: GROUP_COLUMNS,
  BF16: GROUP_COLUMNS,
  F32: GROUP_COLUMNS,
  TQ1_0: 2 * GROUP_COLUMNS,
  TQ2_0: 2 * GROUP_COLUMNS,
};

/** The rows of any ternary tensor as groups. */
export function groupRows(tensor: ModelTensor, stride: number): GroupRows {
  const decode = DECODERS[tensor.type];
  if (decode !== undefined && GROUP_TYPES.includes(tensor.type)) {
    return { stride, place: (row) => ({ offset: row * stride, rows: tensor.rows - row, decode }) };
  }
  const rows = ternaryRows(tensor);
  const columns = RUN_COLUMNS[tensor.type];
  const run = columns === undefined ? undefined : { columns, bytes: rowBytes(tensor.type, columns) };
  return { stride: rows.stride, place: byRows(rows, run) };
}
