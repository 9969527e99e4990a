import { readFileSync } from "node:fs";
import { F16_TO_F32 } from "../../../engine/models/half.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { type PackInfo, type PackSection, verifyPack } from "../../../engine/models/packInfo.ts";
import type { LayoutName } from "../../../engine/native.ts";

/** A pack whose checksums have been verified, with the bytes of its sections. */
export async function readSections(path: string) {
  const info = await verifyPack(path);
  const file = readFileSync(path);
  const find = (kind: number, layer = 0xffffffff): PackSection => {
    const section = info.sections.find((candidate) => candidate.kind === kind && candidate.layer === layer);
    if (section === undefined) throw new Error(`no section ${kind} of layer ${layer}`);
    return section;
  };
  const bytes = (section: PackSection) => file.subarray(section.offset, section.offset + section.size);
  return { info, find, bytes, all: sectionBytes(info, file) };
}

/** The head of a pack, [rows x cols]. */
export function headOf(
  { find, bytes }: Pick<Awaited<ReturnType<typeof readSections>>, "find" | "bytes">,
  rows: number,
  cols: number,
) {
  const of = (kind: number) => bytes(find(kind));
  return headReader(of(Section.headHigh), of(Section.headMiddle), of(Section.headLow), rows, cols);
}

function sectionBytes(info: PackInfo, file: Buffer): Map<string, Buffer> {
  return new Map(
    info.sections.map((section) => [
      `${section.kind}/${section.layer}`,
      file.subarray(section.offset, section.offset + section.size),
    ]),
  );
}

/** The code (ternary + 1) at a tile's row and column, from the text of packFormat.ts. */
export function tileCode(layout: LayoutName, tile: Uint8Array, row: number, col: number): number {
  const [p, j] = [Math.floor(col / 4), col % 4];
  const byte = tile[4 * row + j] ?? 0;
  if (layout === "t2") return (byte >> (2 * p)) & 3;
  const inFirst = byte < 192;
  const c = inFirst ? byte & 63 : 64 + ((byte - 192) % 17);
  const t = inFirst ? byte >> 6 : Math.floor((byte - 192) / 17);
  return p === 4 ? t : Math.floor(c / 3 ** p) % 3;
}

/** A weight in a ternary section of a matrix [rows x cols]. */
export function ternaryWeight(bytes: Buffer, rows: number, cols: number, row: number, col: number, layout: LayoutName) {
  const width = layout === "t2" ? 16 : 20;
  const steps = Math.ceil(cols / width);
  const tile = Math.floor(row / 32) * steps + Math.floor(col / width);
  const code = tileCode(layout, bytes.subarray(128 * tile, 128 * tile + 128), row % 32, col % width);
  const paddedRows = Math.ceil(rows / 32) * 32;
  const scale = bytes.readFloatLE(paddedRows * steps * 4 + 4 * row);
  return { code, scale, weight: (code - 1) * scale };
}

/** The planes of a head [rows x cols] and its arrays, from the text of packFormat.ts. */
export function headReader(high: Buffer, middle: Buffer, low: Buffer, rows: number, cols: number) {
  const [steps, chunks, middleChunks] = [Math.ceil(cols / 8), Math.ceil(cols / 128), Math.ceil(cols / 512)];
  const plane = Math.ceil(rows / 16) * steps * 64;
  const nibble = (byte = 0, upper: boolean) => (upper ? byte >> 4 : byte & 15);
  return {
    /** Padding included. */
    high: (row: number, col: number) => {
      const at = Math.floor(row / 16) * steps * 64 + Math.floor(col / 8) * 64 + 4 * (row % 16) + (col % 4);
      return nibble(high[at], col % 8 >= 4);
    },
    low: (row: number, col: number) => {
      const at = row * chunks * 64 + Math.floor(col / 128) * 64 + (col % 64);
      return nibble(low[at], col % 128 >= 64);
    },
    middle: (row: number, col: number) => {
      const at = row * middleChunks * 64 + Math.floor(col / 512) * 64 + (col % 64);
      return ((middle[at] ?? 0) >> (Math.floor(col / 64) % 8)) & 1;
    },
    /** Scale, norm of the low nibbles minus 7.5, norm of the error, norm of the weights. */
    arrays: (row: number) => [0, 1, 2, 3].map((i) => high.readFloatLE(plane + 4 * (i * rows + row))),
    /** Norm of the lowest three bits minus 3.5. */
    restNorm: (row: number) => middle.readFloatLE(rows * middleChunks * 64 + 4 * row),
    highBytes: plane + 16 * rows,
    middleBytes: rows * (middleChunks * 64 + 4),
    lowBytes: rows * chunks * 64,
    paddedRows: Math.ceil(rows / 16) * 16,
    paddedCols: [8 * steps, 512 * middleChunks, 128 * chunks],
  };
}

export function halfAt(bytes: Uint8Array, index: number): number {
  return F16_TO_F32[(bytes[2 * index] ?? 0) | ((bytes[2 * index + 1] ?? 0) << 8)] ?? 0;
}
