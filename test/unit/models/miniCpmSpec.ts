/** Small files of architecture minicpm with random weights, and the weights that the bytes stand for. */
import { type GgufTypeName, rowBytes, TensorType } from "../../../engine/models/gguf/types.ts";
import type { WritableValue } from "../../../engine/models/gguf/writer.ts";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";
import { ternaryRowEncoder } from "../../../engine/models/rows/ternaryEncode.ts";
import { syntheticVocabulary } from "../../../engine/models/synthVocabulary.ts";
import { Random } from "../support/testRandom.ts";
import type { Spec, SpecTensor } from "./ggufSpec.ts";

/** Grouped queries, and heads that are together wider than the model. */
export const SHAPE = { hidden: 256, layers: 2, heads: 4, kvHeads: 2, headDim: 128, ffn: 512, vocab: 300 } as const;

/** What the keys say; none of it is what a file without the key would have. */
export const KEYS = {
  embeddingScale: 11,
  residualScale: 0.3,
  logitScale: 1.7,
  epsilon: 0.01,
  theta: 5000,
  magnitude: 1.1,
  context: 512,
  originalContext: 96,
} as const;

/** Row after row. */
export interface Matrix {
  rows: number;
  columns: number;
  values: Float64Array;
}

export interface MiniCpmFile {
  spec: Spec;
  /** By their names in the file. */
  weights: Map<string, Matrix>;
}

/**
 * @param form `untied` has the types of the published files, embedding Q4_K and output Q6_K; `tied` an embedding in F16
 */
export function miniCpmFile(form: "tied" | "untied"): MiniCpmFile {
  const random = new Random(71);
  const { hidden, layers, heads, kvHeads, headDim, ffn, vocab } = SHAPE;
  const tensors: SpecTensor[] = [];
  const weights = new Map<string, Matrix>();
  const add = (name: string, type: GgufTypeName, rows: number, columns: number, encode: RowEncoder) => {
    const data = new Uint8Array(rows * rowBytes(type, columns));
    const values = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const at = row * rowBytes(type, columns);
      encode(
        random,
        data.subarray(at, at + rowBytes(type, columns)),
        values.subarray(row * columns).subarray(0, columns),
      );
    }
    tensors.push({ name, type: TensorType[type], shape: rows === 1 ? [columns] : [columns, rows], data });
    weights.set(name, { rows, columns, values });
  };
  const floats = (name: string, columns: number, low: number, high: number) =>
    add(name, "F32", 1, columns, (from, bytes, values) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      values.forEach((_, i) => {
        values[i] = Math.fround(low + (high - low) * from.next());
        view.setFloat32(4 * i, values[i] ?? 0, true);
      });
    });
  const ternary = (name: string, rows: number, columns: number) => add(name, "TQ2_0", rows, columns, encodeTernary);

  if (form === "tied") add("token_embd.weight", "F16", vocab, hidden, encodeF16);
  else add("token_embd.weight", "Q4_K", vocab, hidden, encodeQ4K);
  for (let n = 0; n < layers; n++) {
    const at = (part: string) => `blk.${n}.${part}.weight`;
    floats(at("attn_norm"), hidden, 0.6, 1.4);
    ternary(at("attn_q"), heads * headDim, hidden);
    ternary(at("attn_k"), kvHeads * headDim, hidden);
    ternary(at("attn_v"), kvHeads * headDim, hidden);
    ternary(at("attn_output"), hidden, heads * headDim);
    floats(at("ffn_norm"), hidden, 0.6, 1.4);
    ternary(at("ffn_gate"), ffn, hidden);
    ternary(at("ffn_up"), ffn, hidden);
    ternary(at("ffn_down"), hidden, ffn);
  }
  floats("output_norm.weight", hidden, 0.6, 1.4);
  if (form === "untied") add("output.weight", "Q6_K", vocab, hidden, encodeQ6K);
  floats("rope_factors_short.weight", headDim / 2, 0.5, 4);
  floats("rope_factors_long.weight", headDim / 2, 5, 9);
  return { spec: { magic: 0x46554747, version: 3, alignment: 32, tensors, values: keys() }, weights };
}

function keys(): Spec["values"] {
  const u32 = (value: number): WritableValue => ({ type: "u32", value });
  const f32 = (value: number): WritableValue => ({ type: "f32", value });
  const text = (value: string): WritableValue => ({ type: "string", value });
  const own: [string, WritableValue][] = [
    ["vocab_size", u32(SHAPE.vocab)],
    ["context_length", u32(KEYS.context)],
    ["embedding_length", u32(SHAPE.hidden)],
    ["block_count", u32(SHAPE.layers)],
    ["feed_forward_length", u32(SHAPE.ffn)],
    ["attention.head_count", u32(SHAPE.heads)],
    ["attention.head_count_kv", u32(SHAPE.kvHeads)],
    ["attention.key_length", u32(SHAPE.headDim)],
    ["attention.value_length", u32(SHAPE.headDim)],
    ["attention.layer_norm_rms_epsilon", f32(KEYS.epsilon)],
    ["rope.dimension_count", u32(SHAPE.headDim)],
    ["rope.freq_base", f32(KEYS.theta)],
    ["rope.scaling.type", text("longrope")],
    ["rope.scaling.original_context_length", u32(KEYS.originalContext)],
    ["rope.scaling.attn_factor", f32(KEYS.magnitude)],
    ["embedding_scale", f32(KEYS.embeddingScale)],
    ["residual_scale", f32(KEYS.residualScale)],
    ["logit_scale", f32(KEYS.logitScale)],
  ];
  return [
    ["general.architecture", text("minicpm")],
    ["general.name", text("test")],
    ...own.map(([key, value]): [string, WritableValue] => [`minicpm.${key}`, value]),
    ...syntheticVocabulary(SHAPE.vocab),
  ];
}

/** Fills the bytes of a row with random weights, and `values` with what they stand for. */
type RowEncoder = (random: Random, bytes: Uint8Array, values: Float64Array) => void;

const half = (value: number) => F16_TO_F32[toF16(value)] ?? 0;

function setHalf(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, toF16(value), true);
}

function encodeF16(random: Random, bytes: Uint8Array, values: Float64Array): void {
  values.forEach((_, i) => {
    values[i] = half(0.2 * (random.next() + random.next() - 1));
    setHalf(bytes, 2 * i, values[i] ?? 0);
  });
}

/** Each block of 256 has a scale of its own. */
function encodeTernary(random: Random, bytes: Uint8Array, values: Float64Array): void {
  for (let block = 0; block < values.length / 256; block++) {
    const scale = half((0.6 + 0.8 * random.next()) * Math.sqrt(1.5 / values.length));
    const codes = Uint8Array.from({ length: 256 }, () => random.below(3));
    ternaryRowEncoder("TQ2_0")(codes, scale, bytes, 66 * block);
    codes.forEach((code, i) => {
      values[256 * block + i] = (code - 1) * scale;
    });
  }
}

/** A block of 256: scales d and dmin, six bits of scale and minimum for each 32 weights, four bits of weight. */
function encodeQ4K(random: Random, bytes: Uint8Array, values: Float64Array): void {
  const [d, least] = [half(0.0004), half(0.003)];
  setHalf(bytes, 0, d);
  setHalf(bytes, 2, least);
  const scales = Array.from({ length: 8 }, () => 20 + random.below(44));
  const minima = scales.map((scale) => Math.min(63, scale + random.below(5)));
  const or = (at: number, bits: number) => {
    bytes[at] = (bytes[at] ?? 0) | bits;
  };
  for (const [list, at, shift] of [
    [scales, 4, 0],
    [minima, 8, 4],
  ] as const) {
    list.forEach((value, run) => {
      if (run < 4) or(at + run, value);
      else {
        or(12 + run - 4, (value & 15) << shift);
        or(at + run - 4, (value >> 4) << 6);
      }
    });
  }
  for (let i = 0; i < 256; i++) {
    const [run, q] = [i >> 5, random.below(16)];
    or(16 + 32 * (run >> 1) + (i & 31), (run & 1) === 0 ? q : q << 4);
    values[i] = d * (scales[run] ?? 0) * q - least * (minima[run] ?? 0);
  }
}

/** A block of 256: six bits of weight, eight of scale for each 16 weights, and d. */
function encodeQ6K(random: Random, bytes: Uint8Array, values: Float64Array): void {
  const d = half(0.00006);
  setHalf(bytes, 208, d);
  const scales = Int8Array.from({ length: 16 }, () => (random.below(2) === 0 ? -1 : 1) * (40 + random.below(80)));
  bytes.set(new Uint8Array(scales.buffer), 192);
  for (let i = 0; i < 256; i++) {
    const q = random.below(64);
    const [side, quarter, lane] = [i >> 7, (i >> 5) & 3, i & 31];
    const [low, high] = [64 * side + 32 * (quarter & 1) + lane, 128 + 32 * side + lane];
    bytes[low] = (bytes[low] ?? 0) | (quarter < 2 ? q & 15 : (q & 15) << 4);
    bytes[high] = (bytes[high] ?? 0) | ((q >> 4) << (2 * quarter));
    values[i] = d * (scales[i >> 4] ?? 0) * (q - 32);
  }
}
