/**
 * Value and tensor types of GGUF.
 *
 * The enums are those of @huggingface/gguf. Its parser is not used for import: it reads whatever counts and offsets
 * a file claims (no check against the file's size, no overlap check, no duplicate check, arrays of up to a million
 * elements of any kind become JavaScript arrays), it does not know bitnet.cpp's types 36 and up, and it keeps a
 * vocabulary as half a million strings. reader.ts checks every count before it is used instead.
 */
import { GGMLQuantizationType, GGUFValueType } from "@huggingface/gguf";

export { GGUFValueType };

export const GGUF_MAGIC = 0x46554747;
export const GGUF_VERSION = 3;
export const DEFAULT_ALIGNMENT = 32;

/** Tensor types that an import can read. I2_S is bitnet.cpp's and not in the library's enum. */
export const TensorType = {
  F32: GGMLQuantizationType.F32,
  F16: GGMLQuantizationType.F16,
  Q8_0: GGMLQuantizationType.Q8_0,
  Q6_K: GGMLQuantizationType.Q6_K,
  TQ1_0: GGMLQuantizationType.TQ1_0,
  TQ2_0: GGMLQuantizationType.TQ2_0,
  I2_S: 36,
} as const;
export type TensorTypeName = keyof typeof TensorType;

/** Weights in a block and bytes of it. I2_S has a trailer besides, see {@link tensorBytes}. */
const BLOCKS: Readonly<Record<TensorTypeName, readonly [weights: number, bytes: number]>> = {
  F32: [1, 4],
  F16: [1, 2],
  Q8_0: [32, 34],
  Q6_K: [256, 210],
  TQ1_0: [256, 54],
  TQ2_0: [256, 66],
  I2_S: [128, 32],
};

/** One f32 scale and 28 zero bytes after the codes of an I2_S tensor. */
export const I2S_TRAILER_BYTES = 32;

const NAMES = new Map<number, TensorTypeName>(
  (Object.keys(TensorType) as TensorTypeName[]).map((name) => [TensorType[name], name]),
);

/** Name of a type that can be read, else undefined. */
export function tensorTypeName(type: number): TensorTypeName | undefined {
  return NAMES.get(type);
}

/** Name of any type, for messages. */
export function describeTensorType(type: number): string {
  const name = NAMES.get(type) ?? GGMLQuantizationType[type];
  return name === undefined ? `number ${type}` : `${name} (number ${type})`;
}

/** Weights per block: a row must be a multiple of it. */
export function blockWeights(type: TensorTypeName): number {
  return BLOCKS[type][0];
}

/** Bytes of a row of `columns` weights, which must be a multiple of {@link blockWeights}. */
export function rowBytes(type: TensorTypeName, columns: number): number {
  const [weights, bytes] = BLOCKS[type];
  return (columns / weights) * bytes;
}

/** Bytes of a whole tensor, trailer included. */
export function tensorBytes(type: TensorTypeName, rows: number, columns: number): number {
  return rows * rowBytes(type, columns) + (type === "I2_S" ? I2S_TRAILER_BYTES : 0);
}

const VALUE_BYTES: Readonly<Record<number, number>> = {
  [GGUFValueType.UINT8]: 1,
  [GGUFValueType.INT8]: 1,
  [GGUFValueType.UINT16]: 2,
  [GGUFValueType.INT16]: 2,
  [GGUFValueType.UINT32]: 4,
  [GGUFValueType.INT32]: 4,
  [GGUFValueType.FLOAT32]: 4,
  [GGUFValueType.BOOL]: 1,
  [GGUFValueType.UINT64]: 8,
  [GGUFValueType.INT64]: 8,
  [GGUFValueType.FLOAT64]: 8,
};

/** Bytes of a scalar value, undefined for strings, arrays and unknown types. */
export function scalarBytes(type: number): number | undefined {
  return VALUE_BYTES[type];
}
