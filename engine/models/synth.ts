/** Makes GGUF models with random ternary weights, for tests and measurements. */

import { open, rename, rm } from "node:fs/promises";
import { ARCHITECTURES, GROUP_TYPES } from "./architectures.ts";
import { type GgufFile, openGguf } from "./gguf/reader.ts";
import { blockWeights, type GgufTypeName, rowBytes, TensorType, tensorBytes } from "./gguf/types.ts";
import { encodeHeader, type WritableTensor, type WritableValue } from "./gguf/writer.ts";
import { F16_TO_F32, toF16 } from "./half.ts";
import { ModelFileError } from "./modelFileError.ts";
import { temporaryName } from "./packWriter.ts";
import { ternaryRowEncoder, type WritableType } from "./rows/ternaryEncode.ts";
import { type CodeRow, PeakedWeights } from "./synthPeaked.ts";
import { fillCodes, normalSamples, randomBits } from "./synthRandom.ts";
import { syntheticVocabulary } from "./synthVocabulary.ts";

export interface SynthShape {
  hiddenSize: number;
  layerCount: number;
  headCount: number;
  kvHeadCount: number;
  /** Default: hiddenSize / headCount. */
  headDim?: number;
  ffnSize: number;
  /** Number of tokens of the made-up vocabulary when no vocabulary is given. */
  vocabSize: number;
  contextLength: number;
}

export interface SynthOptions {
  shape: SynthShape;
  type: WritableType;
  /** GGUF file whose tokenizer is copied. Default: a made-up byte-level tokenizer. */
  vocabulary?: string;
  /** 32-bit seed. Default 0. */
  seed?: number;
  /** Name of a row of {@link ARCHITECTURES}. Default "bitnet-b1.58". */
  architecture?: string;
  /** Write a separate output matrix. Default false; with a peak, it is equal to the embedding. */
  untied?: boolean;
  /**
   * How far the largest logit is above the mean of all logits, in standard deviations, on average (synthPeaked.ts). 0
   * leaves the logits random. The default for 2b4t, which is used for timing, is 10 as in a trained model; for other
   * shapes, which are used to compare numbers, it is 0.
   */
  peak?: number;
}

/** The default peak; a trained model's largest logit is 6 to 14 standard deviations above the mean. */
const TRAINED_PEAK = 10;

/** The value of {@link SynthOptions.peak} when none is given. */
export function defaultPeak(shape: SynthShape): number {
  return shape === SHAPE_2B4T ? TRAINED_PEAK : 0;
}

/** The shape of BitNet b1.58 2B4T. */
export const SHAPE_2B4T: SynthShape = {
  hiddenSize: 2560,
  layerCount: 30,
  headCount: 20,
  kvHeadCount: 5,
  ffnSize: 6912,
  vocabSize: 128256,
  contextLength: 4096,
};

/**
 * The shapes of Ternary-Bonsai, with a scale per 128 weights: architecture "qwen3", type PQ2_0, the 8B model untied; and
 * of BitCPM-CANN 8B: architecture "minicpm", type TQ2_0, untied.
 */
const BONSAI = { kvHeadCount: 8, headDim: 128, vocabSize: 151669, contextLength: 32768 };
const SHAPES: Readonly<Record<string, SynthShape>> = {
  "2b4t": SHAPE_2B4T,
  "bonsai-1.7b": { ...BONSAI, hiddenSize: 2048, layerCount: 28, headCount: 16, ffnSize: 6144 },
  "bonsai-4b": { ...BONSAI, hiddenSize: 2560, layerCount: 36, headCount: 32, ffnSize: 9728 },
  "bonsai-8b": { ...BONSAI, hiddenSize: 4096, layerCount: 36, headCount: 32, ffnSize: 12288, contextLength: 65536 },
  "bitcpm-8b": {
    ...{ hiddenSize: 4096, layerCount: 32, headCount: 32, kvHeadCount: 2, headDim: 128, ffnSize: 16384 },
    ...{ vocabSize: 73448, contextLength: 32768 },
  },
};

/** Defaults that a shape's name implies beyond the shape itself. */
export function shapeDefaults(text: string): Pick<SynthOptions, "type" | "architecture" | "untied"> {
  if (text.startsWith("bitcpm")) return { type: "TQ2_0", architecture: "minicpm", untied: true };
  if (!text.startsWith("bonsai")) return { type: "TQ2_0", architecture: "bitnet-b1.58", untied: false };
  return { type: "PQ2_0", architecture: "qwen3", untied: text === "bonsai-8b" };
}

/**
 * Parses a shape from a name ("2b4t", "bonsai-1.7b", "bonsai-4b", "bonsai-8b", "bitcpm-8b") or
 * "HIDDENxLAYERSxHEADSxKVxFFN".
 * @throws RangeError with one line that says what is wrong
 */
export function parseShape(text: string): SynthShape {
  const named = Object.hasOwn(SHAPES, text) ? SHAPES[text] : undefined;
  if (named !== undefined) return named;
  const parts = /^(\d+)x(\d+)x(\d+)x(\d+)x(\d+)$/.exec(text);
  if (parts === null) {
    throw new RangeError(`"${text}" is neither ${Object.keys(SHAPES).join(", ")} nor HIDDENxLAYERSxHEADSxKVxFFN`);
  }
  const [hiddenSize = 0, layerCount = 0, headCount = 0, kvHeadCount = 0, ffnSize = 0] = parts.slice(1).map(Number);
  const shape = { hiddenSize, layerCount, headCount, kvHeadCount, ffnSize, vocabSize: 4352, contextLength: 2048 };
  if (Object.values(shape).some((value) => value < 1 || value > 1 << 16)) {
    throw new RangeError(`"${text}" holds a number that is 0 or above ${1 << 16}`);
  }
  if (hiddenSize % (2 * headCount) !== 0 || headCount % kvHeadCount !== 0) {
    throw new RangeError(`"${text}": the heads do not divide the hidden size evenly, or the KV heads the heads`);
  }
  return shape;
}

/** A tensor and the function that fills it, batch by batch. */
interface Part extends WritableTensor {
  chunks: () => Generator<Uint8Array>;
}

const BATCH_BYTES = 4 << 20;

/**
 * Writes a model to `out`: norms of one, an embedding of variance 1 / hidden, and ternary weights scaled so that every
 * matrix keeps the variance of its input. With a peak, some of the weights are constructed instead (synthPeaked.ts).
 * The same seed gives the same weights for every type.
 * @returns size of the file in bytes
 * @throws RangeError when the shape does not suit the type or the peak; ModelFileError for an unusable vocabulary
 */
export async function synthesise(out: string, options: SynthOptions): Promise<number> {
  const { shape, type } = options;
  for (const columns of [shape.hiddenSize, shape.ffnSize]) {
    if (columns % blockWeights(type) !== 0 || columns % 16 !== 0) {
      const multiple = Math.max(16, blockWeights(type));
      throw new RangeError(`Rows of ${columns} weights: ${type} needs a multiple of ${multiple}.`);
    }
  }
  const tokenizer = options.vocabulary ? await copyTokenizer(options.vocabulary) : syntheticVocabulary(shape.vocabSize);
  const tokens = tokenizer.get("tokenizer.ggml.tokens");
  const vocabSize = tokens?.type === "strings" ? tokens.value.length : 0;
  const parts = planParts(options, vocabSize);
  const header = encodeHeader(new Map([...modelKeys(options, vocabSize), ...tokenizer]), parts);
  const temporary = temporaryName(out);
  const file = await open(temporary, "wx");
  try {
    await file.write(header.bytes, 0, header.bytes.length, 0);
    for (const [i, part] of parts.entries()) {
      let position = header.offsets[i] ?? 0;
      for (const chunk of part.chunks()) {
        let done = 0;
        while (done < chunk.length) {
          done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
        }
        position += chunk.length;
      }
    }
    await file.close();
    await rename(temporary, out);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return header.fileSize;
}

function headDimOf(shape: SynthShape): number {
  return shape.headDim ?? shape.hiddenSize / shape.headCount;
}

function modelKeys(options: SynthOptions, vocabSize: number): Map<string, WritableValue> {
  const { shape, architecture = "bitnet-b1.58" } = options;
  const u32 = (value: number): WritableValue => ({ type: "u32", value });
  const f32 = (value: number): WritableValue => ({ type: "f32", value });
  const yarnKeys: [string, WritableValue][] = [
    ["qwen3.rope.scaling.type", { type: "string", value: "yarn" }],
    ["qwen3.rope.scaling.factor", f32(4)],
    ["qwen3.rope.scaling.original_context_length", u32(shape.contextLength / 4)],
  ];
  const miniCpmKeys: [string, WritableValue][] = [
    ["minicpm.embedding_scale", f32(12)],
    ["minicpm.residual_scale", f32(1.4 / Math.sqrt(shape.layerCount))],
    ["minicpm.logit_scale", f32(shape.hiddenSize / 256)],
    ["minicpm.rope.scaling.type", { type: "string", value: "longrope" }],
  ];
  return new Map<string, WritableValue>([
    ["general.architecture", { type: "string", value: architecture }],
    ["general.name", { type: "string", value: "synthetic, random weights" }],
    ["general.quantization_version", u32(2)],
    [`${architecture}.vocab_size`, u32(vocabSize)],
    [`${architecture}.context_length`, u32(shape.contextLength)],
    [`${architecture}.embedding_length`, u32(shape.hiddenSize)],
    [`${architecture}.block_count`, u32(shape.layerCount)],
    [`${architecture}.feed_forward_length`, u32(shape.ffnSize)],
    [`${architecture}.rope.dimension_count`, u32(headDimOf(shape))],
    [`${architecture}.attention.key_length`, u32(headDimOf(shape))],
    [`${architecture}.attention.value_length`, u32(headDimOf(shape))],
    [`${architecture}.attention.head_count`, u32(shape.headCount)],
    [`${architecture}.attention.head_count_kv`, u32(shape.kvHeadCount)],
    [`${architecture}.attention.layer_norm_rms_epsilon`, f32(1e-5)],
    [`${architecture}.rope.freq_base`, f32(500000)],
    ...(architecture === "qwen3" ? yarnKeys : []),
    ...(architecture === "minicpm" ? miniCpmKeys : []),
  ]);
}

function planParts(options: SynthOptions, vocabSize: number): Part[] {
  const { shape, type, seed = 0, architecture = "bitnet-b1.58" } = options;
  const { hiddenSize: hidden, ffnSize: ffn } = shape;
  const headDim = headDimOf(shape);
  const heads = headDim * shape.headCount;
  const kv = headDim * shape.kvHeadCount;
  const {
    subNorms: hasSubNorms = false,
    qkNorms: hasQkNorms = false,
    streamScales = false,
  } = ARCHITECTURES[architecture] ?? {};
  // The scale of an embedding is for one that is not ternary.
  const isGrouped = GROUP_TYPES.includes(type) && !streamScales;
  const peak = options.peak ?? defaultPeak(shape);
  if (peak > 0 && !hasSubNorms) throw new RangeError("A peak needs an architecture with sub-norms.");
  const peaked = peak > 0 ? new PeakedWeights(shape, vocabSize, peak, seed) : undefined;
  const parts: Part[] = [];
  const dense = (name: string) =>
    parts.push(densePart(name, vocabSize, hidden, peaked?.rows() ?? randomRow(hidden, seed, parts.length)));
  const norm = (name: string, columns: number, values: Float32Array = new Float32Array(columns).fill(1)) =>
    parts.push(floatsPart(name, values));
  const ternary = (name: string, rows: number, columns: number, gain = 1) => {
    const weights = { scale: gain * keepingVariance(columns), row: randomCodes(seed, parts.length) };
    parts.push(ternaryPart(name, type, rows, columns, weights));
  };
  const arranged = (name: string, rows: number, columns: number, scale: number, row: CodeRow) =>
    parts.push(ternaryPart(name, type, rows, columns, { scale, row: () => row }));

  const matrix = (name: string) => (isGrouped ? ternary(name, vocabSize, hidden) : dense(name));
  matrix("token_embd.weight");
  for (let n = 0; n < shape.layerCount; n++) {
    const at = `blk.${n}.`;
    norm(`${at}attn_norm.weight`, hidden);
    ternary(`${at}attn_q.weight`, heads, hidden);
    ternary(`${at}attn_k.weight`, kv, hidden);
    ternary(`${at}attn_v.weight`, kv, hidden);
    if (hasQkNorms) {
      norm(`${at}attn_q_norm.weight`, headDim);
      norm(`${at}attn_k_norm.weight`, headDim);
    }
    if (hasSubNorms) norm(`${at}attn_sub_norm.weight`, heads);
    ternary(`${at}attn_output.weight`, hidden, heads, peaked?.noiseGain);
    norm(`${at}ffn_norm.weight`, hidden);
    if (peaked !== undefined && n === 0) {
      arranged(`${at}ffn_gate.weight`, ffn, hidden, 1, peaked.gate);
      arranged(`${at}ffn_up.weight`, ffn, hidden, 1, peaked.up);
    } else {
      ternary(`${at}ffn_gate.weight`, ffn, hidden);
      ternary(`${at}ffn_up.weight`, ffn, hidden);
    }
    if (hasSubNorms) norm(`${at}ffn_sub_norm.weight`, ffn);
    if (peaked !== undefined && n === 0) {
      arranged(`${at}ffn_down.weight`, hidden, ffn, peaked.downScale, peaked.down);
    } else {
      ternary(`${at}ffn_down.weight`, hidden, ffn, peaked?.noiseGain);
    }
  }
  norm("output_norm.weight", hidden, peaked?.outputNorm);
  if (architecture === "minicpm") {
    const factors = (slope: number) => Float32Array.from({ length: headDim / 2 }, (_, pair) => 1 + slope * pair);
    norm("rope_factors_short.weight", headDim / 2, factors(0.01));
    norm("rope_factors_long.weight", headDim / 2, factors(0.5));
  }
  if (options.untied) matrix("output.weight");
  return parts;
}

function partOf(name: string, type: GgufTypeName, shape: number[], chunks: Part["chunks"]): Part {
  const [columns = 1, rows = 1] = shape;
  return { name, type: TensorType[type], shape, size: tensorBytes(type, rows, columns), chunks };
}

function floatsPart(name: string, values: Float32Array): Part {
  return partOf(name, "F32", [values.length], function* () {
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  });
}

/** Writes a row of f16 bits at `at`; called for each row in order. */
type DenseRow = (row: number, out: Uint16Array, at: number) => void;

function densePart(name: string, rows: number, columns: number, row: DenseRow): Part {
  return partOf(name, "F16", [columns, rows], function* () {
    const batchRows = Math.max(1, Math.floor(BATCH_BYTES / (2 * columns)));
    const batch = new Uint16Array(batchRows * columns);
    for (let start = 0; start < rows; start += batchRows) {
      const count = Math.min(batchRows, rows - start);
      for (let r = 0; r < count; r++) row(start + r, batch, r * columns);
      yield new Uint8Array(batch.buffer, 0, 2 * count * columns);
    }
  });
}

function randomRow(columns: number, seed: number, stream: number): DenseRow {
  const next = randomBits(seed, stream);
  const samples = normalSamples(65536, seed);
  const table = Uint16Array.from(samples, (sample) => toF16(sample / Math.sqrt(columns)));
  return (_row, out, at) => {
    for (let i = 0; i < columns; i++) out[at + i] = table[next() & 0xffff] ?? 0;
  };
}

/** The scale of a matrix. Half of the codes are zero, so the sum of k weights has variance k/2 * scale^2. */
function keepingVariance(columns: number): number {
  return Math.sqrt(2 / columns);
}

function randomCodes(seed: number, stream: number): () => CodeRow {
  return () => {
    const next = randomBits(seed, stream);
    return (codes) => fillCodes(codes, next);
  };
}

function ternaryPart(
  name: string,
  type: WritableType,
  rows: number,
  columns: number,
  weights: { scale: number; row: () => CodeRow },
): Part {
  return partOf(name, type, [columns, rows], function* () {
    const fill = weights.row();
    const encode = ternaryRowEncoder(type);
    // The scale is exact in f16, so that it is the same for all types.
    const scale = F16_TO_F32[toF16(weights.scale)] ?? 0;
    const stride = rowBytes(type, columns);
    const codes = new Uint8Array(columns);
    const batchRows = Math.max(1, Math.floor(BATCH_BYTES / stride));
    const batch = new Uint8Array(batchRows * stride);
    for (let row = 0; row < rows; row += batchRows) {
      const count = Math.min(batchRows, rows - row);
      for (let r = 0; r < count; r++) {
        fill(codes, row + r);
        encode(codes, scale, batch, r * stride);
      }
      yield batch.subarray(0, count * stride);
    }
    if (type === "I2_S") {
      const trailer = new Uint8Array(32);
      new DataView(trailer.buffer).setFloat32(0, scale, true);
      yield trailer;
    }
  });
}

/** The tokenizer keys of a GGUF file, to be copied. */
async function copyTokenizer(path: string): Promise<Map<string, WritableValue>> {
  const gguf = await openGguf(path);
  try {
    return tokenizerKeys(gguf);
  } finally {
    await gguf.close();
  }
}

function tokenizerKeys(gguf: GgufFile): Map<string, WritableValue> {
  const keys = new Map<string, WritableValue>();
  for (const [key, entry] of gguf.values) {
    if (!key.startsWith("tokenizer.")) continue;
    if (entry.kind === "string") keys.set(key, { type: "string", value: entry.value });
    else if (entry.kind === "bool") keys.set(key, { type: "bool", value: entry.value });
    else if (entry.kind === "number") keys.set(key, { type: "u32", value: entry.value });
    else if (entry.kind === "numbers") keys.set(key, { type: "i32s", value: entry.value });
    else if (entry.kind === "strings") {
      const { value } = entry;
      keys.set(key, { type: "strings", value: Array.from({ length: value.length }, (_, i) => value.bytes(i)) });
    }
  }
  if (!keys.has("tokenizer.ggml.tokens")) {
    throw new ModelFileError(
      gguf.path,
      "key tokenizer.ggml.tokens",
      "is missing",
      "Give a GGUF file with a vocabulary.",
    );
  }
  return keys;
}
