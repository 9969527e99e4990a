/** A GGUF file as data that a test can change: every field may be wrong. */
import { type GgufTypeName, TensorType, tensorBytes } from "../../../engine/models/gguf/types.ts";
import { ByteWriter, encodeHeader, type WritableValue } from "../../../engine/models/gguf/writer.ts";
import { toF16 } from "../../../engine/models/half.ts";
import { ternaryRowEncoder, type WritableType } from "../../../engine/models/rows/ternaryEncode.ts";
import { fillCodes, randomBits } from "../../../engine/models/synthRandom.ts";
import { syntheticVocabulary } from "../../../engine/models/synthVocabulary.ts";

/** A value, or the bytes of its type number and itself. */
export type SpecValue = WritableValue | { type: "raw"; value: (out: ByteWriter) => void };

export interface SpecTensor {
  name: string;
  type: number;
  shape: (number | bigint)[];
  data: Uint8Array;
  /** Written instead of the true offset. */
  offset?: number | bigint;
}

export interface Spec {
  magic: number;
  version: number;
  /** Written instead of the true counts. */
  tensorCount?: number | bigint;
  keyCount?: number | bigint;
  values: [string, SpecValue][];
  tensors: SpecTensor[];
  alignment: number;
}

export const SHAPE = { hidden: 256, layers: 1, heads: 4, kvHeads: 2, ffn: 256, vocab: 300 } as const;
const SCALE = 0.0625;

/** A correct model of one layer, with the same weights for every type. */
export function goodSpec(body: WritableType = "I2_S", architecture = "bitnet-b1.58"): Spec {
  const { hidden, layers, heads, kvHeads, ffn, vocab } = SHAPE;
  const u32 = (value: number): WritableValue => ({ type: "u32", value });
  const kv = (hidden / heads) * kvHeads;
  const tensors: SpecTensor[] = [dense("token_embd.weight", vocab, hidden)];
  for (let n = 0; n < layers; n++) {
    const at = (part: string) => `blk.${n}.${part}.weight`;
    tensors.push(
      norm(at("attn_norm"), hidden),
      ternary(at("attn_q"), body, hidden, hidden, 1),
      ternary(at("attn_k"), body, kv, hidden, 2),
      ternary(at("attn_v"), body, kv, hidden, 3),
      norm(at("attn_sub_norm"), hidden),
      ternary(at("attn_output"), body, hidden, hidden, 4),
      norm(at("ffn_norm"), hidden),
      ternary(at("ffn_gate"), body, ffn, hidden, 5),
      ternary(at("ffn_up"), body, ffn, hidden, 6),
      norm(at("ffn_sub_norm"), ffn),
      ternary(at("ffn_down"), body, hidden, ffn, 7),
    );
  }
  tensors.push(norm("output_norm.weight", hidden));
  return {
    magic: 0x46554747,
    version: 3,
    alignment: 32,
    tensors: architecture === "llama" ? tensors.filter((tensor) => !tensor.name.includes("sub_norm")) : tensors,
    values: [
      ["general.architecture", { type: "string", value: architecture }],
      ["general.name", { type: "string", value: "test" }],
      [`${architecture}.vocab_size`, u32(vocab)],
      [`${architecture}.context_length`, u32(64)],
      [`${architecture}.embedding_length`, u32(hidden)],
      [`${architecture}.block_count`, u32(layers)],
      [`${architecture}.feed_forward_length`, u32(ffn)],
      [`${architecture}.rope.dimension_count`, u32(hidden / heads)],
      [`${architecture}.attention.head_count`, u32(heads)],
      [`${architecture}.attention.head_count_kv`, u32(kvHeads)],
      [`${architecture}.attention.layer_norm_rms_epsilon`, { type: "f32", value: 1e-5 }],
      [`${architecture}.rope.freq_base`, { type: "f32", value: 500000 }],
      ...syntheticVocabulary(vocab),
    ],
  };
}

function norm(name: string, columns: number): SpecTensor {
  const data = new Float32Array(columns).map((_, i) => 1 + i / columns);
  return { name, type: TensorType.F32, shape: [columns], data: new Uint8Array(data.buffer) };
}

function dense(name: string, rows: number, columns: number): SpecTensor {
  const next = randomBits(9, 9);
  const data = Uint16Array.from({ length: rows * columns }, () => toF16((next() / 2 ** 31) * 0.5));
  return { name, type: TensorType.F16, shape: [columns, rows], data: new Uint8Array(data.buffer) };
}

/** A ternary tensor of random weights and scale 1/16. */
export function ternary(name: string, type: WritableType, rows: number, columns: number, seed: number): SpecTensor {
  const next = randomBits(seed, 1);
  const codes = new Uint8Array(columns);
  const data = new Uint8Array(tensorBytes(type, rows, columns));
  const stride = tensorBytes(type, rows, columns) - tensorBytes(type, rows - 1, columns);
  for (let row = 0; row < rows; row++) {
    fillCodes(codes, next);
    ternaryRowEncoder(type)(codes, SCALE, data, row * stride);
  }
  if (type === "I2_S") new DataView(data.buffer).setFloat32(data.length - 32, SCALE, true);
  return { name, type: TensorType[type], shape: [columns, rows], data };
}

export function tensorOf(spec: Spec, name: string): SpecTensor {
  const tensor = spec.tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) throw new Error(`the spec has no tensor ${name}`);
  return tensor;
}

/** Changes the value of a key, or adds the key. */
export function setValue(spec: Spec, key: string, value: SpecValue): void {
  const entry = spec.values.find(([name]) => name === key);
  if (entry === undefined) spec.values.push([key, value]);
  else entry[1] = value;
}

export function removeValue(spec: Spec, key: string): void {
  if (!spec.values.some(([name]) => name === key)) throw new Error(`the spec has no key ${key}`);
  spec.values = spec.values.filter(([name]) => name !== key);
}

export function setType(tensor: SpecTensor, type: GgufTypeName, data: Uint8Array): void {
  tensor.type = TensorType[type];
  tensor.data = data;
}

/** The file that a spec describes. */
export function encodeSpec(spec: Spec): Buffer {
  const out = new ByteWriter();
  out.u32(spec.magic).u32(spec.version);
  out.u64(spec.tensorCount ?? spec.tensors.length).u64(spec.keyCount ?? spec.values.length);
  for (const [key, value] of spec.values) {
    out.string(key);
    if (value.type === "raw") value.value(out);
    else out.raw(encodeValue(value));
  }
  let end = 0;
  const starts: number[] = [];
  for (const tensor of spec.tensors) {
    const start = Math.ceil(end / spec.alignment) * spec.alignment;
    starts.push(start);
    end = start + tensor.data.length;
    out.string(tensor.name).u32(tensor.shape.length);
    for (const length of tensor.shape) out.u64(length);
    out.u32(tensor.type).u64(tensor.offset ?? start);
  }
  out.pad(spec.alignment);
  const header = out.bytes();
  const file = Buffer.alloc(header.length + end);
  file.set(header, 0);
  spec.tensors.forEach((tensor, i) => {
    file.set(tensor.data, header.length + (starts[i] ?? 0));
  });
  return file;
}

/** The type number and the value, cut out of a header with nothing else. */
function encodeValue(value: WritableValue): Uint8Array {
  const header = encodeHeader(new Map([["k", value]]), [], 1);
  return header.bytes.subarray(24 + 8 + 1);
}
