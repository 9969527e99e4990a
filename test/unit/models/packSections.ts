import { readFileSync } from "node:fs";
import { F16_TO_F32 } from "../../../engine/models/half.ts";
import { type PackInfo, type PackSection, verifyPack } from "../../../engine/models/packInfo.ts";

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

function sectionBytes(info: PackInfo, file: Buffer): Map<string, Buffer> {
  return new Map(
    info.sections.map((section) => [
      `${section.kind}/${section.layer}`,
      file.subarray(section.offset, section.offset + section.size),
    ]),
  );
}

/**
 * Weight of a ternary section by the words of packFormat.ts: tiles of 32 rows x 16 columns, row r the dword r, byte j
 * bits 2p..2p+1 the code of column 4p + j.
 */
export function ternaryWeight(bytes: Buffer, rows: number, cols: number, row: number, col: number) {
  const steps = Math.ceil(cols / 16);
  const tile = Math.floor(row / 32) * steps + Math.floor(col / 16);
  const [p, j] = [Math.floor((col % 16) / 4), col % 4];
  const code = ((bytes[128 * tile + 4 * (row % 32) + j] ?? 0) >> (2 * p)) & 3;
  const paddedRows = Math.ceil(rows / 32) * 32;
  const scale = bytes.readFloatLE(paddedRows * steps * 4 + 4 * row);
  return { code, scale, weight: (code - 1) * scale };
}

export function halfAt(bytes: Uint8Array, index: number): number {
  return F16_TO_F32[(bytes[2 * index] ?? 0) | ((bytes[2 * index + 1] ?? 0) << 8)] ?? 0;
}
