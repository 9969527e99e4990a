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

/** Tensor types that an import can read. I2_S is bitnet.cpp's, IQ1_BN and IQ2_BN are ik_llama.cpp's own. */
export const TensorType = {
  F32: GGMLQuantizationType.F32,
  F16: GGMLQuantizationType.F16,
  BF16: GGMLQuantizationType.BF16,
  Q4_0: GGMLQuantizationType.Q4_0,
  Q5_0: GGMLQuantizationType.Q5_0,
  Q4_K: GGMLQuantizationType.Q4_K,
  Q8_0: GGMLQuantizationType.Q8_0,
  Q6_K: GGMLQuantizationType.Q6_K,
  TQ1_0: GGMLQuantizationType.TQ1_0,
  TQ2_0: GGMLQuantizationType.TQ2_0,
  I2_S: 36,
  IQ1_BN: 134,
  IQ2_BN: 135,
} as const;
/**
 * HF_U2 is no type of GGUF but that of packed safetensors: one byte holds the 2-bit codes of four rows, a quarter of the
 * matrix apart.
 */
export type TensorTypeName = GgufTypeName | "HF_U2";
export type GgufTypeName = keyof typeof TensorType;

/** Weights in a block and bytes of it. I2_S has a trailer besides, see {@link tensorBytes}. */
const BLOCKS: Readonly<Record<TensorTypeName, readonly [weights: number, bytes: number]>> = {
  F32: [1, 4],
  F16: [1, 2],
  BF16: [1, 2],
  Q4_0: [32, 18],
  Q5_0: [32, 22],
  Q4_K: [256, 144],
  Q8_0: [32, 34],
  Q6_K: [256, 210],
  TQ1_0: [256, 54],
  TQ2_0: [256, 66],
  I2_S: [128, 32],
  IQ1_BN: [64, 13],
  IQ2_BN: [64, 16],
  HF_U2: [4, 1],
};

/** Bytes before the blocks of every row: its scale. */
const ROW_HEADERS: Partial<Record<TensorTypeName, number>> = { IQ1_BN: 2, IQ2_BN: 4 };

/** One f32 scale and 28 zero bytes after the codes of an I2_S tensor. */
export const I2S_TRAILER_BYTES = 32;

const NAMES = new Map<number, TensorTypeName>(
  (Object.keys(TensorType) as GgufTypeName[]).map((name) => [TensorType[name], name]),
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
  return (ROW_HEADERS[type] ?? 0) + (columns / weights) * bytes;
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
