/**
 * Writes the first inputs of the fuzz targets into corpus/, in the forms that the targets read:
 *
 *   node native/fuzz/seeds.mjs
 *
 * The other files in the corpus were added by fuzzing, or are inputs that once failed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const corpus = path.join(path.dirname(fileURLToPath(import.meta.url)), "corpus");

/** @param {string} target @param {string} name @param {(number | string | Uint8Array)[]} parts Numbers are bytes. */
function seed(target, name, ...parts) {
  mkdirSync(path.join(corpus, target), { recursive: true });
  const bytes = parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part)));
  writeFileSync(path.join(corpus, target, `seed-${name}`), Buffer.concat(bytes));
}

/** @param {number[]} values */
const u32 = (...values) => Buffer.concat(values.map((value) => Buffer.from(new Uint32Array([value]).buffer)));
/** @param {number[]} values */
const f32 = (...values) => Buffer.from(new Float32Array(values).buffer);
const ROLES = [2, 4, 0, 0, 0, 0];

/** Instructions for a vocabulary with "fo", "for", " ", a marker, and roles. @param {number} form */
const byLines = (form) => [form, 4, 0, 102, 111, 0, 0, 114, 163, "  ", 232, "<|end|>", ...ROLES];
/** The same with characters as units, "é" being one of them. @param {number} form */
const byCharacters = (form) => [8 | form, 5, 162, "f", 162, "o", 0, 0, 1, 163, "é", 232, "<|end|>", ...ROLES];

/** A blob as in a pack: the bytes and "for". */
function blob() {
  const tokens = [...Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)), Buffer.from("fo"), Buffer.from("for")];
  const offsets = [0];
  for (const token of tokens) offsets.push((offsets.at(-1) ?? 0) + token.length);
  const types = Buffer.alloc(Math.ceil(tokens.length / 4) * 4);
  types.fill(1, 0, tokens.length);
  const roles = [-1, 257, -1, -1, -1, -1];
  return Buffer.concat([
    Buffer.from("VOC1"),
    u32(tokens.length, 2, 0, 0, ...roles, offsets.at(-1) ?? 0, 0, 0, 0, 0),
    u32(...offsets),
    types,
    u32(102, 111, 256, 256, 114, 257),
    ...tokens,
  ]);
}

const TEXT = "for (let i = 0; i < 12; i++) {\n\treturn `é😀` ?? it's;\n}<|end|>";
const raw = blob();
seed("tokenizer", "blob", 1, raw.length & 255, raw.length >> 8, raw, 2, TEXT);
for (const form of [0, 2, 4, 6]) {
  seed("tokenizer", `bytes-${form}`, form, ...byLines(form >> 1), 3, TEXT);
  seed("tokenizer", `characters-${form}`, form, ...byCharacters((form >> 1) | 4), 3, TEXT);
}
seed("tokenizer", "long-piece", 0, ...byLines(0), 3, "for".repeat(40));

seed("detokenizer", "text", 0, ...byLines(0), "héllo 😀");
seed("detokenizer", "stops", 2, ...byLines(0), 3, "for", 2, "ab", "xabfoor for");
seed("detokenizer", "stops-in-stops", 2, 0, 0, ...ROLES, 3, "for", 1, "o", "xforx");
seed("detokenizer", "characters", 4, ...byCharacters(0), 0xf0, 0x9f, 241, 1, 0x98, 0x80, 254, u32(0xffffffff));

const LOGITS = [8, 1, 250, 3, 3, 9, 9, 200];
seed("sampler", "greedy", 0, 0, 255, 0, 64, 0, 64, u32(1), 0, 7, ...LOGITS, 0);
seed("sampler", "all-filters", 0, 64, 200, 20, 80, 5, 16, u32(7), 0, 8, ...LOGITS, 3, 1, 2, 3);
seed("sampler", "allowed", 0, 90, 255, 0, 64, 0, 64, u32(3), 4, 8, ...LOGITS, 0, 2, 1, 5);
seed(
  "sampler",
  "any-bits",
  15,
  f32(0.7, 0.9, 0.1, 1.1),
  0,
  4,
  u32(5),
  1,
  3,
  f32(1, Number.NaN, Number.POSITIVE_INFINITY),
  0,
);

/** The instructions for a pack: the vocabulary, the shape and the weights' seed, followed by what is changed. */
const SMALL = [0, ...ROLES];
seed("pack", "t2", 0, ...[0, ...SMALL], 0, 5, 12, 0, 1, 30, 30, 50, 7, 1, 0, 0, 1, 0, 2, 0, 3, 0);
seed("pack", "t16-llama", 0x14, ...[0, ...SMALL], 0x35, 1, 7, 1, 2, 14, 77, 20, 3, 2, 0, 0, 9, 0, 9, 0, 9, 0);
seed("pack", "untied-f16", 0x24, ...[0, ...SMALL], 2, 3, 20, 0, 0, 60, 101, 9, 29, 3, 0, 0, 5, 1, 5, 1, 5, 1, 4);
// Qwen3's graph (form 24) with scales per group (64), ternary embedding (128), 1.6 bits (1), a head of its own (2); at
// the end the prompt's five tokens and their number, and the cache of 8 bits.
const PROMPT = [3, 0, 9, 0, 4, 0, 9, 0, 1, 0, 4];
for (const [name, form, kernel] of /** @type {const} */ ([
  ["grouped-t2", 0xd8, 0x10],
  ["grouped-t16-untied", 0xdb, 0x20],
  // 1 bit (1 and 4).
  ["grouped-b1", 0xdd, 0x20],
  ["grouped-dense-embedding", 0x58, 0x30],
  // MiniCPM's graph (form 16): adjacent pairs (4), whose frequencies have factors.
  ["grouped-factors", 0x54, 0x10],
])) {
  for (const kv of [0, 1]) {
    const shape = [form, 5, kv, 0, 1, 30, 1, 50, 7, 1];
    seed("pack", `${name}-kv${kv}`, kernel, ...[0, ...SMALL], ...shape, 0, 0, ...PROMPT, kv);
  }
}
// A bent scale, and a bent weight behind it.
seed(
  "pack",
  "grouped-bent",
  0x10,
  ...[0, ...SMALL],
  0xd8,
  5,
  0,
  0,
  1,
  30,
  1,
  50,
  7,
  1,
  8,
  7,
  1,
  0,
  255,
  9,
  80,
  0,
  255,
  0,
);
seed("pack", "vocabulary", 0x30, ...byLines(1), 8, 0, 1, 2, 1, 5, 5, 5, 2, 4, 0, 0, 1, 1, 1, 1);
seed("pack", "bent-section", 0, ...[0, ...SMALL], 1, 5, 12, 0, 1, 30, 30, 50, 7, 1, 4, 6, 5, 0, 255, 0);
seed("pack", "bent-header", 0, ...[0, ...SMALL], 1, 5, 12, 0, 1, 30, 30, 50, 7, 1, 32, 45, 0, 255, 0);
seed("pack", "cut", 0, ...[0, ...SMALL], 1, 5, 12, 0, 1, 30, 30, 50, 7, 1, 0, 128);
const header = Buffer.alloc(256 + 64);
header.write("STERNAPK");
u32(2, 0, 320, 0, 1).copy(header, 8);
seed("pack", "header-alone", 1, header);
