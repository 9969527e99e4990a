import type { WritableValue } from "./gguf/writer.ts";
import { TokenType } from "./tokenType.ts";
import { characterOfByte } from "./vocabBlob.ts";

const SPECIALS = [
  "<|begin_of_text|>",
  "<|end_of_text|>",
  "<|eot_id|>",
  "<|fim_prefix|>",
  "<|fim_suffix|>",
  "<|fim_middle|>",
];
const ALPHABET = " etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLUCMFWYPVBGKJQXZ0123456789_(){}[];=.,:";

/**
 * A byte-level BPE vocabulary of `size` tokens: the 256 bytes, merges of pairs from a small alphabet, unused tokens
 * when there are too few pairs, and special tokens at the end.
 *
 * @throws RangeError when `size` is too small for the bytes and the special tokens
 */
export function syntheticVocabulary(size: number): Map<string, WritableValue> {
  const room = size - 256 - SPECIALS.length;
  if (room < 0) throw new RangeError(`A vocabulary of ${size} tokens has no room for 256 bytes and special tokens.`);
  const tokens = Array.from({ length: 256 }, (_, byte) => characterOfByte(byte));
  const merges: string[] = [];
  const alphabet = Array.from(ALPHABET, (character) => characterOfByte(character.charCodeAt(0)));
  for (const left of alphabet) {
    for (const right of alphabet) {
      if (merges.length >= Math.min(room, 4090)) break;
      merges.push(`${left} ${right}`);
      tokens.push(left + right);
    }
  }
  const types: number[] = tokens.map(() => TokenType.normal);
  for (let i = 0; tokens.length < size - SPECIALS.length; i++) {
    tokens.push(`<|unused_${i}|>`);
    types.push(TokenType.unused);
  }
  const first = tokens.length;
  for (const special of SPECIALS) {
    tokens.push(special);
    types.push(TokenType.control);
  }
  const id = (offset: number): WritableValue => ({ type: "u32", value: first + offset });
  return new Map<string, WritableValue>([
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: "llama-bpe" }],
    ["tokenizer.ggml.tokens", { type: "strings", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "i32s", value: types }],
    ["tokenizer.ggml.merges", { type: "strings", value: merges }],
    ["tokenizer.ggml.bos_token_id", id(0)],
    ["tokenizer.ggml.eos_token_id", id(1)],
    ["tokenizer.ggml.eot_token_id", id(2)],
    ["tokenizer.ggml.fim_pre_token_id", id(3)],
    ["tokenizer.ggml.fim_suf_token_id", id(4)],
    ["tokenizer.ggml.fim_mid_token_id", id(5)],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: true }],
  ]);
}
