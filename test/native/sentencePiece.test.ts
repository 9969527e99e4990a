import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GGUFValueType } from "../../engine/models/gguf/types.ts";
import { type ModelValue, StringTable } from "../../engine/models/modelFile.ts";
import { readSentencePieceModel } from "../../engine/models/safetensors/sentencePieceModel.ts";
import { readTokenizer } from "../../engine/models/safetensors/tokenizer.ts";
import { mergesByScore } from "../../engine/models/sentencePiece.ts";
import { TokenType } from "../../engine/models/tokenType.ts";
import { encodeVocabulary, readVocabulary, summariseVocabulary } from "../../engine/models/vocabBlob.ts";
import { loadAddon, type NativeTokenizer } from "../../engine/native.ts";
import { encodeSpec, goodSpec, removeValue, setValue } from "../unit/models/ggufSpec.ts";
import { root } from "../unit/root.ts";

const fixtures = join(root, "test/fixtures/sentencepiece");
const read = (name: string) => JSON.parse(readFileSync(join(fixtures, name), "utf8"));

interface Row {
  text: string;
  ids: number[];
}

const json: { model: { vocab: Record<string, number>; merges: (string | [string, string])[] } } =
  read("tokenizer.json");
const texts: { plain: Row[]; marked: Row[] } = read("texts.json");
const addon = loadAddon(root);

describe("a SentencePiece vocabulary", () => {
  const folder = mkdtempSync(join(tmpdir(), "sterna-spm-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const config = { vocabSize: Object.keys(json.model.vocab).length, bos: 1, eos: 2 };

  /** The vocabulary from a checkpoint's tokenizer.json, with its merges. */
  function fromJson(): Uint8Array {
    return fromValues(readTokenizer("tokenizer.json", { ...json }, config));
  }

  /** The vocabulary from a checkpoint's tokenizer.model, with scores. */
  function fromPieces(): Uint8Array {
    const file = readFileSync(join(fixtures, "tokenizer.model"));
    return fromValues(readSentencePieceModel("tokenizer.model", file, config, { addBos: undefined, added: [] }));
  }

  function fromValues(values: Map<string, ModelValue>): Uint8Array {
    const read = () => Promise.reject(new Error("there are no tensors"));
    return encodeVocabulary({
      path: "tokenizer.json",
      size: 0,
      values,
      tensors: new Map(),
      read,
      close: async () => {},
    });
  }

  /** The vocabulary from a GGUF file: scores, and no merges. */
  async function fromScores(): Promise<Uint8Array> {
    const tokens = Object.entries(json.model.vocab)
      .sort(([, a], [, b]) => a - b)
      .map(([text]) => text);
    // The first merge that gives a token decides how early it is merged.
    const scores = tokens.map(() => 0);
    json.model.merges.forEach((merge, rank) => {
      const id = json.model.vocab[typeof merge === "string" ? merge.replace(" ", "") : merge.join("")] ?? 0;
      if (scores[id] === 0) scores[id] = -1 - rank;
    });
    const spec = goodSpec();
    setValue(spec, "tokenizer.ggml.model", { type: "string", value: "llama" });
    setValue(spec, "tokenizer.ggml.tokens", { type: "strings", value: tokens });
    const typeOf = (text: string, id: number) =>
      id === 0 ? TokenType.unknown : id < 3 ? TokenType.control : /^<0x/.test(text) ? TokenType.byte : TokenType.normal;
    setValue(spec, "tokenizer.ggml.token_type", { type: "i32s", value: tokens.map(typeOf) });
    setValue(spec, "tokenizer.ggml.scores", {
      type: "raw",
      value: (out) => {
        out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.FLOAT32).u64(scores.length);
        for (const score of scores) out.f32(score);
      },
    });
    setValue(spec, "tokenizer.ggml.bos_token_id", { type: "u32", value: 1 });
    setValue(spec, "tokenizer.ggml.eos_token_id", { type: "u32", value: 2 });
    for (const key of ["merges", "pre"]) removeValue(spec, `tokenizer.ggml.${key}`);
    const path = join(folder, "scores.gguf");
    writeFileSync(path, encodeSpec(spec));
    return readVocabulary(path);
  }

  for (const [name, make] of [
    ["tokenizer.json", async () => fromJson()],
    ["tokenizer.model", async () => fromPieces()],
    ["scores", fromScores],
  ] as const) {
    describe(`out of ${name}`, () => {
      let blob: Uint8Array;
      let tokenizer: NativeTokenizer;
      before(async () => {
        blob = await make();
        tokenizer = addon.createTokenizer(blob);
      });

      it("says what it is", () => {
        const { preTokenizer, tokens, addBos, special } = summariseVocabulary(blob);
        assert.deepEqual(
          [preTokenizer, tokens, addBos, special.bos, special.eos],
          ["sentencepiece", Object.keys(json.model.vocab).length, true, 1, 2],
        );
      });

      it("gives the ids of another implementation", () => {
        assert.ok(texts.plain.length > 20);
        for (const { text, ids } of texts.plain) {
          const expected = text === "" ? [1] : ids;
          assert.deepEqual([...tokenizer.encode(text, { bos: true })], expected, JSON.stringify(text));
        }
      });

      it("begins anew behind a token that is written out", () => {
        for (const { text, ids } of texts.marked) {
          assert.deepEqual([...tokenizer.encode(text, { bos: true, special: true })], ids, JSON.stringify(text));
        }
      });

      it("gives every text back, and puts no space in front of a part of one", () => {
        const all = texts.plain.map(({ text }) => text).join("");
        assert.equal(tokenizer.decode(tokenizer.encode(all)), all);
        assert.equal(tokenizer.decode(tokenizer.encode(all, { bos: true })), ` ${all}`);
      });

      it("encodes lines apart as together", () => {
        const lines = texts.plain.map(({ text }) => `${text.replaceAll("\n", "")}\n`);
        const apart = lines.flatMap((line) => [...tokenizer.encode(line)]);
        assert.deepEqual([...tokenizer.encode(lines.join(""))], apart);
      });
    });
  }

  it("lists the ways to a token together, the best score first", () => {
    const tokens = StringTable.of(["a", "b", "ab", "ba", "aba", "</s>"]);
    const ids = new Map(["a", "b", "ab", "ba", "aba", "</s>"].map((text, id) => [text, id]));
    const types = Uint8Array.of(1, 1, 1, 1, 1, TokenType.control);
    assert.deepEqual(
      [...mergesByScore(tokens, types, [0, 0, -3, -2, -1, 0], ids)],
      [0, 3, 4, 2, 0, 4, 1, 0, 3, 0, 1, 2],
    );
  });
});
