/**
 * Whether a matrix of floats is ternary already: in the checkpoints that are called "unpacked" each 128 columns of the
 * embedding are -s, 0 or +s, which nothing else in the checkpoint says.
 */
import { GROUP_COLUMNS } from "../architectures.ts";
import { rowBytes } from "../gguf/types.ts";
import type { ModelTensor } from "../modelFile.ts";
import { groupRows } from "../rows/groupRows.ts";
import { RowProblem } from "../rows/rowProblem.ts";
import { codeBuffer } from "../rows/ternaryTiles.ts";

type Read = (tensor: ModelTensor, offset: number, target: Uint8Array) => Promise<void>;

/** Looks at the first row, the middle one and the last; rows of zeros say nothing. */
export async function isTernaryByGroups(tensor: ModelTensor, read: Read): Promise<boolean> {
  if (tensor.type !== "F16" && tensor.type !== "BF16") return false;
  if (tensor.columns === 0 || tensor.columns % GROUP_COLUMNS !== 0 || tensor.shape.length !== 2) return false;
  const bytes = rowBytes(tensor.type, tensor.columns);
  const rows = groupRows(tensor, bytes);
  const raw = new Uint8Array(bytes);
  const codes = codeBuffer(tensor.columns);
  const scales = new Uint16Array(tensor.columns / GROUP_COLUMNS);
  let isKnown = false;
  for (const row of new Set([0, tensor.rows >> 1, tensor.rows - 1])) {
    const { offset, decode } = rows.place(row);
    await read(tensor, offset, raw);
    try {
      decode(new DataView(raw.buffer), 0, tensor.columns, codes, scales);
    } catch (error) {
      if (error instanceof RowProblem) return false;
      throw error;
    }
    isKnown ||= scales.some((scale) => scale !== 0);
  }
  return isKnown;
}
