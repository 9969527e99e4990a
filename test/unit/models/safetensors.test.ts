import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import {
  type CheckpointKind,
  encodeSafetensors,
  KINDS,
  type SafeTensor,
  writeCheckpoint,
} from "../../native/syntheticCheckpoint.ts";
import { temporaryFolder } from "./folder.ts";

type Json = Record<string, unknown>;

/** The change that one case makes to a correct checkpoint. */
interface Change {
  config?: (config: Json) => void;
  tokenizer?: (tokenizer: Json) => void;
  tensors?: (tensors: SafeTensor[]) => SafeTensor[];
  file?: (bytes: Buffer) => Buffer;
  remove?: string;
}

const CASES: [what: string, kind: string, change: Change, message: RegExp][] = [
  ["no config.json", "2b4t-packed", { remove: "config.json" }, /config\.json: file: cannot be opened \(ENOENT\)/],
  ["no tokenizer.json", "2b4t-packed", { remove: "tokenizer.json" }, /tokenizer\.json: file: cannot be opened/],
  ["no weights", "2b4t-packed", { remove: "model.safetensors" }, /model\.safetensors: file: cannot be opened/],
  ["a file that ends early", "2b4t-packed", { file: (b) => b.subarray(0, b.length - 1) }, /does not fit the file/],
  ["a file without header", "2b4t-packed", { file: () => Buffer.from("{}") }, /header: is missing/],
  [
    "a header longer than the file",
    "2b4t-packed",
    { file: (b) => Buffer.concat([Buffer.from([0, 0, 0, 64, 0, 0, 0, 0]), b.subarray(8)]) },
    /header: of \d+ bytes/,
  ],
  [
    "a header that is no JSON",
    "2b4t-packed",
    { file: (b) => Buffer.concat([b.subarray(0, 8), Buffer.from("x"), b.subarray(9)]) },
    /header: is no JSON object/,
  ],
  ["an ordinary model", "llama-master", { config: (c) => delete c.quantization_config }, /so it is not ternary/],
  [
    "another quantisation",
    "2b4t-packed",
    { config: (c) => (c.quantization_config = { quant_method: "awq" }) },
    /quant_method: is "awq", not "bitnet"/,
  ],
  ["another activation", "falcon-packed", { config: (c) => (c.hidden_act = "gelu") }, /hidden_act: is "gelu"/],
  [
    "an activation that is no text",
    "falcon-packed",
    { config: (c) => (c.hidden_act = { toString: 1, valueOf: 1 }) },
    /hidden_act: is "\{"toString":1,"valueOf":1\}"/,
  ],
  [
    "a vocabulary beyond all",
    "2b4t-packed",
    { config: (c) => (c.vocab_size = 2 ** 53) },
    /vocab_size: is 9007199254740992, more than 1048576/,
  ],
  [
    "stretched rotation",
    "falcon-packed",
    { config: (c) => (c.rope_scaling = { rope_type: "yarn", factor: 4 }) },
    /rope_scaling: is of type "yarn"/,
  ],
  [
    "norms inside the linear layers",
    "2b4t-packed",
    { config: (c) => Object.assign(c.quantization_config as Json, { use_rms_norm: true }) },
    /use_rms_norm: is true/,
  ],
  ["a missing number", "2b4t-packed", { config: (c) => delete c.hidden_size }, /hidden_size: is missing/],
  [
    "a number as text",
    "2b4t-packed",
    { config: (c) => (c.hidden_size = "128") },
    /hidden_size: is ".*128.*", not a number/,
  ],
  ["another shape", "2b4t-packed", { config: (c) => (c.intermediate_size = 512) }, /ffn_gate\.weight: has the shape/],
  [
    "an output matrix that is missing",
    "2b4t-packed",
    { config: (c) => (c.tie_word_embeddings = false) },
    /lm_head\.weight: is missing/,
  ],
  [
    "packed weights without scale",
    "2b4t-packed",
    { tensors: (all) => all.filter(({ name }) => !name.endsWith("layers.0.mlp.up_proj.weight_scale")) },
    /ffn_up\.weight: has no weight_scale/,
  ],
  [
    "a scale of zero that divides",
    "falcon-packed",
    {
      tensors: (all) =>
        all.map((t) => (t.name.endsWith("0.mlp.up_proj.weight_scale") ? { ...t, data: new Uint8Array(4) } : t)),
    },
    /ffn_up\.scale: is 0, which is no scale/,
  ],
  [
    "the code 3",
    "2b4t-packed",
    {
      tensors: (all) =>
        all.map((t) => (t.name.endsWith("0.mlp.up_proj.weight") ? { ...t, data: t.data.map((b) => b | 12) } : t)),
    },
    /ffn_up\.weight, row 64: holds the code 3/,
  ],
  [
    "a weight that is not finite",
    "2b4t-master",
    {
      tensors: (all) =>
        all.map((t) => {
          if (!t.name.endsWith("0.mlp.up_proj.weight")) return t;
          const data = t.data.slice();
          data.set([0xc0, 0x7f], 100);
          return { ...t, data };
        }),
    },
    /ffn_up\.weight: holds a value that is not finite/,
  ],
  [
    "a tensor of no part",
    "2b4t-packed",
    {
      tensors: (all) => [
        ...all,
        { name: "model.layers.0.self_attn.q_proj.bias", dtype: "F32", shape: [1], data: new Uint8Array(4) },
      ],
    },
    /q_proj\.bias": belongs to no part/,
  ],
  [
    "a tensor of another type",
    "2b4t-packed",
    { tensors: (all) => [...all, { name: "x", dtype: "I64", shape: [1], data: new Uint8Array(8) }] },
    /tensor "x": is of type "I64"/,
  ],
  [
    "another tokenizer",
    "2b4t-packed",
    { tokenizer: (t) => ((t.model as Json).type = "Unigram") },
    /is "Unigram", not "BPE"/,
  ],
  [
    "another way to cut words",
    "2b4t-packed",
    { tokenizer: (t) => (t.pre_tokenizer = { type: "ByteLevel" }) },
    /does not cut text as LLaMA-3 or Qwen2 do/,
  ],
  [
    "a merge of unknown tokens",
    "2b4t-packed",
    { tokenizer: (t) => ((t.model as Json).merges = ["zzz yyy"]) },
    /names a token that is not there/,
  ],
  [
    "more tokens than rows",
    "2b4t-packed",
    { tokenizer: (t) => (t.added_tokens as Json[]).push({ id: 5000, content: "<|x|>", special: true }) },
    /has 5001 tokens, but config\.json says 288/,
  ],
];

describe("unusable checkpoints", () => {
  const folder = temporaryFolder();

  function prepare(kind: CheckpointKind, change: Change): string {
    const path = folder.path("checkpoint");
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    writeCheckpoint(path, kind);
    const edit = (name: string, work: ((json: Json) => void) | undefined) => {
      const json = JSON.parse(readFileSync(join(path, name), "utf8")) as Json;
      work?.(json);
      writeFileSync(join(path, name), JSON.stringify(json));
    };
    edit("config.json", change.config);
    edit("tokenizer.json", change.tokenizer);
    const weights = join(path, "model.safetensors");
    if (change.tensors) writeFileSync(weights, encodeSafetensors(change.tensors(readTensors(readFileSync(weights)))));
    if (change.file) writeFileSync(weights, change.file(readFileSync(weights)));
    if (change.remove) rmSync(join(path, change.remove));
    return path;
  }

  for (const [what, name, change, message] of CASES) {
    it(`with ${what} give one clear error`, async () => {
      const kind = KINDS.find((candidate) => candidate.name === name);
      assert.ok(kind !== undefined);
      const error = await packModel(prepare(kind, change), folder.path("x.pack")).catch((reason: unknown) => reason);
      assert.ok(error instanceof ModelFileError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
    });
  }
});

function readTensors(file: Buffer): SafeTensor[] {
  const length = Number(file.readBigUInt64LE());
  const json = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return Object.entries(json)
    .filter(([name]) => name !== "__metadata__")
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => ({
        name,
        dtype,
        shape,
        data: new Uint8Array(file.subarray(8 + length + from, 8 + length + to)),
      }),
    );
}
