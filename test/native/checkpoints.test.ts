/**
 * Imports checkpoints of every family and form in the catalogue, and compares their logits with those of transformers
 * (test/fixtures/checkpoints/make.py).
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TensorType, tensorBytes } from "../../engine/models/gguf/types.ts";
import { encodeHeader, type WritableTensor, type WritableValue } from "../../engine/models/gguf/writer.ts";
import { modelInfo } from "../../engine/models/info.ts";
import { openModel } from "../../engine/models/openModel.ts";
import { packModel } from "../../engine/models/packer.ts";
import { Section } from "../../engine/models/packFormat.ts";
import { ternaryRowEncoder } from "../../engine/models/rows/ternaryEncode.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { syntheticVocabulary } from "../../engine/models/synthVocabulary.ts";
import { encodeVocabulary, readVocabulary } from "../../engine/models/vocabBlob.ts";
import { type ActivationKind, loadAddon } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { readSections } from "../unit/models/packSections.ts";
import { root } from "../unit/root.ts";
import {
  type CheckpointKind,
  encodeSafetensors,
  KINDS,
  type Matrix,
  randomWeights,
  SHAPE,
  ternarise,
  type Weights,
  writeCheckpoint,
} from "./syntheticCheckpoint.ts";

interface Golden {
  tokens: number[];
  vocab: number;
  float: string;
  int8: string;
}

function golden(name: string): Golden {
  return JSON.parse(readFileSync(join(root, "test/fixtures/checkpoints", `${name}.json`), "utf8")) as Golden;
}

function floats(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
}

const PARTS: readonly [string, string][] = [
  ["model.embed_tokens", "token_embd"],
  ["model.norm", "output_norm"],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.attn_sub_norm", "attn_sub_norm"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
  ["mlp.ffn_sub_norm", "ffn_sub_norm"],
  ["input_layernorm", "attn_norm"],
  ["post_attention_layernorm", "ffn_norm"],
];

/** The same weights as a GGUF file with an I2_S body, like that of 2B4T. */
function writeGguf(path: string, weights: Weights): void {
  const { hidden, layers, heads, kvHeads, ffn, vocab, theta } = SHAPE;
  const number = (type: "u32" | "f32", value: number): WritableValue => ({ type, value });
  const values = new Map<string, WritableValue>([
    ["general.architecture", { type: "string", value: "bitnet-b1.58" }],
    ["bitnet-b1.58.vocab_size", number("u32", vocab)],
    ["bitnet-b1.58.context_length", number("u32", 512)],
    ["bitnet-b1.58.embedding_length", number("u32", hidden)],
    ["bitnet-b1.58.block_count", number("u32", layers)],
    ["bitnet-b1.58.feed_forward_length", number("u32", ffn)],
    ["bitnet-b1.58.attention.head_count", number("u32", heads)],
    ["bitnet-b1.58.attention.head_count_kv", number("u32", kvHeads)],
    ["bitnet-b1.58.rope.dimension_count", number("u32", hidden / heads)],
    ["bitnet-b1.58.rope.freq_base", number("f32", theta)],
    ["bitnet-b1.58.attention.layer_norm_rms_epsilon", number("f32", 1e-5)],
    ...syntheticVocabulary(vocab),
  ]);
  const tensors: (WritableTensor & { data: Uint8Array })[] = [];
  for (const [hubName, matrix] of weights.tensors) {
    const [, layer, part = ""] = /^(?:model\.layers\.(\d+)\.)?(.*)\.weight$/.exec(hubName) ?? [];
    const own = PARTS.find(([hub]) => hub === part)?.[1] ?? "";
    const name = `${layer === undefined ? "" : `blk.${layer}.`}${own}.weight`;
    const isLinear = weights.linears.includes(hubName);
    const type = isLinear ? "I2_S" : "F32";
    const { rows, columns } = matrix;
    const shape = rows === 1 ? [columns] : [columns, rows];
    const data = isLinear ? i2s(matrix) : new Uint8Array(matrix.values.slice().buffer);
    tensors.push({ name, type: TensorType[type], shape, size: tensorBytes(type, rows, columns), data });
  }
  const header = encodeHeader(values, tensors);
  const file = Buffer.alloc(header.fileSize);
  file.set(header.bytes);
  tensors.forEach(({ data }, i) => {
    file.set(data, header.offsets[i]);
  });
  writeFileSync(path, file);
}

function i2s(matrix: Matrix): Uint8Array {
  const { rows, columns } = matrix;
  const { codes, scale } = ternarise(matrix);
  const data = new Uint8Array(tensorBytes("I2_S", rows, columns));
  const encode = ternaryRowEncoder("I2_S");
  for (let row = 0; row < rows; row++) {
    const line = Uint8Array.from(codes.subarray(row * columns, (row + 1) * columns), (code) => code + 1);
    encode(line, 1, data, (row * columns) / 4);
  }
  new DataView(data.buffer).setFloat32((rows * columns) / 4, scale, true);
  return data;
}

function kindOf(name: string): CheckpointKind {
  const kind = KINDS.find((candidate) => candidate.name === name);
  assert.ok(kind !== undefined);
  return kind;
}

describe("checkpoints in safetensors", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  async function logits(name: string, activations: ActivationKind, layout: "t2" | "t16"): Promise<Float32Array> {
    const pack = await resolvePack(folder.path(name), folder.path("packs"), { layout });
    const model = await loadAddon(root).loadModel(pack, { head: "f16", threads: 2 });
    try {
      return await model.logits(Uint32Array.from(golden(name).tokens), activations);
    } finally {
      await model.close();
    }
  }

  before(() => {
    for (const kind of KINDS) writeCheckpoint(folder.path(kind.name), kind);
  });

  for (const { name } of KINDS) {
    for (const layout of ["t2", "t16"] as const) {
      it(`${name} (${layout}) gives the logits of transformers within 0.005 with float activations`, async () => {
        const theirs = floats(golden(name).float);
        const ours = await logits(name, "float", layout);
        assert.equal(ours.length, theirs.length);
        const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[i] ?? Number.NaN))), 0);
        assert.ok(worst < 0.005, `differs by ${worst}`);
      });
    }

    it(`${name} agrees with transformers' int8 arithmetic as engines agree with each other`, async () => {
      const { vocab, int8 } = golden(name);
      const theirs = floats(int8);
      const ours = await logits(name, "int8", "t2");
      const differences = ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
      const top = (all: Float32Array, row: number) => {
        const part = all.subarray(row * vocab, (row + 1) * vocab);
        return part.indexOf(Math.max(...part));
      };
      const rows = ours.length / vocab;
      const same = Array.from({ length: rows }, (_, row) => top(ours, row) === top(theirs, row)).filter(Boolean).length;
      const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
      const max = differences.reduce((most, value) => Math.max(most, value), 0);
      assert.ok(mean < 0.05 && max < 0.4 && same / rows > 0.9, JSON.stringify({ mean, max, same: same / rows }));
    });
  }

  it("give bit-identical packed bodies in all three forms of one 2B4T-like model", async () => {
    writeGguf(folder.path("2b4t.gguf"), randomWeights(kindOf("2b4t-packed")));
    for (const layout of ["t2", "t16"] as const) {
      const packs = await Promise.all(
        ["2b4t-packed", "2b4t-master", "2b4t.gguf"].map(async (name) => {
          const target = folder.path(`${name}.${layout}.pack`);
          await packModel(folder.path(name), target, { layout });
          return readSections(target);
        }),
      );
      const [first, ...others] = packs;
      assert.ok(first !== undefined && first.all.size > 10);
      for (const other of others) {
        assert.deepEqual([...other.all.keys()], [...first.all.keys()]);
        for (const [key, bytes] of first.all) {
          if (key.startsWith(`${Section.metadata}/`)) continue;
          assert.ok(bytes.equals(other.all.get(key) ?? Buffer.alloc(0)), `section ${key}, ${layout}`);
        }
      }
    }
  });

  it("have the vocabulary of the GGUF file with the same tokens", async () => {
    const model = await openModel(folder.path("2b4t-packed"));
    try {
      writeGguf(folder.path("vocabulary.gguf"), randomWeights(kindOf("2b4t-packed")));
      assert.deepEqual(encodeVocabulary(model), await readVocabulary(folder.path("vocabulary.gguf")));
    } finally {
      await model.close();
    }
  });

  it("are described as what they are", async () => {
    const { format, architecture, model } = await modelInfo(folder.path("falcon-packed"));
    assert.deepEqual(
      [format, architecture, model?.bodyType, model?.ropePairing, model?.headDim, model?.headType],
      ["safetensors", "llama", "HF_U2", "neox", 64, "BF16"],
    );
  });

  it("may come in several files with an index", async () => {
    const kind = kindOf("2b4t-packed");
    const split = folder.path("split");
    writeCheckpoint(split, kind);
    const whole = await openModel(folder.path("2b4t-packed"));
    await whole.close();
    const header = readFileSync(join(split, "model.safetensors"));
    const length = Number(header.readBigUInt64LE());
    const entries = Object.entries(
      JSON.parse(header.subarray(8, 8 + length).toString()) as Record<
        string,
        { dtype: string; shape: number[]; data_offsets: [number, number] }
      >,
    ).filter(([name]) => name !== "__metadata__");
    const map: Record<string, string> = {};
    for (const part of [0, 1]) {
      const file = `model-0000${part + 1}-of-00002.safetensors`;
      const tensors = entries
        .filter((_, i) => i % 2 === part)
        .map(
          ([
            name,
            {
              dtype,
              shape,
              data_offsets: [from, to],
            },
          ]) => {
            map[name] = file;
            return { name, dtype, shape, data: header.subarray(8 + length + from, 8 + length + to) };
          },
        );
      writeFileSync(join(split, file), encodeSafetensors(tensors));
    }
    writeFileSync(join(split, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
    await packModel(split, folder.path("split.pack"));
    await packModel(folder.path("2b4t-packed"), folder.path("whole.pack"));
    assert.deepEqual(readFileSync(folder.path("split.pack")), readFileSync(folder.path("whole.pack")));
  });
});
