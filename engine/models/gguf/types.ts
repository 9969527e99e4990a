/**
 * Value and tensor types of GGUF version 3, numbered as ggml's specification does.
 *
 * The project has its own reader because a model file may be hostile: reader.ts checks every count and offset against
 * the file's size before it is used, and knows the types of bitnet.cpp and ik_llama.cpp. The tests compare it with
 * @huggingface/gguf on sound files.
 */

export const GGUFValueType = {
  UINT8: 0,
  INT8: 1,
  UINT16: 2,
  INT16: 3,
  UINT32: 4,
  INT32: 5,
  FLOAT32: 6,
  BOOL: 7,
  STRING: 8,
  ARRAY: 9,
  UINT64: 10,
  INT64: 11,
  FLOAT64: 12,
} as const;

export const GGUF_MAGIC = 0x46554747;
export const GGUF_VERSION = 3;
export const DEFAULT_ALIGNMENT = 32;

/**
 * Tensor types that an import can read. I2_S is bitnet.cpp's, IQ1_BN and IQ2_BN are ik_llama.cpp's own, PQ2_0 and
 * PTQ1_0 PrismML's. Q2_0 has had two layouts under one number; the one published first is that of PQ2_0, see reader.ts.
 */
export const TensorType = {
  F32: 0,
  F16: 1,
  BF16: 30,
  Q4_0: 2,
  Q5_0: 6,
  Q4_K: 12,
  Q8_0: 8,
  Q6_K: 14,
  TQ1_0: 34,
  TQ2_0: 35,
  I2_S: 36,
  Q1_0: 41,
  Q2_0: 42,
  IQ1_BN: 134,
  IQ2_BN: 135,
  PQ2_0: 142,
  PTQ1_0: 143,
} as const;
/**
 * HF_U2 is not a GGUF type but that of packed safetensors: one byte holds the 2-bit codes of four rows that are a
 * quarter of the matrix apart.
 */
export type TensorTypeName = GgufTypeName | "HF_U2";
export type GgufTypeName = keyof typeof TensorType;

/** Weights per block and bytes per block. I2_S also has a trailer, see {@link tensorBytes}. */
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
  Q1_0: [128, 18],
  Q2_0: [64, 18],
  PQ2_0: [128, 34],
  PTQ1_0: [128, 28],
};

/** Bytes of the scale that precedes the blocks of every row. */
const ROW_HEADERS: Partial<Record<TensorTypeName, number>> = { IQ1_BN: 2, IQ2_BN: 4 };

/** Bytes after the codes of an I2_S tensor: one f32 scale and 28 zero bytes. */
export const I2S_TRAILER_BYTES = 32;

const NAMES = new Map<number, TensorTypeName>(
  (Object.keys(TensorType) as GgufTypeName[]).map((name) => [TensorType[name], name]),
);

/** Names of ggml's other types, so that an error message can say what the file holds. */
const UNREADABLE: Readonly<Record<number, string>> = {
  3: "Q4_1",
  7: "Q5_1",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  13: "Q5_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  39: "MXFP4",
};

/** Name of a type that can be read; undefined for any other type. */
export function tensorTypeName(type: number): TensorTypeName | undefined {
  return NAMES.get(type);
}

/** Name of any type, for messages. */
export function describeTensorType(type: number): string {
  const name = NAMES.get(type) ?? UNREADABLE[type];
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
