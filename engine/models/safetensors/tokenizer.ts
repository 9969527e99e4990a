/** Converts tokenizer.json of a checkpoint to the keys of the GGUF file that a converter would write. */

import { type ModelValue, StringTable } from "../modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError, quoteValue } from "../modelFileError.ts";
import { isByteToken } from "../sentencePiece.ts";
import { TokenType } from "../tokenType.ts";
import { MAX_VOCABULARY } from "./checkpointConfig.ts";
import { isObject } from "./header.ts";

const ADVICE = "Choose a model with a byte-level BPE tokenizer of LLaMA-3's kind, or with SentencePiece's BPE.";

/** The pattern by which LLaMA-3 splits text into words. */
const LLAMA3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The pattern of Qwen2 and Qwen3: the same, but digits one by one. Text is composed (NFC) before. */
const QWEN2_PATTERN = LLAMA3_PATTERN.replace("\\p{N}{1,3}", "\\p{N}");

/** What config.json says about tokens. */
export interface TokenizerConfig {
  /** Number of rows of the embedding; the tokenizer may have fewer tokens. */
  vocabSize: number;
  bos: number | undefined;
  eos: number | undefined;
}

/**
 * @param path of tokenizer.json, for messages
 * @throws ModelFileError
 */
export function readTokenizer(
  path: string,
  json: Record<string, unknown>,
  config: TokenizerConfig,
): Map<string, ModelValue> {
  const fail = (field: string, problem: string, advice = ADVICE_DAMAGED): never => {
    throw new ModelFileError(path, field, problem, advice);
  };
  const model = isObject(json.model) ? json.model : fail("model", "is missing");
  const { vocab, merges } = model;
  if (model.type !== "BPE") fail("model.type", `is ${quoteValue(model.type)}, not "BPE"`, ADVICE);
  if (!isObject(vocab) || !Array.isArray(merges)) return fail("model", "has no vocabulary, or no merges");
  const sentencePiece = sentencePieceOf(json);
  const pre = sentencePiece === undefined ? preTokenizerOf(json, fail) : "default";
  const typeOf = (text: string): number => {
    if (sentencePiece === undefined) return TokenType.normal;
    return isByteToken(text) ? TokenType.byte : text === model.unk_token ? TokenType.unknown : TokenType.normal;
  };

  const added = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
  const tokens: string[] = [];
  const types: number[] = [];
  const put = (text: unknown, id: unknown, type: number) => {
    if (typeof text !== "string" || !Number.isInteger(id) || (id as number) < 0 || (id as number) >= MAX_VOCABULARY) {
      return fail("model.vocab", `gives ${quoteValue(text)} the number ${quoteValue(id)}`);
    }
    tokens[id as number] = text;
    types[id as number] = type;
  };
  for (const [text, id] of Object.entries(vocab)) put(text, id, typeOf(text));
  for (const { id, content, special } of added) put(content, id, special ? TokenType.control : TokenType.userDefined);
  if (tokens.length > config.vocabSize) {
    fail("model.vocab", `has ${tokens.length} tokens, but config.json says ${config.vocabSize}`);
  }
  for (let id = 0; id < config.vocabSize; id++) {
    if (tokens[id] !== undefined) continue;
    tokens[id] = `<|unused_${id}|>`;
    types[id] = TokenType.unused;
  }
  const values = new Map<string, ModelValue>([
    ["tokenizer.ggml.model", { kind: "string", value: sentencePiece ? "llama" : "gpt2" }],
    ["tokenizer.ggml.pre", { kind: "string", value: pre }],
    ["tokenizer.ggml.add_space_prefix", { kind: "bool", value: sentencePiece?.isSpaced ?? false }],
    ["tokenizer.ggml.tokens", { kind: "strings", value: StringTable.of(tokens) }],
    ["tokenizer.ggml.token_type", { kind: "numbers", value: Float64Array.from(types) }],
    [
      "tokenizer.ggml.merges",
      { kind: "strings", value: StringTable.of(merges.map((merge) => mergeText(merge, fail))) },
    ],
  ]);
  const bos = config.bos !== undefined ? tokens[config.bos] : undefined;
  values.set("tokenizer.ggml.add_bos_token", { kind: "bool", value: startsWith(json.post_processor, bos) });
  const setId = (name: string, id: number | undefined) => {
    if (id !== undefined && id >= 0) values.set(`tokenizer.ggml.${name}_token_id`, { kind: "number", value: id });
  };
  setId("bos", config.bos);
  setId("eos", config.eos);
  for (const part of ["pre", "suf", "mid"]) {
    const text = { pre: "<|fim_prefix|>", suf: "<|fim_suffix|>", mid: "<|fim_middle|>" }[part] ?? "";
    const id = tokens.indexOf(text);
    if (id !== -1) setId(`fim_${part}`, id);
  }
  return values;
}

type Fail = (field: string, problem: string, advice?: string) => never;

function mergeText(merge: unknown, fail: Fail): string {
  if (typeof merge === "string") return merge;
  if (Array.isArray(merge) && merge.length === 2) return merge.join(" ");
  return fail("model.merges", "holds something else than pairs");
}

/**
 * Whether the file is SentencePiece's BPE as converters write it (byte fallback, every space a U+2581, no splitting
 * into words), and whether a space goes in front of a text.
 */
function sentencePieceOf({
  model,
  normalizer,
  pre_tokenizer,
}: Record<string, unknown>): { isSpaced: boolean } | undefined {
  if (!isObject(model) || model.byte_fallback !== true) return undefined;
  const space = "\u2581";
  if (isObject(pre_tokenizer)) {
    const { type, replacement, prepend_scheme, add_prefix_space, split } = pre_tokenizer;
    // If the text were split at spaces, merges across them would be missed.
    if (type !== "Metaspace" || replacement !== space || split !== false || isObject(normalizer)) return undefined;
    return { isSpaced: prepend_scheme === undefined ? add_prefix_space !== false : prepend_scheme !== "never" };
  }
  const sequence =
    isObject(normalizer) && Array.isArray(normalizer.normalizers) ? normalizer.normalizers : [normalizer];
  const steps = sequence.filter(isObject);
  const isReplace = (step: Record<string, unknown>) =>
    step.type === "Replace" && isObject(step.pattern) && step.pattern.String === " " && step.content === space;
  const isPrepend = (step: Record<string, unknown>) => step.type === "Prepend" && step.prepend === space;
  if (!steps.some(isReplace) || !steps.every((step) => isReplace(step) || isPrepend(step))) return undefined;
  return { isSpaced: steps.some(isPrepend) };
}

/** With another pattern than the known ones the tokens would not be those of the training. */
function preTokenizerOf({ pre_tokenizer: value, normalizer }: Record<string, unknown>, fail: Fail): string {
  const steps = isObject(value) && Array.isArray(value.pretokenizers) ? value.pretokenizers.filter(isObject) : [value];
  const types = steps.map((step) => (isObject(step) ? step.type : undefined));
  const split = steps.find((step) => isObject(step) && step.type === "Split");
  const pattern = isObject(split) && isObject(split.pattern) ? split.pattern.Regex : undefined;
  const isComposed = isObject(normalizer) && normalizer.type === "NFC";
  if (types.join() === "Split,ByteLevel" && pattern === LLAMA3_PATTERN) return "llama-bpe";
  if (types.join() === "Split,ByteLevel" && pattern === QWEN2_PATTERN && isComposed) return "qwen2";
  return fail("pre_tokenizer", "does not cut text as LLaMA-3 or Qwen2 do", ADVICE);
}

/** Whether the tokenizer puts a token before every text. */
function startsWith(processor: unknown, text: string | undefined): boolean {
  if (!isObject(processor)) return false;
  if (Array.isArray(processor.processors)) return processor.processors.some((step) => startsWith(step, text));
  const [first] = Array.isArray(processor.single) ? processor.single : [];
  const token = isObject(first) && isObject(first.SpecialToken) ? first.SpecialToken.id : undefined;
  return processor.type === "TemplateProcessing" && token !== undefined && token === text;
}
