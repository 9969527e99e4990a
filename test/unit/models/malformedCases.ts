/** Malformed GGUF files: what is changed in a correct one, and what the error must name. */
import { GGUFValueType, TensorType, tensorBytes } from "../../../engine/models/gguf/types.ts";
import type { ByteWriter } from "../../../engine/models/gguf/writer.ts";
import { toF16 } from "../../../engine/models/half.ts";
import { removeValue, type Spec, type SpecValue, setValue, tensorOf } from "./ggufSpec.ts";

const ARCH = "bitnet-b1.58";
const TOKENIZER = "tokenizer.ggml";

/** Name, change, and what the error must name. */
export type Case = [name: string, bend: (spec: Spec) => void, field: RegExp];

const u32 = (value: number): SpecValue => ({ type: "u32", value });
const f32 = (value: number): SpecValue => ({ type: "f32", value });
const text = (value: string): SpecValue => ({ type: "string", value });
const raw = (value: (out: ByteWriter) => void): SpecValue => ({ type: "raw", value });
const set = (key: string, value: SpecValue) => (spec: Spec) => setValue(spec, key, value);
const remove = (key: string) => (spec: Spec) => removeValue(spec, key);
const q = (spec: Spec) => tensorOf(spec, "blk.0.attn_q.weight");
const strings = (spec: Spec, key: string): string[] => {
  const value = spec.values.find(([name]) => name === key)?.[1];
  if (value?.type !== "strings") throw new Error(`${key} holds no strings`);
  return value.value.map(String);
};
const bendStrings = (key: string, bend: (list: string[]) => void) => (spec: Spec) => {
  const value = strings(spec, key);
  bend(value);
  setValue(spec, key, { type: "strings", value });
};
const removeTensor = (name: string) => (spec: Spec) => {
  tensorOf(spec, name);
  spec.tensors = spec.tensors.filter((tensor) => tensor.name !== name);
};
const setFloat = (name: string, at: number, value: number) => (spec: Spec) => {
  const { data } = tensorOf(spec, name);
  new DataView(data.buffer).setFloat32(at < 0 ? data.length + at : at, value, true);
};

const HEADER: Case[] = [
  ["a wrong magic", (spec) => (spec.magic = 0x47475546), /magic: is not "GGUF"/],
  ["version 1", (spec) => (spec.version = 1), /version: is 1, not 3/],
  ["version 2", (spec) => (spec.version = 2), /version: is 2, not 3/],
  ["a big-endian version", (spec) => (spec.version = 0x03000000), /version: is 50331648, not 3/],
  ["2^63 tensors", (spec) => (spec.tensorCount = 2n ** 63n), /tensor count: is 9223372036854775808/],
  ["a million tensors", (spec) => (spec.tensorCount = 1_000_000), /tensor count/],
  ["one tensor too many", (spec) => (spec.tensorCount = spec.tensors.length + 1), /tensor 14 of 14/],
  [
    "one tensor too few",
    (spec) => (spec.tensorCount = spec.tensors.length - 1),
    /tensor output_norm.weight: is missing/,
  ],
  ["2^64 - 1 keys", (spec) => (spec.keyCount = 2n ** 64n - 1n), /key count/],
  ["one key too many", (spec) => (spec.keyCount = spec.values.length + 1), /tensor 1 of 13: length of the name/],
  [
    "one key too few",
    (spec) => (spec.keyCount = spec.values.length - 1),
    /tensor "tokenizer.ggml.add_bos_token": has 7 dim/,
  ],
];

const VALUES: Case[] = [
  ["a key that appears twice", (spec) => spec.values.push(["general.name", text("b")]), /general.name": appears twice/],
  ["an empty key", (spec) => spec.values.push(["", text("b")]), /key \d+ of \d+: has a name that is empty/],
  ["a key of 70,000 bytes", (spec) => spec.values.push(["k".repeat(70000), text("b")]), /length of the name: is 70000/],
  [
    "an unknown value type",
    set(
      "x",
      raw((out) => out.u32(13)),
    ),
    /key "x": has the unknown value type 13/,
  ],
  [
    "a string of 2^62 bytes",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.STRING).u64(2n ** 62n)),
    ),
    /key "x": string length/,
  ],
  [
    "a string past the end of the file",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.STRING).u64(10_000_000)),
    ),
    /key "x": needs 10000000 bytes/,
  ],
  [
    "a string that is no UTF-8",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.STRING).string(Uint8Array.of(0xc3, 0x28))),
    ),
    /key "x": is no UTF-8/,
  ],
  [
    "a bool of 2",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.BOOL).u8(2)),
    ),
    /key "x": is 2, neither true nor false/,
  ],
  [
    "an array of 2^40 bytes",
    set(
      "x",
      raw((out) =>
        out
          .u32(GGUFValueType.ARRAY)
          .u32(GGUFValueType.UINT8)
          .u64(2n ** 40n),
      ),
    ),
    /key "x": array length/,
  ],
  [
    "an array longer than the file",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.FLOAT64).u64(4_000_000)),
    ),
    /key "x": needs 32000000 bytes/,
  ],
  [
    "four million strings in no room",
    set(
      `${TOKENIZER}.tokens`,
      raw((out) => out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.STRING).u64(4_000_000)),
    ),
    /tokens": needs 32000000 bytes/,
  ],
  [
    "an array of arrays",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.ARRAY).u64(1).u32(4).u64(0)),
    ),
    /key "x": is an array of arrays/,
  ],
  [
    "an array of an unknown type",
    set(
      "x",
      raw((out) => out.u32(GGUFValueType.ARRAY).u32(99).u64(1)),
    ),
    /key "x": has the unknown element type 99/,
  ],
  ["alignment 0", set("general.alignment", u32(0)), /general.alignment: is 0/],
  ["alignment 24", set("general.alignment", u32(24)), /general.alignment: is 24/],
  ["alignment 2^31", set("general.alignment", u32(2 ** 31)), /general.alignment/],
  ["an alignment in words", set("general.alignment", text("32")), /general.alignment/],
];

const CONFIGURATION: Case[] = [
  ["no architecture", remove("general.architecture"), /general.architecture: is missing/],
  ["an unknown architecture", set("general.architecture", text("gpt9")), /general.architecture: is "gpt9"/],
  ["an architecture like a method", set("general.architecture", text("toString")), /is "toString"/],
  [
    "an architecture of the wrong type",
    set("general.architecture", u32(1)),
    /general.architecture: is of the wrong type/,
  ],
  ["no hidden size", remove(`${ARCH}.embedding_length`), /embedding_length: is missing/],
  ["hidden size 0", set(`${ARCH}.embedding_length`, u32(0)), /embedding_length: is 0/],
  ["a hidden size in words", set(`${ARCH}.embedding_length`, text("256")), /embedding_length: is of the wrong type/],
  ["a fractional hidden size", set(`${ARCH}.embedding_length`, f32(256.5)), /embedding_length: is 256.5/],
  ["another hidden size", set(`${ARCH}.embedding_length`, u32(512)), /token_embd.weight: has the shape/],
  ["4 billion layers", set(`${ARCH}.block_count`, u32(0xffffffff)), /block_count: is 4294967295/],
  ["a layer too many", set(`${ARCH}.block_count`, u32(2)), /tensor blk.1.attn_norm.weight: is missing/],
  ["no feed-forward size", remove(`${ARCH}.feed_forward_length`), /feed_forward_length: is missing/],
  ["another feed-forward size", set(`${ARCH}.feed_forward_length`, u32(512)), /ffn_gate.weight: has the shape/],
  ["context 0", set(`${ARCH}.context_length`, u32(0)), /context_length: is 0/],
  ["no heads", set(`${ARCH}.attention.head_count`, u32(0)), /head_count: is 0/],
  [
    "KV heads that do not divide",
    set(`${ARCH}.attention.head_count_kv`, u32(3)),
    /head_count_kv: is 3, which does not/,
  ],
  [
    "heads that do not divide the hidden size",
    (spec) => {
      removeValue(spec, `${ARCH}.rope.dimension_count`);
      setValue(spec, `${ARCH}.attention.head_count`, u32(6));
    },
    /attention.head_count: is 6/,
  ],
  ["an odd rotation", set(`${ARCH}.rope.dimension_count`, u32(63)), /is 4, which gives no even|rope.dimension_count/],
  ["an epsilon of NaN", set(`${ARCH}.attention.layer_norm_rms_epsilon`, f32(Number.NaN)), /rms_epsilon: is NaN/],
  ["an epsilon of 0", set(`${ARCH}.attention.layer_norm_rms_epsilon`, f32(0)), /rms_epsilon: is 0/],
  ["no epsilon", remove(`${ARCH}.attention.layer_norm_rms_epsilon`), /rms_epsilon: is missing/],
  ["a theta of infinity", set(`${ARCH}.rope.freq_base`, f32(Number.POSITIVE_INFINITY)), /freq_base: is Infinity/],
  ["a negative theta", set(`${ARCH}.rope.freq_base`, f32(-1)), /freq_base: is -1/],
  ["scaled rotations", set(`${ARCH}.rope.scaling.type`, text("linear")), /rope.scaling.type: is "linear"/],
  ["another vocabulary size", set(`${ARCH}.vocab_size`, u32(301)), /token_embd.weight: has the shape/],
];

const TENSORS: Case[] = [
  ["a tensor that appears twice", (spec) => spec.tensors.push({ ...q(spec) }), /attn_q.weight": appears twice/],
  ["no embedding", removeTensor("token_embd.weight"), /token_embd.weight: is missing/],
  ["no output norm", removeTensor("output_norm.weight"), /output_norm.weight: is missing/],
  ["no sub-norm", removeTensor("blk.0.attn_sub_norm.weight"), /attn_sub_norm.weight: is missing/],
  ["no down matrix", removeTensor("blk.0.ffn_down.weight"), /ffn_down.weight: is missing/],
  [
    "a bias",
    (spec) => spec.tensors.push({ ...tensorOf(spec, "output_norm.weight"), name: "blk.0.attn_q.bias" }),
    /attn_q.bias": belongs to no part/,
  ],
  ["a nameless tensor", (spec) => (q(spec).name = ""), /tensor 3 of 13: has a name that is empty/],
  ["a tensor without dimensions", (spec) => (q(spec).shape = []), /attn_q.weight": has 0 dimensions/],
  ["five dimensions", (spec) => (q(spec).shape = [256, 256, 1, 1, 1]), /attn_q.weight": has 5 dimensions/],
  ["a dimension of 0", (spec) => (q(spec).shape = [256, 0]), /attn_q.weight": dimension 2: is 0/],
  ["a dimension of 2^64 - 1", (spec) => (q(spec).shape = [2n ** 64n - 1n, 1]), /attn_q.weight": dimension 1/],
  ["dimensions that overflow", (spec) => (q(spec).shape = [2n ** 32n, 2n ** 32n]), /attn_q.weight": dimension 2/],
  ["dimensions beyond the file", (spec) => (q(spec).shape = [2 ** 20, 2 ** 20]), /attn_q.weight": its data ends/],
  [
    "a matrix on its side",
    (spec) => (tensorOf(spec, "blk.0.attn_k.weight").shape = [128, 256]),
    /attn_k.weight: has the shape \[128 x 256\]/,
  ],
  ["a matrix in three dimensions", (spec) => (q(spec).shape = [256, 16, 16]), /attn_q.weight: has the shape/],
  ["rows that are no whole blocks", (spec) => (q(spec).shape = [200, 256]), /attn_q.weight": has rows of 200/],
  ["an unknown type", (spec) => (q(spec).type = 77), /attn_q.weight": is of type number 77/],
  ["a type of another engine", (spec) => (q(spec).type = 13), /attn_q.weight": is of type Q5_K \(number 13\)/],
  [
    "a body of Q8_0",
    (spec) => Object.assign(q(spec), { type: TensorType.Q8_0, data: new Uint8Array(tensorBytes("Q8_0", 256, 256)) }),
    /attn_q.weight: is of type Q8_0, not one of/,
  ],
  [
    "a ternary embedding",
    (spec) => (tensorOf(spec, "token_embd.weight").type = TensorType.I2_S),
    /token_embd.weight: is of type I2_S/,
  ],
  ["a misaligned offset", (spec) => (q(spec).offset = 153_601), /attn_q.weight": offset: 153601 is no multiple/],
  ["an offset of 2^63", (spec) => (q(spec).offset = 2n ** 63n), /attn_q.weight": offset/],
  ["an offset past the end", (spec) => (q(spec).offset = 2 ** 40), /attn_q.weight": its data ends at byte/],
  ["an offset in another tensor", (spec) => (q(spec).offset = 32), /attn_q.weight": overlaps tensor "token_embd/],
  ["I2_S codes of 3", (spec) => q(spec).data.fill(0xff, 640, 641), /attn_q.weight, row 10: holds the code 3/],
  ["a scale of NaN", setFloat("blk.0.attn_q.weight", -32, Number.NaN), /attn_q.weight: has the scale NaN/],
  ["an infinite scale", setFloat("blk.0.ffn_down.weight", -32, Number.NEGATIVE_INFINITY), /has the scale -Infinity/],
  ["a norm with NaN", setFloat("blk.0.ffn_norm.weight", 40, Number.NaN), /ffn_norm.weight: holds a value/],
  [
    "an embedding with infinities",
    (spec) => new DataView(tensorOf(spec, "token_embd.weight").data.buffer).setUint16(1000, 0x7c00, true),
    /token_embd.weight: holds a value that is not finite/,
  ],
  [
    "an F16 body that is not ternary",
    (spec) => {
      const data = Uint16Array.from({ length: 65536 }, (_, i) => toF16(i % 7));
      Object.assign(q(spec), { type: TensorType.F16, data: new Uint8Array(data.buffer) });
    },
    /attn_q.weight, row 0: holds the values 1 and 2, so it is not ternary/,
  ],
];

const VOCABULARY: Case[] = [
  ["no tokenizer", remove(`${TOKENIZER}.model`), /ggml.model: is missing/],
  ["another tokenizer", set(`${TOKENIZER}.model`, text("bert")), /ggml.model: is "bert", not "gpt2" or "llama"/],
  ["no byte tokens", set(`${TOKENIZER}.model`, text("llama")), /ggml.tokens: has no token for the single byte 0/],
  ["another pre-tokenizer", set(`${TOKENIZER}.pre`, text("gpt-4o")), /ggml.pre: is "gpt-4o"/],
  ["no tokens", remove(`${TOKENIZER}.tokens`), /ggml.tokens: is missing/],
  ["an empty list of tokens", set(`${TOKENIZER}.tokens`, { type: "strings", value: [] }), /ggml.tokens: is empty/],
  [
    "tokens that are numbers",
    set(`${TOKENIZER}.tokens`, { type: "i32s", value: [1, 2] }),
    /ggml.tokens: is of the wrong type/,
  ],
  [
    "a token too many",
    bendStrings(`${TOKENIZER}.tokens`, (list) => list.push("x y")),
    /token_type: has 300 entries for 301/,
  ],
  [
    "a token twice",
    bendStrings(`${TOKENIZER}.tokens`, (list) => list.splice(270, 1, "a")),
    /token 270: is "a", as token 97/,
  ],
  [
    "a token outside of the alphabet",
    bendStrings(`${TOKENIZER}.tokens`, (list) => list.splice(270, 1, "漢")),
    /token 270: is "漢"/,
  ],
  [
    "an empty token",
    bendStrings(`${TOKENIZER}.tokens`, (list) => list.splice(270, 1, "")),
    /token 270: is empty|merge \d+/,
  ],
  [
    "no token for a byte",
    bendStrings(`${TOKENIZER}.tokens`, (list) => list.splice(65, 1, "zzz")),
    /no token for the single byte 65/,
  ],
  [
    "a token that is no UTF-8",
    set(`${TOKENIZER}.tokens`, { type: "strings", value: Array.from({ length: 300 }, () => Uint8Array.of(0xff)) }),
    /token 0: is no UTF-8/,
  ],
  ["no token types", remove(`${TOKENIZER}.token_type`), /token_type: is missing/],
  [
    "too few token types",
    set(`${TOKENIZER}.token_type`, { type: "i32s", value: [1] }),
    /token_type: has 1 entries for 300/,
  ],
  [
    "an unknown token type",
    set(`${TOKENIZER}.token_type`, { type: "i32s", value: new Array(300).fill(9) }),
    /token_type: has the unknown type 9/,
  ],
  ["no merges", remove(`${TOKENIZER}.merges`), /ggml.merges: is missing/],
  [
    "a merge of one token",
    bendStrings(`${TOKENIZER}.merges`, (list) => list.splice(3, 1, "ab")),
    /merge 3: is "ab", not two/,
  ],
  [
    "a merge of unknown tokens",
    bendStrings(`${TOKENIZER}.merges`, (list) => list.splice(3, 1, "zq qz")),
    /merge 3: is "zq qz", which names/,
  ],
  [
    "a merge that makes a control token",
    (spec) => {
      const [types, merges] = [new Array<number>(300).fill(1), strings(spec, `${TOKENIZER}.merges`)];
      types[256] = 3;
      setValue(spec, `${TOKENIZER}.token_type`, { type: "i32s", value: types });
      setValue(spec, `${TOKENIZER}.merges`, { type: "strings", value: merges });
    },
    /merge 0: is .* which joins or makes a token that is no plain text/,
  ],
  ["a BOS that is no token", set(`${TOKENIZER}.bos_token_id`, u32(300)), /bos_token_id: is 300/],
  ["a negative EOS", set(`${TOKENIZER}.eos_token_id`, { type: "i32", value: -5 }), /eos_token_id: is -5/],
  ["an EOT in words", set(`${TOKENIZER}.eot_token_id`, text("1")), /eot_token_id: is of the wrong type/],
  ["an add-BOS that is a number", set(`${TOKENIZER}.add_bos_token`, u32(1)), /add_bos_token: is of the wrong type/],
];

export const GROUPS: readonly [string, Case[]][] = [
  ["header", HEADER],
  ["keys and values", VALUES],
  ["configuration", CONFIGURATION],
  ["tensors", TENSORS],
  ["vocabulary", VOCABULARY],
];
