/**
 * Small checkpoints with random weights, in the forms that the hub has. They are the same in every run, because the
 * goldens in test/fixtures/checkpoints were made from them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { syntheticVocabulary } from "../../engine/models/synthVocabulary.ts";
import { Random } from "../unit/support/testRandom.ts";

export interface CheckpointKind {
  name: string;
  /** transformers' name for the architecture. */
  model: "bitnet" | "llama";
  activation: "relu2" | "silu";
  subNorms: boolean;
  tied: boolean;
  /** Weights as trained, or packed with four rows to a byte and a scale that multiplies or divides. */
  form: "master" | "packed" | "packed, dividing";
  /** The first models of the family have other names for their sub-norms. */
  oldNames?: boolean;
  dtype: "BF16" | "F32";
  headDim: number;
}

/** One kind for every family and form in the catalogue. */
export const KINDS: readonly CheckpointKind[] = [
  {
    name: "2b4t-packed",
    model: "bitnet",
    activation: "relu2",
    subNorms: true,
    tied: true,
    form: "packed",
    dtype: "BF16",
    headDim: 32,
  },
  {
    name: "2b4t-master",
    model: "bitnet",
    activation: "relu2",
    subNorms: true,
    tied: true,
    form: "master",
    dtype: "BF16",
    headDim: 32,
  },
  {
    name: "large-master",
    model: "bitnet",
    activation: "silu",
    subNorms: true,
    tied: true,
    form: "master",
    oldNames: true,
    dtype: "F32",
    headDim: 32,
  },
  {
    name: "falcon-packed",
    model: "llama",
    activation: "silu",
    subNorms: false,
    tied: false,
    form: "packed, dividing",
    dtype: "BF16",
    headDim: 64,
  },
  {
    name: "llama-master",
    model: "llama",
    activation: "silu",
    subNorms: false,
    tied: false,
    form: "master",
    dtype: "BF16",
    headDim: 32,
  },
];

export const SHAPE = { hidden: 128, layers: 2, heads: 4, kvHeads: 2, ffn: 256, vocab: 288, theta: 25000 };

export interface Matrix {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** All weights as trained; every form is made from them. */
export interface Weights {
  tensors: Map<string, Matrix>;
  linears: string[];
}

const LINEARS = [
  "self_attn.q_proj",
  "self_attn.k_proj",
  "self_attn.v_proj",
  "self_attn.o_proj",
  "mlp.gate_proj",
  "mlp.up_proj",
  "mlp.down_proj",
];

export function randomWeights({ headDim, subNorms, tied }: CheckpointKind): Weights {
  const random = new Random(58);
  const { hidden, layers, heads, kvHeads, ffn, vocab } = SHAPE;
  const tensors = new Map<string, Matrix>();
  const linears: string[] = [];
  const add = (name: string, rows: number, columns: number, value: () => number) => {
    tensors.set(`${name}.weight`, {
      rows,
      columns,
      values: Float32Array.from({ length: rows * columns }, () => bf16(value())),
    });
  };
  const centred = () => random.next() + random.next() + random.next() - 1.5;
  const norm = (name: string, columns: number) => add(name, 1, columns, () => 0.8 + 0.4 * random.next());
  add("model.embed_tokens", vocab, hidden, () => 0.15 * centred());
  for (let n = 0; n < layers; n++) {
    const at = `model.layers.${n}.`;
    const shapes = [
      [heads * headDim, hidden],
      [kvHeads * headDim, hidden],
      [kvHeads * headDim, hidden],
      [hidden, heads * headDim],
      [ffn, hidden],
      [ffn, hidden],
      [hidden, ffn],
    ];
    LINEARS.forEach((name, i) => {
      const [rows = 0, columns = 0] = shapes[i] ?? [];
      add(at + name, rows, columns, () => 0.2 * centred());
      linears.push(`${at}${name}.weight`);
    });
    norm(`${at}input_layernorm`, hidden);
    norm(`${at}post_attention_layernorm`, hidden);
    if (subNorms) {
      norm(`${at}self_attn.attn_sub_norm`, heads * headDim);
      norm(`${at}mlp.ffn_sub_norm`, ffn);
    }
  }
  norm("model.norm", hidden);
  if (!tied) add("lm_head", vocab, hidden, () => 0.15 * centred());
  return { tensors, linears };
}

/** Ternary codes -1, 0, 1 and the scale, rounded like the models' own code does. */
export function ternarise({ values }: Matrix): { codes: Int8Array; scale: number } {
  const mean = Math.fround(values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length);
  const inverse = Math.fround(1 / mean);
  const codes = Int8Array.from(values, (value) =>
    Math.max(-1, Math.min(1, roundHalfEven(Math.fround(value * inverse)))),
  );
  return { codes, scale: Math.fround(1 / inverse) };
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The nearest value with an 8-bit significand. */
export function bf16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  view.setUint32(0, ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0);
  return view.getFloat32(0);
}

export function writeCheckpoint(folder: string, kind: CheckpointKind, weights = randomWeights(kind)): void {
  mkdirSync(folder, { recursive: true });
  const tensors: SafeTensor[] = [];
  for (const [name, matrix] of weights.tensors) {
    if (kind.form === "master" || !weights.linears.includes(name)) {
      tensors.push(floats(rename(name, kind), matrix, kind.dtype));
      continue;
    }
    const { codes, scale } = ternarise(matrix);
    tensors.push(packed(name, matrix, codes));
    const stored = kind.form === "packed" ? scale : 1 / scale;
    // transformers' code stores the scale in a type of its own; f32 keeps the forms comparable bit for bit.
    tensors.push(floats(`${name}_scale`, { rows: 1, columns: 1, values: Float32Array.of(stored) }, "F32"));
  }
  writeFileSync(join(folder, "model.safetensors"), encodeSafetensors(tensors));
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(kind), null, 2));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizerOf(SHAPE.vocab)));
}

function rename(name: string, { oldNames = false }: CheckpointKind): string {
  return oldNames
    ? name
        .replace("self_attn.attn_sub_norm", "self_attn.inner_attn_ln")
        .replace("mlp.ffn_sub_norm", "mlp.ffn_layernorm")
    : name;
}

function configOf({ model, activation, tied, form, headDim, oldNames }: CheckpointKind): object {
  const { hidden, layers, heads, kvHeads, ffn, vocab, theta } = SHAPE;
  const mode = form === "master" ? "online" : "offline";
  return {
    model_type: model,
    architectures: [model === "bitnet" ? "BitNetForCausalLM" : "LlamaForCausalLM"],
    hidden_act: activation,
    hidden_size: hidden,
    intermediate_size: ffn,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-5,
    rope_theta: theta,
    tie_word_embeddings: tied,
    vocab_size: vocab,
    bos_token_id: vocab - 6,
    eos_token_id: vocab - 5,
    // The first models of the family do not state this.
    ...(oldNames
      ? {}
      : {
          quantization_config: {
            quant_method: "bitnet",
            linear_class: form === "packed, dividing" ? "bitlinear" : "autobitlinear",
            quantization_mode: mode,
            modules_to_not_convert: ["lm_head"],
          },
        }),
  };
}

/** The tokenizer for the same vocabulary as in a synthetic GGUF file. */
export function tokenizerOf(size: number): object {
  const values = syntheticVocabulary(size);
  const strings = (key: string) => {
    const value = values.get(key);
    return value?.type === "strings" ? value.value.map(String) : [];
  };
  const types = values.get("tokenizer.ggml.token_type");
  const kinds = types?.type === "i32s" ? Array.from(types.value) : [];
  const tokens = strings("tokenizer.ggml.tokens");
  const vocab = Object.fromEntries(tokens.map((text, id) => [text, id] as const).filter(([, id]) => kinds[id] === 1));
  const added = tokens.map((content, id) => ({ id, content, special: true })).filter(({ id }) => kinds[id] === 3);
  const bos = added[0];
  return {
    version: "1.0",
    added_tokens: added,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: {
            Regex:
              "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          },
          behavior: "Isolated",
          invert: false,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: "Sequence",
      processors: [
        { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
        {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: bos?.content, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
          pair: [],
          special_tokens: { [bos?.content ?? ""]: { id: bos?.content, ids: [bos?.id], tokens: [bos?.content] } },
        },
      ],
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", byte_fallback: false, ignore_merges: true, vocab, merges: strings("tokenizer.ggml.merges") },
  };
}

export interface SafeTensor {
  name: string;
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

function floats(name: string, { rows, columns, values }: Matrix, dtype: "BF16" | "F32"): SafeTensor {
  const shape = rows === 1 ? [columns] : [rows, columns];
  if (dtype === "F32") return { name, dtype, shape, data: new Uint8Array(values.slice().buffer) };
  const words = new Uint32Array(values.slice().buffer);
  return { name, dtype, shape, data: new Uint8Array(Uint16Array.from(words, (bits) => bits >>> 16).buffer) };
}

/** Byte (r, c) holds the codes of rows r, r + rows / 4 and so on, the first in the lowest bits. */
function packed(name: string, { rows, columns }: Matrix, codes: Int8Array): SafeTensor {
  const quarter = rows / 4;
  const data = new Uint8Array(quarter * columns);
  codes.forEach((code, i) => {
    const row = Math.floor(i / columns);
    const at = (row % quarter) * columns + (i % columns);
    data[at] = (data[at] ?? 0) | ((code + 1) << (2 * Math.floor(row / quarter)));
  });
  return { name, dtype: "U8", shape: [quarter, columns], data };
}

export function encodeSafetensors(tensors: readonly SafeTensor[]): Buffer {
  let end = 0;
  const header: Record<string, object> = { __metadata__: { format: "pt" } };
  for (const { name, dtype, shape, data } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.length] };
    end += data.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...tensors.map(({ data }) => data)]);
}
