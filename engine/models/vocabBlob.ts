/** Makes the vocabulary blob (layout at the end of packFormat.ts) from the tokenizer keys of a GGUF file. */
import { isUtf8 } from "node:buffer";
import { openGguf } from "./gguf/reader.ts";
import type { ModelFile, StringTable } from "./modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError, quote } from "./modelFileError.ts";
import { ModelKeys } from "./modelKeys.ts";
import { VOCAB_HEADER_BYTES, VOCAB_MAGIC } from "./packFormat.ts";
import { mergesByScore, pieceBytes } from "./sentencePiece.ts";
import { TokenType } from "./tokenType.ts";

/** Names of the LLaMA-3 pre-tokenizer in files; with all of them, a word that is a token is taken before any merges. */
const LLAMA_BPE = ["llama-bpe", "llama3", "llama-v3", "falcon3"];
/** What a file without the pre-tokenizer key uses: by its architecture, and by special tokens of one family alone. */
const IMPLIED_BY_ARCHITECTURE: Readonly<Record<string, string>> = {
  "bitnet-b1.58": "llama-bpe",
  "bitnet-25": "llama-bpe",
  qwen2: "qwen2",
  qwen3: "qwen2",
};
const IMPLIED_BY_TOKENS: readonly (readonly [pre: string, tokens: readonly string[]])[] = [
  ["llama-bpe", ["<|begin_of_text|>", "<|start_header_id|>", "<|eot_id|>"]],
  ["qwen2", ["<|endoftext|>", "<|im_start|>", "<|object_ref_start|>"]],
];
const ADVICE_NO_PRE =
  "Nothing else in the file tells how its tokenizer cuts text into words: convert the model again with current tools, which write that key.";
const FLAG_ADD_BOS = 1;
const FLAG_IGNORE_MERGES = 2;
const FLAG_SPACE_PREFIX = 4;
/** Pre-tokenizers by their number in the blob. */
const PRE_TOKENIZERS = ["llama-bpe", "sentencepiece", "qwen2"] as const;
type Kind = (typeof PRE_TOKENIZERS)[number];
const ADVICE_TOKENIZER =
  "Choose a model with a byte-level BPE tokenizer of LLaMA-3's kind, or with SentencePiece's BPE.";

const TOKENS = "tokenizer.ggml.tokens";
const TYPES = "tokenizer.ggml.token_type";
const MERGES = "tokenizer.ggml.merges";
const SCORES = "tokenizer.ggml.scores";

/**
 * The byte of each character of GPT-2's printable alphabet. Bytes that are printable in Latin-1 represent themselves;
 * the other 68 are written, in order, as the characters from U+0100 up.
 */
const BYTE_OF_CHARACTER: ReadonlyMap<number, number> = (() => {
  const map = new Map<number, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    map.set(printable ? byte : next++, byte);
  }
  return map;
})();

const CHARACTER_OF_BYTE: readonly string[] = [...BYTE_OF_CHARACTER]
  .sort(([, a], [, b]) => a - b)
  .map(([character]) => String.fromCharCode(character));

/** The character by which GPT-2's alphabet writes a byte. */
export function characterOfByte(byte: number): string {
  return CHARACTER_OF_BYTE[byte] ?? "";
}

export interface VocabularySummary {
  tokens: number;
  merges: number;
  preTokenizer: Kind;
  addBos: boolean;
  /** Ids of the special tokens; null where there is none. */
  special: Record<"bos" | "eos" | "eot" | "fimPrefix" | "fimSuffix" | "fimMiddle", number | null>;
}

/** What a blob made by {@link encodeVocabulary} holds. */
export function summariseVocabulary(blob: Uint8Array): VocabularySummary {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const id = (offset: number) => {
    const value = view.getInt32(offset, true);
    return value < 0 ? null : value;
  };
  return {
    tokens: view.getUint32(4, true),
    merges: view.getUint32(8, true),
    preTokenizer: PRE_TOKENIZERS[view.getUint32(12, true)] ?? "llama-bpe",
    addBos: (view.getUint32(16, true) & FLAG_ADD_BOS) !== 0,
    special: { bos: id(20), eos: id(24), eot: id(28), fimPrefix: id(32), fimSuffix: id(36), fimMiddle: id(40) },
  };
}

/**
 * Reads the vocabulary of a GGUF file. The file need not have any tensors.
 * @throws ModelFileError
 */
export async function readVocabulary(path: string): Promise<Uint8Array> {
  const modelFile = await openGguf(path);
  try {
    return encodeVocabulary(modelFile);
  } finally {
    await modelFile.close();
  }
}

/**
 * Encodes the vocabulary of an open file.
 * @throws ModelFileError
 */
export function encodeVocabulary(modelFile: ModelFile): Uint8Array {
  const keys = new ModelKeys(modelFile);
  const kind = kindOf(modelFile, keys);
  const tokens = keys.strings(TOKENS) ?? keys.missing(TOKENS);
  if (tokens.length === 0) throw new ModelFileError(modelFile.path, `key ${TOKENS}`, "is empty", ADVICE_DAMAGED);
  const types = readTypes(modelFile, keys, tokens.length);
  const ids = indexTokens(modelFile, tokens, types);
  checkAlphabet(modelFile, kind, ids, types);
  const special = readSpecials(keys, tokens.length, ids);
  const addBos = keys.bool("tokenizer.ggml.add_bos_token") ?? kind !== "qwen2";

  const tokenBytes = decodeTokens(modelFile, kind, tokens, types);
  const mergeIds = readMerges(modelFile, keys, kind, tokens, types, ids);
  const count = tokens.length;
  const typesEnd = VOCAB_HEADER_BYTES + 4 * (count + 1) + Math.ceil(count / 4) * 4;
  const bytesStart = typesEnd + mergeIds.byteLength;
  const blob = new Uint8Array(bytesStart + tokenBytes.data.length);
  const view = new DataView(blob.buffer);
  blob.set(Buffer.from(VOCAB_MAGIC, "latin1"), 0);
  view.setUint32(4, count, true);
  view.setUint32(8, mergeIds.length / 3, true);
  view.setUint32(12, PRE_TOKENIZERS.indexOf(kind), true);
  const isSpaced = kind === "sentencepiece" && (keys.bool("tokenizer.ggml.add_space_prefix") ?? true);
  const flags = (isSpaced ? FLAG_SPACE_PREFIX : 0) | (kind === "llama-bpe" ? FLAG_IGNORE_MERGES : 0);
  view.setUint32(16, (addBos ? FLAG_ADD_BOS : 0) | flags, true);
  special.forEach((id, i) => {
    view.setInt32(20 + 4 * i, id, true);
  });
  view.setUint32(44, tokenBytes.data.length, true);
  tokenBytes.offsets.forEach((offset, i) => {
    view.setUint32(VOCAB_HEADER_BYTES + 4 * i, offset, true);
  });
  blob.set(types, VOCAB_HEADER_BYTES + 4 * (count + 1));
  mergeIds.forEach((id, i) => {
    view.setUint32(typesEnd + 4 * i, id, true);
  });
  blob.set(tokenBytes.data, bytesStart);
  return blob;
}

function kindOf(modelFile: ModelFile, keys: ModelKeys): Kind {
  const modelKey = "tokenizer.ggml.model";
  const model = keys.text(modelKey) ?? keys.missing(modelKey);
  if (model === "llama") return "sentencepiece";
  if (model !== "gpt2") {
    const problem = `is ${quote(model)}, not "gpt2" or "llama"`;
    throw new ModelFileError(modelFile.path, `key ${modelKey}`, problem, ADVICE_TOKENIZER);
  }
  const preKey = "tokenizer.ggml.pre";
  const pre = keys.text(preKey) ?? impliedPreTokenizer(keys);
  if (pre === undefined) throw new ModelFileError(modelFile.path, `key ${preKey}`, "is missing", ADVICE_NO_PRE);
  if (pre === "qwen2") return "qwen2";
  if (!LLAMA_BPE.includes(pre)) {
    const problem = `is ${quote(pre)}, neither "llama-bpe" nor "qwen2"`;
    throw new ModelFileError(modelFile.path, `key ${preKey}`, problem, ADVICE_TOKENIZER);
  }
  return "llama-bpe";
}

function impliedPreTokenizer(keys: ModelKeys): string | undefined {
  const architecture = keys.text("general.architecture") ?? "";
  if (Object.hasOwn(IMPLIED_BY_ARCHITECTURE, architecture)) return IMPLIED_BY_ARCHITECTURE[architecture];
  const tokens = keys.strings(TOKENS);
  const wanted = new Set(IMPLIED_BY_TOKENS.flatMap(([, texts]) => texts));
  const found = new Set<string>();
  for (let id = 0; tokens !== undefined && id < tokens.length; id++) {
    // Special tokens are short; most others are not worth decoding.
    const bytes = tokens.bytes(id);
    if (bytes[0] !== 0x3c || bytes[1] !== 0x7c) continue;
    const text = tokens.text(id);
    if (wanted.has(text)) found.add(text);
  }
  return IMPLIED_BY_TOKENS.find(([, texts]) => texts.every((text) => found.has(text)))?.[0];
}

function readTypes(modelFile: ModelFile, keys: ModelKeys, count: number): Uint8Array {
  const types = keys.numbers(TYPES) ?? keys.missing(TYPES);
  const fail = (problem: string): never => {
    throw new ModelFileError(modelFile.path, `key ${TYPES}`, problem, ADVICE_DAMAGED);
  };
  if (types.length !== count) fail(`has ${types.length} entries for ${count} tokens`);
  const out = new Uint8Array(count);
  types.forEach((type, i) => {
    if (!Number.isInteger(type) || type < TokenType.normal || type > TokenType.byte) {
      fail(`has the unknown type ${type} for token ${i}`);
    }
    out[i] = type;
  });
  return out;
}

/** Maps token texts, as written in the file, to their ids. */
function indexTokens(modelFile: ModelFile, tokens: StringTable, types: Uint8Array): Map<string, number> {
  const ids = new Map<string, number>();
  for (let id = 0; id < tokens.length; id++) {
    const field = `key ${TOKENS}: token ${id}`;
    if (!isUtf8(tokens.bytes(id))) throw new ModelFileError(modelFile.path, field, "is no UTF-8 text", ADVICE_DAMAGED);
    const text = tokens.text(id);
    const first = ids.get(text);
    if (first === undefined) {
      ids.set(text, id);
    } else if (types[id] !== TokenType.unused) {
      const problem = `is ${quote(text)}, as token ${first} is already`;
      throw new ModelFileError(modelFile.path, field, problem, ADVICE_DAMAGED);
    }
  }
  return ids;
}

/** Whether a token is written in GPT-2's byte alphabet. */
function isText(type: number | undefined): boolean {
  return type === TokenType.normal || type === TokenType.byte;
}

/** Checks that all 256 single bytes are tokens; otherwise some texts could not be encoded. */
function checkAlphabet(modelFile: ModelFile, kind: Kind, ids: ReadonlyMap<string, number>, types: Uint8Array): void {
  const isSentencePiece = kind === "sentencepiece";
  const nameOf = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  for (let byte = 0; byte < 256; byte++) {
    const type = types[ids.get(isSentencePiece ? nameOf(byte) : characterOfByte(byte)) ?? -1];
    if (isSentencePiece ? type === TokenType.byte : isText(type)) continue;
    const problem = `has no token for the single byte ${byte}`;
    throw new ModelFileError(modelFile.path, `key ${TOKENS}`, problem, ADVICE_DAMAGED);
  }
}

/** The ids of bos, eos, eot, fimPrefix, fimSuffix and fimMiddle; -1 for those that do not exist. */
function readSpecials(keys: ModelKeys, count: number, ids: ReadonlyMap<string, number>): number[] {
  const read = (...names: string[]): number => {
    const key = keys.first(...names.map((name) => `tokenizer.ggml.${name}_token_id`));
    return key === undefined ? -1 : (keys.integer(key, 0, count - 1) ?? -1);
  };
  const eot = read("eot");
  return [
    read("bos"),
    read("eos"),
    eot === -1 ? (ids.get("<|eot_id|>") ?? -1) : eot,
    read("fim_pre", "prefix"),
    read("fim_suf", "suffix"),
    read("fim_mid", "middle"),
  ];
}

function decodeTokens(modelFile: ModelFile, kind: Kind, tokens: StringTable, types: Uint8Array) {
  const offsets = new Uint32Array(tokens.length + 1);
  let total = 0;
  for (let id = 0; id < tokens.length; id++) total += tokens.bytes(id).length;
  // Decoding the alphabet never makes a token longer.
  const data = new Uint8Array(total);
  let used = 0;
  for (let id = 0; id < tokens.length; id++) {
    if (kind === "sentencepiece") {
      const bytes = pieceBytes(tokens.text(id), types[id] ?? 0);
      if (bytes === undefined) {
        const problem = `is ${quote(tokens.text(id))}, which names no byte`;
        throw new ModelFileError(modelFile.path, `key ${TOKENS}: token ${id}`, problem, ADVICE_DAMAGED);
      }
      data.set(bytes, used);
      used += bytes.length;
    } else if (isText(types[id])) {
      used = decodeText(modelFile, tokens.text(id), id, data, used);
    } else {
      data.set(tokens.bytes(id), used);
      used += tokens.bytes(id).length;
    }
    offsets[id + 1] = used;
  }
  return { offsets, data: data.subarray(0, used) };
}

function decodeText(modelFile: ModelFile, text: string, id: number, data: Uint8Array, start: number): number {
  let used = start;
  for (let i = 0; i < text.length; i++) {
    const byte = BYTE_OF_CHARACTER.get(text.charCodeAt(i));
    if (byte === undefined) {
      const problem = `is ${quote(text)}, which is not written in the byte alphabet of GPT-2`;
      throw new ModelFileError(modelFile.path, `key ${TOKENS}: token ${id}`, problem, ADVICE_DAMAGED);
    }
    data[used++] = byte;
  }
  if (used === start) {
    throw new ModelFileError(modelFile.path, `key ${TOKENS}: token ${id}`, "is empty", ADVICE_DAMAGED);
  }
  return used;
}

/** The merges as (left, right, merged) ids, the best rank first. */
function readMerges(
  modelFile: ModelFile,
  keys: ModelKeys,
  kind: Kind,
  tokens: StringTable,
  types: Uint8Array,
  ids: ReadonlyMap<string, number>,
): Uint32Array {
  const merges = keys.strings(MERGES);
  if (merges !== undefined || kind !== "sentencepiece") {
    return resolveMerges(modelFile, merges ?? keys.missing(MERGES), ids, types);
  }
  const scores = keys.numbers(SCORES) ?? keys.missing(SCORES);
  if (scores.length !== tokens.length) {
    const problem = `has ${scores.length} entries for ${tokens.length} tokens`;
    throw new ModelFileError(modelFile.path, `key ${SCORES}`, problem, ADVICE_DAMAGED);
  }
  return mergesByScore(tokens, types, scores, ids);
}

function resolveMerges(
  modelFile: ModelFile,
  merges: StringTable,
  ids: ReadonlyMap<string, number>,
  types: Uint8Array,
): Uint32Array {
  const out = new Uint32Array(3 * merges.length);
  for (let i = 0; i < merges.length; i++) {
    const text = merges.text(i);
    const space = text.indexOf(" ", 1);
    const left = ids.get(text.slice(0, space));
    const right = ids.get(text.slice(space + 1));
    const merged = ids.get(text.slice(0, space) + text.slice(space + 1));
    if (space === -1 || left === undefined || right === undefined || merged === undefined) {
      const problem =
        space === -1 ? `is ${quote(text)}, not two tokens` : `is ${quote(text)}, which names a token that is not there`;
      throw new ModelFileError(modelFile.path, `key ${MERGES}: merge ${i}`, problem, ADVICE_DAMAGED);
    }
    if (![left, right, merged].every((id) => isText(types[id]))) {
      // Merging must never turn ordinary text into a control token.
      const problem = `is ${quote(text)}, which joins or makes a token that is no plain text`;
      throw new ModelFileError(modelFile.path, `key ${MERGES}: merge ${i}`, problem, ADVICE_DAMAGED);
    }
    out.set([left, right, merged], 3 * i);
  }
  return out;
}
