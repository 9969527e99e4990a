/** Which sections a pack has, and how large each must be, from its configuration alone. */
import type { LayoutName } from "../native.ts";
import { Architecture, NO_LAYER, Section } from "./packFormat.ts";
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
  const subNorms = config.architecture !== Architecture.llama;
  const heads = headCount * headDim;
  const shapes: SectionShape[] = [];
  const add = (kind: number, layer: number, rows: number, cols: number, size: number) => {
    shapes.push({ kind, layer, rows, cols, size });
  };
  const norm = (kind: number, layer: number, cols: number) => add(kind, layer, 1, cols, 4 * cols);
  const ternary = (kind: number, layer: number, rows: number, cols: number) =>
    add(kind, layer, rows, cols, ternaryBytes(rows, cols, layout));

  add(Section.metadata, NO_LAYER, 0, 0, -1);
  add(Section.vocabulary, NO_LAYER, vocabSize, 0, -1);
  add(Section.embedding, NO_LAYER, vocabSize, hiddenSize, 2 * vocabSize * hiddenSize);
  if (!config.tiedHead) add(Section.headF16, NO_LAYER, vocabSize, hiddenSize, 2 * vocabSize * hiddenSize);
  add(Section.headHigh, NO_LAYER, vocabSize, hiddenSize, headHighBytes(vocabSize, hiddenSize));
  add(Section.headMiddle, NO_LAYER, vocabSize, hiddenSize, vocabSize * (Math.ceil(hiddenSize / 512) * 64 + 4));
  add(Section.headLow, NO_LAYER, vocabSize, hiddenSize, vocabSize * Math.ceil(hiddenSize / 128) * 64);
  norm(Section.outputNorm, NO_LAYER, hiddenSize);
  for (let n = 0; n < config.layerCount; n++) {
    norm(Section.attnNorm, n, hiddenSize);
    ternary(Section.qkv, n, heads + 2 * kvHeadCount * headDim, hiddenSize);
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

/** The plane, then four arrays of one f32 per row. */
function headHighBytes(rows: number, cols: number): number {
  return Math.ceil(rows / 16) * Math.ceil(cols / 8) * 64 + 16 * rows;
}

/** Name of a section kind, for messages; undefined for unknown kinds. */
export function sectionName(kind: number): string | undefined {
  return Object.entries(Section).find(([, number]) => number === kind)?.[0];
}
