import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { openModel } from "../../../engine/models/openModel.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { synthesise } from "../../../engine/models/synth.ts";
import { encodeSafetensors, type SafeTensor, tokenizerOf } from "../../native/syntheticCheckpoint.ts";
import { temporaryFolder } from "./folder.ts";
import { readSections } from "./packSections.ts";

const SHAPE = { hiddenSize: 256, layerCount: 2, headCount: 2, kvHeadCount: 1, headDim: 128, ffnSize: 384 };
const VOCAB = 288;
const NAMES: readonly (readonly [gguf: string, hub: string])[] = [
  ["attn_q", "self_attn.q_proj"],
  ["attn_k", "self_attn.k_proj"],
  ["attn_v", "self_attn.v_proj"],
  ["attn_output", "self_attn.o_proj"],
  ["ffn_gate", "mlp.gate_proj"],
  ["ffn_up", "mlp.up_proj"],
  ["ffn_down", "mlp.down_proj"],
  ["attn_norm", "input_layernorm"],
  ["attn_q_norm", "self_attn.q_norm"],
  ["attn_k_norm", "self_attn.k_norm"],
  ["ffn_norm", "post_attention_layernorm"],
];

function hubName(name: string): string {
  if (name === "token_embd.weight") return "model.embed_tokens.weight";
  if (name === "output_norm.weight") return "model.norm.weight";
  const [, layer = "", part = ""] = /^blk\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
  return `model.layers.${layer}.${NAMES.find(([gguf]) => gguf === part)?.[1]}.weight`;
}

interface Found {
  name: string;
  rows: number;
  columns: number;
  /** PQ2_0 blocks of a matrix, or the floats of a norm. */
  data: Uint8Array;
  isNorm: boolean;
}

describe("checkpoints with a scale for each 128 weights", () => {
  const folder = temporaryFolder();
  let found: Found[];

  before(async () => {
    const path = folder.path("model.gguf");
    await synthesise(path, {
      shape: { ...SHAPE, vocabSize: VOCAB, contextLength: 64 },
      type: "PQ2_0",
      architecture: "qwen3",
    });
    await packModel(path, folder.path("model.pack"));
    const source = await openModel(path);
    found = [];
    for (const tensor of source.tensors.values()) {
      const data = new Uint8Array(tensor.size);
      await source.read(tensor, 0, data);
      const { rows, columns, type } = tensor;
      found.push({ name: hubName(tensor.name), rows, columns, data, isNorm: type !== "PQ2_0" });
    }
    await source.close();
  });

  const norm = ({ name, columns, data }: Found): SafeTensor => ({ name, dtype: "F32", shape: [columns], data });

  /** Plain f16: the code of a weight, minus one, times its scale. */
  function unpacked(tensor: Found): SafeTensor[] {
    const { name, rows, columns, data } = tensor;
    if (tensor.isNorm) return [norm(tensor)];
    const view = new DataView(data.buffer, data.byteOffset);
    const values = new Uint16Array(rows * columns);
    for (let i = 0; i < values.length; i++) {
      const block = Math.floor(i / 128) * 34;
      const place = i % 128;
      const code = (view.getUint8(block + 2 + (place >> 2)) >> (2 * (place & 3))) & 3;
      values[i] = toF16((F16_TO_F32[view.getUint16(block, true)] ?? 0) * (code - 1));
    }
    return [{ name, dtype: "F16", shape: [rows, columns], data: new Uint8Array(values.buffer) }];
  }

  function mlx(tensor: Found): SafeTensor[] {
    const { name, rows, columns, data } = tensor;
    if (tensor.isNorm) return [norm(tensor)];
    const groups = data.length / 34;
    const view = new DataView(data.buffer, data.byteOffset);
    const codes = new Uint8Array(groups * 32);
    const scales = new Uint16Array(groups);
    const biases = new Uint16Array(groups);
    for (let group = 0; group < groups; group++) {
      codes.set(data.subarray(group * 34 + 2, group * 34 + 34), group * 32);
      scales[group] = view.getUint16(group * 34, true);
      biases[group] = (scales[group] ?? 0) ^ 0x8000;
    }
    const stem = name.replace(/weight$/, "");
    const half = (suffix: string, bits: Uint16Array): SafeTensor => ({
      name: stem + suffix,
      dtype: "F16",
      shape: [rows, columns / 128],
      data: new Uint8Array(bits.buffer),
    });
    return [
      { name, dtype: "U32", shape: [rows, columns / 16], data: codes },
      half("scales", scales),
      half("biases", biases),
    ];
  }

  type Change = (tensors: SafeTensor[], config: Record<string, unknown>) => void;

  function write(form: (tensor: Found) => SafeTensor[], more: object, change: Change = () => undefined): string {
    const path = folder.path("checkpoint");
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    const config: Record<string, unknown> = {
      model_type: "qwen3",
      hidden_act: "silu",
      hidden_size: SHAPE.hiddenSize,
      intermediate_size: SHAPE.ffnSize,
      num_hidden_layers: SHAPE.layerCount,
      num_attention_heads: SHAPE.headCount,
      num_key_value_heads: SHAPE.kvHeadCount,
      head_dim: SHAPE.headDim,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 },
      tie_word_embeddings: true,
      vocab_size: VOCAB,
      eos_token_id: VOCAB - 5,
      ...more,
    };
    const tensors = found.flatMap(form);
    change(tensors, config);
    writeFileSync(join(path, "model.safetensors"), encodeSafetensors(tensors));
    writeFileSync(join(path, "config.json"), JSON.stringify(config));
    writeFileSync(join(path, "tokenizer.json"), JSON.stringify(tokenizerOf(VOCAB)));
    return path;
  }

  const MLX = { quantization: { group_size: 128, bits: 2 }, quantization_config: { group_size: 128, bits: 2 } };
  const FORMS = [
    ["plain f16 that is ternary", unpacked, {}],
    ["MLX's 2 bits", mlx, MLX],
  ] as const;

  for (const [what, form, more] of FORMS) {
    for (const batchBytes of [1000, undefined]) {
      it(`packs ${what} to the sections of the GGUF file${batchBytes ? ", read in small pieces" : ""}`, async () => {
        await packModel(write(form, more), folder.path("other.pack"), batchBytes ? { batchBytes } : {});
        const [one, other] = [
          await readSections(folder.path("model.pack")),
          await readSections(folder.path("other.pack")),
        ];
        assert.equal(other.info.config.ternaryEmbedding, true);
        const { ropeScaling, ropeFactor, ropeOriginalContext } = other.info.config;
        assert.deepEqual([ropeScaling, ropeFactor, ropeOriginalContext], [1, 4, 16]);
        let compared = 0;
        for (const section of one.info.sections) {
          if (section.kind === Section.metadata || section.kind === Section.vocabulary) continue;
          const theirs = other.info.sections.find(
            ({ kind, layer }) => kind === section.kind && layer === section.layer,
          );
          assert.equal(theirs?.crc, section.crc, `section ${section.kind} of layer ${section.layer}`);
          compared++;
        }
        assert.ok(compared > 15);
      });
    }
  }

  it("keeps an embedding that is not ternary as it is", async () => {
    const path = write(unpacked, {}, (tensors) => {
      const embedding = tensors.find(({ name }) => name.includes("embed_tokens"));
      if (embedding) new Uint16Array(embedding.data.buffer)[3] = toF16(0.123);
    });
    await packModel(path, folder.path("dense.pack"));
    assert.equal((await readSections(folder.path("dense.pack"))).info.config.ternaryEmbedding, false);
  });

  const part = (tensors: SafeTensor[], suffix: string) =>
    tensors.findIndex(({ name }) => name === `model.layers.1.mlp.up_proj.${suffix}`);
  const bad: [what: string, form: typeof mlx, more: object, change: Change, message: RegExp][] = [
    [
      "a bias that makes the weights uneven",
      mlx,
      MLX,
      (all) => {
        const { data } = all[part(all, "biases")]!;
        data[1] = data[1]! ^ 0x80;
      },
      /up_proj\.weight: has a bias that is not the negative scale/,
    ],
    ["no scales", mlx, MLX, (all) => all.splice(part(all, "scales"), 1), /up_proj\.weight": has no scales beside it/],
    ["no biases", mlx, MLX, (all) => all.splice(part(all, "biases"), 1), /up_proj\.weight": has no biases beside it/],
    [
      "scales for other groups",
      mlx,
      MLX,
      (all) => {
        const scales = all[part(all, "scales")]!;
        scales.shape = [1, scales.data.length / 2];
      },
      /has scales of the shape \[1 x \d+\] beside codes/,
    ],
    [
      "scales of another type",
      mlx,
      MLX,
      (all) => {
        const scales = all[part(all, "scales")]!;
        scales.dtype = "U8";
        scales.shape = [scales.data.length];
      },
      /has scales of type U8, not F16 or BF16/,
    ],
    [
      "the code 3",
      mlx,
      MLX,
      (all) => {
        all[part(all, "weight")]!.data[7] = 0xff;
      },
      /row 0: holds the code 3/,
    ],
    [
      "an infinite scale",
      mlx,
      MLX,
      (all) => {
        all[part(all, "scales")]!.data.set([0, 0x7c]);
        all[part(all, "biases")]!.data.set([0, 0xfc]);
      },
      /scale that is not finite/,
    ],
    [
      "32-bit integers elsewhere",
      mlx,
      MLX,
      (all) => all.push({ name: "x", dtype: "U32", shape: [4], data: new Uint8Array(16) }),
      /tensor "x": holds 32-bit integers/,
    ],
    ["4 bits", mlx, { quantization: { group_size: 64, bits: 4 } }, () => undefined, /is "4" bits in groups of "64"/],
    [
      "a weight of another size",
      unpacked,
      {},
      (all) => {
        new Uint16Array(all[part(all, "weight")]!.data.buffer)[5] = toF16(0.37);
      },
      /row 0: holds the values .* so it is not ternary/,
    ],
    [
      "another ramp of YaRN",
      unpacked,
      {},
      (_, config) => Object.assign(config.rope_scaling as object, { beta_fast: 16 }),
      /rope_scaling: has beta_fast "16"/,
    ],
    [
      "YaRN without a factor",
      unpacked,
      {},
      (_, config) => {
        config.rope_scaling = { rope_type: "yarn" };
      },
      /says neither a factor nor the original length/,
    ],
    ["a sliding window", unpacked, { use_sliding_window: true }, () => undefined, /use_sliding_window: is true/],
  ];
  for (const [what, form, more, change, message] of bad) {
    it(`refuses ${what}, in one line`, async () => {
      await assert.rejects(packModel(write(form, more, change), folder.path("bad.pack")), (error: unknown) => {
        assert.ok(error instanceof ModelFileError, String(error));
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    });
  }
});
