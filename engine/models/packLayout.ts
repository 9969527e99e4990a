/** Which sections a pack has, and how large each must be, from its configuration alone. */
import type { LayoutName } from "../native.ts";
import { GROUP_COLUMNS } from "./architectures.ts";
import { NO_LAYER, RopeScaling, Section } from "./packFormat.ts";
import { TILE_ROWS, tileLayout } from "./rows/ternaryTiles.ts";
import type { SourceConfig } from "./source.ts";

export interface SectionShape {
  /** Section kind of packFormat.ts. */
  kind: number;
  layer: number;
  rows: number;
  cols: number;
  /** Bytes; -1 where the configuration does not tell (vocabulary, metadata). */
  size: number;
}

/** Every section of a pack, in the order the packer writes them. */
export function sectionShapes(config: SourceConfig, layout: LayoutName): SectionShape[] {
  const { vocabSize, hiddenSize, headCount, kvHeadCount, headDim, ffnSize } = config;
  const { subNorms, qkNorms, groupSize } = config;
  const heads = headCount * headDim;
  const shapes: SectionShape[] = [];
  const add = (kind: number, layer: number, rows: number, cols: number, size: number) => {
    shapes.push({ kind, layer, rows, cols, size });
  };
  const norm = (kind: number, layer: number, cols: number) => add(kind, layer, 1, cols, 4 * cols);
  const ternary = (kind: number, layer: number, rows: number, cols: number) =>
    add(kind, layer, rows, cols, groupSize > 0 ? groupedBytes(rows, cols, layout) : ternaryBytes(rows, cols, layout));

  add(Section.metadata, NO_LAYER, 0, 0, -1);
  add(Section.vocabulary, NO_LAYER, vocabSize, 0, -1);
  if (config.ternaryEmbedding) {
    ternary(Section.embedding, NO_LAYER, vocabSize, hiddenSize);
    if (!config.tiedHead) ternary(Section.headTernary, NO_LAYER, vocabSize, hiddenSize);
  } else {
    add(Section.embedding, NO_LAYER, vocabSize, hiddenSize, 2 * vocabSize * hiddenSize);
    if (!config.tiedHead) add(Section.headF16, NO_LAYER, vocabSize, hiddenSize, 2 * vocabSize * hiddenSize);
    add(Section.headHigh, NO_LAYER, vocabSize, hiddenSize, headHighBytes(vocabSize, hiddenSize));
    add(Section.headMiddle, NO_LAYER, vocabSize, hiddenSize, vocabSize * (Math.ceil(hiddenSize / 512) * 64 + 4));
    add(Section.headLow, NO_LAYER, vocabSize, hiddenSize, vocabSize * Math.ceil(hiddenSize / 128) * 64);
  }
  norm(Section.outputNorm, NO_LAYER, hiddenSize);
  if (config.ropeScaling === RopeScaling.longRope) norm(Section.ropeFactors, NO_LAYER, config.ropeDim / 2);
  for (let n = 0; n < config.layerCount; n++) {
    norm(Section.attnNorm, n, hiddenSize);
    ternary(Section.qkv, n, heads + 2 * kvHeadCount * headDim, hiddenSize);
    if (qkNorms) norm(Section.attnQueryNorm, n, headDim);
    if (qkNorms) norm(Section.attnKeyNorm, n, headDim);
    if (subNorms) norm(Section.attnSubNorm, n, heads);
    ternary(Section.attnOutput, n, hiddenSize, heads);
    norm(Section.ffnNorm, n, hiddenSize);
    ternary(Section.gateUp, n, 2 * ffnSize, hiddenSize);
    if (subNorms) norm(Section.ffnSubNorm, n, ffnSize);
    ternary(Section.ffnDown, n, hiddenSize, ffnSize);
  }
  return shapes;
}

/** Rows of a ternary section, padding included. */
export function paddedRows(rows: number): number {
  return Math.ceil(rows / TILE_ROWS) * TILE_ROWS;
}

/** Dwords per row of a ternary section. */
export function columnSteps(cols: number, layout: LayoutName): number {
  return Math.ceil(cols / tileLayout(layout).columns);
}

function ternaryBytes(rows: number, cols: number, layout: LayoutName): number {
  return paddedRows(rows) * (columnSteps(cols, layout) * 4 + 4);
}

/** Groups of a unit of a matrix with scales per group, and bytes of the unit of 32 rows. */
const GROUP_UNITS: Readonly<Record<LayoutName, { groups: number; bytes: number }>> = {
  t2: { groups: 1, bytes: 64 + 8 * 128 },
  t16: { groups: 2, bytes: 2 * 64 + 13 * 128 },
  b1: { groups: 1, bytes: 64 + 4 * 128 },
};

/** Units of a row tile, their bytes and their groups. */
export function groupUnits(cols: number, layout: LayoutName): { count: number; bytes: number; groups: number } {
  const { groups, bytes } = GROUP_UNITS[layout];
  return { count: Math.ceil(cols / GROUP_COLUMNS / groups), bytes, groups };
}

function groupedBytes(rows: number, cols: number, layout: LayoutName): number {
  const { count, bytes } = groupUnits(cols, layout);
  return Math.ceil(rows / TILE_ROWS) * count * bytes;
}

/** The plane, then four arrays of one f32 per row. */
function headHighBytes(rows: number, cols: number): number {
  return Math.ceil(rows / 16) * Math.ceil(cols / 8) * 64 + 16 * rows;
}

/** Name of a section kind, for messages; undefined for unknown kinds. */
export function sectionName(kind: number): string | undefined {
  return Object.entries(Section).find(([, number]) => number === kind)?.[0];
}
