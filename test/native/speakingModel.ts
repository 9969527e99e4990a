/**
 * A small model that says given texts, of Bonsai's kind: Qwen3's architecture, PQ2_0 with a scale for each 128 weights,
 * embedding and head among them, and a chat template with a switch for thinking. Its weights are constructed, so that
 * all of the engine takes part as with a trained model: what is said next follows from the last token and, by attention,
 * from whether thoughts have been closed.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { GROUP_COLUMNS } from "../../engine/models/architectures.ts";
import { rowBytes, TensorType } from "../../engine/models/gguf/types.ts";
import { encodeHeader, type WritableValue } from "../../engine/models/gguf/writer.ts";
import { F16_TO_F32, toF16 } from "../../engine/models/half.ts";
import { ternaryRowEncoder } from "../../engine/models/rows/ternaryEncode.ts";
import { TokenType } from "../../engine/models/tokenType.ts";
import { characterOfByte } from "../../engine/models/vocabBlob.ts";

/** What the model says, in pieces that are a token each. No piece may occur twice, or be a single byte. */
export interface Sayings {
  /** To every question. */
  answer: readonly string[];
  /** Before it, when it may think. */
  thoughts: readonly string[];
  /** Where the answer begins with a fence, as those of commands do. */
  code: readonly string[];
}

const HIDDEN = 512;
const LAYERS = 2;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = 128;
const FFN = 512;
const CONTEXT = 32_768;

/** Channels of the residual stream: the same for all tokens; up for the end of thoughts, else down; whether they ended. */
const ALWAYS = { from: 0, to: 32 };
const IS_END = { from: 32, to: 64 };
const HAS_ENDED = { from: 64, to: 128 };
/** The others are random for each token. */
const OWN = { from: 128, to: HIDDEN };
/** The elements of a head that are rotated so slowly that all positions within the context are alike. */
const isSlow = (element: number) => element % (HEAD_DIM / 2) >= 44;

const TEMPLATE =
  "{% for one in messages %}{{ '<|im_start|>' + one.role + '\\n' + one.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}" +
  "{% if not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}";

/** Writes the model as a GGUF file. */
export function writeSpeakingModel(file: string, sayings: Sayings): void {
  const words = new Words(sayings);
  const tensors = tensorsOf(words);
  const header = encodeHeader(
    new Map([...modelKeys(words.texts.length), ...words.keys()]),
    tensors.map(({ name, type, shape, bytes }) => ({ name, type: TensorType[type], shape, size: bytes.length })),
  );
  const out = new Uint8Array(header.fileSize);
  out.set(header.bytes);
  for (const [i, { bytes }] of tensors.entries()) out.set(bytes, header.offsets[i]);
  writeFileSync(file, out);
}

/** The vocabulary, and what follows what. */
class Words {
  readonly texts = Array.from({ length: 256 }, (_, byte) => characterOfByte(byte));
  readonly #types: number[] = this.texts.map(() => TokenType.normal);
  readonly #line = this.texts.indexOf(characterOfByte(10));
  readonly #end: number;
  readonly endOfThoughts: number;
  /** The token before each; those that are never said have none. */
  readonly before = new Map<number, number>();
  /** Tokens that are said only after the end of thoughts, or only before it. */
  readonly mood = new Map<number, 1 | -1>();

  constructor({ answer, thoughts, code }: Sayings) {
    const paragraph = this.#add(characterOfByte(10).repeat(2));
    this.#add("<|im_start|>", TokenType.control);
    this.#end = this.#add("<|im_end|>", TokenType.control);
    const open = this.#add("<think>", TokenType.userDefined);
    this.endOfThoughts = this.#add("</think>", TokenType.userDefined);
    this.#follow([paragraph, ...this.#pieces(answer), this.#end]);
    this.#follow([this.#line, open, ...this.#pieces(thoughts), this.endOfThoughts, paragraph]);
    const [first = -1, ...rest] = this.#pieces(code);
    this.#follow([this.#line, first, ...rest, this.#add("<|endoftext|>", TokenType.control)]);
    this.mood.set(open, -1).set(first, 1);
  }

  keys(): [string, WritableValue][] {
    const newLine = characterOfByte(10);
    return [
      ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
      ["tokenizer.ggml.pre", { type: "string", value: "qwen2" }],
      ["tokenizer.ggml.tokens", { type: "strings", value: this.texts }],
      ["tokenizer.ggml.token_type", { type: "i32s", value: this.#types }],
      ["tokenizer.ggml.merges", { type: "strings", value: [`${newLine} ${newLine}`] }],
      ["tokenizer.ggml.eos_token_id", { type: "u32", value: this.#end }],
      ["tokenizer.ggml.add_bos_token", { type: "bool", value: false }],
      ["tokenizer.chat_template", { type: "string", value: TEMPLATE }],
    ];
  }

  #add(text: string, type: number = TokenType.normal): number {
    assert.ok(!this.texts.includes(text), `"${text}" is a token already`);
    this.#types.push(type);
    return this.texts.push(text) - 1;
  }

  #pieces(pieces: readonly string[]): number[] {
    return pieces.map((piece) => this.#add(Array.from(Buffer.from(piece), characterOfByte).join("")));
  }

  #follow(tokens: readonly number[]): void {
    for (const [i, token] of tokens.slice(1).entries()) this.before.set(token, tokens[i] ?? -1);
  }
}

interface Tensor {
  name: string;
  type: "F32" | "PQ2_0";
  shape: number[];
  bytes: Uint8Array;
}

/** The weight -1, 0 or 1 at a place. */
type Weight = (row: number, column: number) => number;

function tensorsOf(words: Words): Tensor[] {
  const tensors: Tensor[] = [];
  const ternary = (name: string, rows: number, columns: number, scale: number, weight: Weight) =>
    tensors.push({
      name: `${name}.weight`,
      type: "PQ2_0",
      shape: [columns, rows],
      bytes: rowsOf(rows, columns, scale, weight),
    });
  const norm = (name: string, values: ArrayLike<number>) =>
    tensors.push({
      name: `${name}.weight`,
      type: "F32",
      shape: [values.length],
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    });
  const ones = (count: number, value = 1) => new Float32Array(count).fill(value);
  const count = words.texts.length;

  ternary("token_embd", count, HIDDEN, 1 / 16, (token, channel) => ofToken(words, token, channel));
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = `blk.${layer}.`;
    const attends = layer === 0;
    const some =
      (seed: number): Weight =>
      (row, column) =>
        random(row, column, 10 * layer + seed);
    norm(`${at}attn_norm`, ones(HIDDEN));
    ternary(`${at}attn_q`, HEADS * HEAD_DIM, HIDDEN, 1 / 16, attends ? lookingFor : some(1));
    ternary(`${at}attn_k`, KV_HEADS * HEAD_DIM, HIDDEN, 1 / 16, attends ? marking : some(2));
    ternary(`${at}attn_v`, KV_HEADS * HEAD_DIM, HIDDEN, 1 / 200, attends ? telling : some(3));
    norm(`${at}attn_q_norm`, ones(HEAD_DIM, 1.5));
    norm(`${at}attn_k_norm`, ones(HEAD_DIM));
    ternary(`${at}attn_output`, HIDDEN, HEADS * HEAD_DIM, 1 / 200, attends ? noting : some(4));
    norm(`${at}ffn_norm`, ones(HIDDEN));
    ternary(`${at}ffn_gate`, FFN, HIDDEN, 1 / 16, some(5));
    ternary(`${at}ffn_up`, FFN, HIDDEN, 1 / 16, some(6));
    // So little that it changes every number and no choice.
    ternary(`${at}ffn_down`, HIDDEN, FFN, 1 / 10_000, some(7));
  }
  norm("output_norm", ones(HIDDEN));
  ternary("output", count, HIDDEN, 1 / 4, (token, channel) => sayingAfter(words, token, channel));
  return tensors;
}

const isIn = (range: { from: number; to: number }, channel: number) => channel >= range.from && channel < range.to;

function ofToken(words: Words, token: number, channel: number): number {
  if (isIn(ALWAYS, channel)) return 1;
  if (isIn(IS_END, channel)) return token === words.endOfThoughts ? 1 : -1;
  return isIn(OWN, channel) ? random(token, channel, 0) : 0;
}

/** Every token is said after the one before it, and one of a mood only in that. */
function sayingAfter(words: Words, token: number, channel: number): number {
  const before = words.before.get(token);
  if (before === undefined) return 0;
  if (isIn(OWN, channel)) return ofToken(words, before, channel);
  const mood = isIn(HAS_ENDED, channel) && channel % 2 === 0 ? words.mood.get(token) : undefined;
  return mood ?? 0;
}

/** Queries are all the same, keys agree with them at the end of thoughts, and values tell whether it is that. */
const lookingFor: Weight = (row, column) => (isSlow(row % HEAD_DIM) && isIn(ALWAYS, column) ? 1 : 0);
const marking: Weight = (row, column) => (isSlow(row % HEAD_DIM) && isIn(IS_END, column) ? 1 : 0);
const telling: Weight = (_, column) => (isIn(IS_END, column) ? 1 : 0);
const noting: Weight = (row, column) => (isIn(HAS_ENDED, row) && column < HEAD_DIM ? 1 : 0);

/** -1, 0 or 1, each as often. */
function random(row: number, column: number, seed: number): number {
  let bits = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b) ^ Math.imul(seed + 1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return (((bits ^ (bits >>> 15)) >>> 0) % 3) - 1;
}

function rowsOf(rows: number, columns: number, scale: number, weight: Weight): Uint8Array {
  assert.equal(columns % GROUP_COLUMNS, 0);
  const encode = ternaryRowEncoder("PQ2_0");
  const stride = rowBytes("PQ2_0", columns);
  const out = new Uint8Array(rows * stride);
  const codes = new Uint8Array(columns);
  const exact = F16_TO_F32[toF16(scale)] ?? 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) codes[column] = weight(row, column) + 1;
    encode(codes, exact, out, row * stride);
  }
  return out;
}

function modelKeys(vocabSize: number): [string, WritableValue][] {
  const u32 = (value: number): WritableValue => ({ type: "u32", value });
  const f32 = (value: number): WritableValue => ({ type: "f32", value });
  const text = (value: string): WritableValue => ({ type: "string", value });
  return [
    ["general.architecture", text("qwen3")],
    ["general.name", text("a model that says given texts")],
    ["qwen3.vocab_size", u32(vocabSize)],
    ["qwen3.context_length", u32(CONTEXT)],
    ["qwen3.embedding_length", u32(HIDDEN)],
    ["qwen3.block_count", u32(LAYERS)],
    ["qwen3.feed_forward_length", u32(FFN)],
    ["qwen3.attention.key_length", u32(HEAD_DIM)],
    ["qwen3.attention.value_length", u32(HEAD_DIM)],
    ["qwen3.attention.head_count", u32(HEADS)],
    ["qwen3.attention.head_count_kv", u32(KV_HEADS)],
    ["qwen3.attention.layer_norm_rms_epsilon", f32(1e-6)],
    ["qwen3.rope.freq_base", f32(1_000_000)],
    ["qwen3.rope.scaling.type", text("yarn")],
    ["qwen3.rope.scaling.factor", f32(4)],
    ["qwen3.rope.scaling.original_context_length", u32(CONTEXT / 4)],
  ];
}
