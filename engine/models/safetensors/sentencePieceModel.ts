/**
 * Converts tokenizer.model of a checkpoint to the keys of the GGUF file that a converter would write. The format is
 * that of sentencepiece_model.proto (github.com/google/sentencepiece).
 */
import { isUtf8 } from "node:buffer";
import { type ModelValue, StringTable } from "../modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError, quote } from "../modelFileError.ts";
import { TokenType } from "../tokenType.ts";
import { ProtobufError, type ProtoField, protoFields } from "./protobuf.ts";
import type { TokenizerConfig } from "./tokenizer.ts";

const ADVICE =
  "Choose a model whose tokenizer.model is SentencePiece's BPE of LLaMA's kind, or one with tokenizer.json.";
const MAX_PIECES = 1 << 20;

/** Numbers of the fields that are read. */
const MODEL = { pieces: 1, trainer: 2, normalizer: 3 };
const PIECE = { text: 1, score: 2, type: 3 };
const TRAINER = { type: 3 };
const NORMALIZER = { charsmap: 2, addsSpace: 3, squeezes: 4, escapes: 5 };
const BPE = 2;

/** Settings from the files next to tokenizer.model. */
export interface Beside {
  /** From tokenizer_config.json; when it says nothing, LLaMA tokenizers begin every text with the token. */
  addBos: boolean | undefined;
  /** Tokens that were added to the pieces. */
  added: { id: number; text: string; special: boolean }[];
}

interface Pieces {
  texts: string[];
  types: number[];
  scores: number[];
}

/**
 * @param path of tokenizer.model, for messages
 * @throws ModelFileError
 */
export function readSentencePieceModel(
  path: string,
  file: Uint8Array,
  config: TokenizerConfig,
  { addBos, added }: Beside,
): Map<string, ModelValue> {
  const fail = (field: string, problem: string, advice = ADVICE_DAMAGED): never => {
    throw new ModelFileError(path, field, problem, advice);
  };
  const pieces: Pieces = { texts: [], types: [], scores: [] };
  let isSpaced = true;
  try {
    // These are the settings the tokenizer was trained with; absent ones have the format's defaults.
    let kind = 1;
    let squeezes = true;
    for (const { number, bytes } of protoFields(file)) {
      if (number === MODEL.pieces) {
        if (pieces.texts.length === MAX_PIECES) fail("pieces", `are more than ${MAX_PIECES}`);
        putPiece(pieces, bytes, fail);
      } else if (number === MODEL.trainer) {
        for (const field of protoFields(bytes)) if (field.number === TRAINER.type) kind = field.integer;
      } else if (number === MODEL.normalizer) {
        for (const field of protoFields(bytes)) {
          if (field.number === NORMALIZER.charsmap && field.bytes.length > 0) refuse("changes characters");
          if (field.number === NORMALIZER.addsSpace) isSpaced = field.integer !== 0;
          if (field.number === NORMALIZER.squeezes) squeezes = field.integer !== 0;
          if (field.number === NORMALIZER.escapes && field.integer === 0) refuse("leaves spaces as they are");
        }
      }
    }
    if (pieces.texts.length === 0) fail("pieces", "are missing");
    if (kind !== BPE) fail("trainer_spec.model_type", `is ${kind}, not ${BPE}`, ADVICE);
    if (squeezes) refuse("removes spaces");
  } catch (error) {
    if (error instanceof ProtobufError) fail("file", error.message);
    throw error;
  }
  function refuse(problem: string): never {
    return fail("normalizer_spec", `${problem}: the engine takes text as it is`, ADVICE);
  }

  const { texts, types, scores } = pieces;
  for (const { id, text, special } of added) {
    if (!Number.isInteger(id) || id < 0 || id >= config.vocabSize) {
      fail("added tokens", `give ${quote(text)} the number ${id}, but config.json says ${config.vocabSize} tokens`);
    }
    const taken = texts[id];
    if (taken === text) continue;
    if (taken !== undefined) fail("added tokens", `give ${quote(text)} the number of ${quote(taken)}`);
    texts[id] = text;
    types[id] = special ? TokenType.control : TokenType.userDefined;
  }
  if (texts.length > config.vocabSize) {
    fail("pieces", `and added tokens are ${texts.length}, but config.json says ${config.vocabSize}`);
  }
  for (let id = 0; id < config.vocabSize; id++) {
    scores[id] ??= 0;
    if (texts[id] !== undefined) continue;
    texts[id] = `<|unused_${id}|>`;
    types[id] = TokenType.unused;
  }
  const values = new Map<string, ModelValue>([
    ["tokenizer.ggml.model", { kind: "string", value: "llama" }],
    ["tokenizer.ggml.pre", { kind: "string", value: "default" }],
    ["tokenizer.ggml.add_space_prefix", { kind: "bool", value: isSpaced }],
    ["tokenizer.ggml.add_bos_token", { kind: "bool", value: addBos ?? true }],
    ["tokenizer.ggml.tokens", { kind: "strings", value: StringTable.of(texts) }],
    ["tokenizer.ggml.token_type", { kind: "numbers", value: Float64Array.from(types) }],
    ["tokenizer.ggml.scores", { kind: "numbers", value: Float64Array.from(scores) }],
  ]);
  for (const [name, id] of [
    ["bos", config.bos],
    ["eos", config.eos],
  ] as const) {
    if (id !== undefined && id >= 0) values.set(`tokenizer.ggml.${name}_token_id`, { kind: "number", value: id });
  }
  return values;
}

function putPiece(
  { texts, types, scores }: Pieces,
  message: Uint8Array,
  fail: (field: string, problem: string) => never,
) {
  const name = `piece ${texts.length}`;
  let text = "";
  let score = 0;
  let type: number = TokenType.normal;
  for (const field of protoFields(message)) {
    if (field.number === PIECE.text) text = textOf(field, name, fail);
    else if (field.number === PIECE.score) score = singleOf(field, name, fail);
    else if (field.number === PIECE.type) type = field.integer;
  }
  if (text === "") fail(name, "is empty");
  if (!Number.isInteger(type) || type < TokenType.normal || type > TokenType.byte) {
    fail(name, `has the unknown type ${type}`);
  }
  texts.push(text);
  types.push(type);
  scores.push(score);
}

function textOf({ bytes }: ProtoField, name: string, fail: (field: string, problem: string) => never): string {
  return isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : fail(name, "is no UTF-8 text");
}

function singleOf({ bytes }: ProtoField, name: string, fail: (field: string, problem: string) => never): number {
  const score = bytes.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true) : Number.NaN;
  return Number.isFinite(score) ? score : fail(name, "has no number for a score");
}
