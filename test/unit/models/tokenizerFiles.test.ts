import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelValue } from "../../../engine/models/modelFile.ts";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { readPackInfo } from "../../../engine/models/packInfo.ts";
import { protoFields } from "../../../engine/models/safetensors/protobuf.ts";
import { readSentencePieceModel } from "../../../engine/models/safetensors/sentencePieceModel.ts";
import { readTokenizerFiles, tokenizerFiles } from "../../../engine/models/safetensors/tokenizerFiles.ts";
import { resolvePack } from "../../../engine/models/store.ts";
import { TokenType } from "../../../engine/models/tokenType.ts";
import { summariseVocabulary } from "../../../engine/models/vocabBlob.ts";
import { KINDS, writeCheckpoint } from "../../native/syntheticCheckpoint.ts";
import { root } from "../root.ts";
import { Random } from "../support/testRandom.ts";
import { temporaryFolder } from "./folder.ts";

const FIXTURES = join(root, "test/fixtures/sentencepiece");
const file = readFileSync(join(FIXTURES, "tokenizer.model"));
const COUNT = 1200;
const CONFIG = { vocabSize: COUNT, bos: 1, eos: 2 };
const ALONE = { addBos: undefined, added: [] };

const read = (bytes: Uint8Array, beside: Parameters<typeof readSentencePieceModel>[3] = ALONE, config = CONFIG) =>
  readSentencePieceModel("tokenizer.model", bytes, config, beside);

/** The top-level fields of the file, with their bytes. */
function parts(): { number: number; whole: Buffer }[] {
  let end = 0;
  return [...protoFields(file)].map(({ number, bytes }) => {
    const begin = end;
    end = bytes.byteOffset - file.byteOffset + bytes.length;
    return { number, whole: file.subarray(begin, end) };
  });
}

/** The file with these pieces, and with more fields at the end: of a repeated field, the last one counts. */
function changed({ pieces = COUNT, more = [] as number[] }): Buffer {
  let left = pieces;
  const kept = parts().filter(({ number }) => number !== 1 || left-- > 0);
  return Buffer.concat([...kept.map(({ whole }) => whole), Buffer.from(more)]);
}

const texts = (values: Map<string, ModelValue>): string[] => {
  const tokens = values.get("tokenizer.ggml.tokens");
  assert.ok(tokens?.kind === "strings");
  return Array.from({ length: tokens.value.length }, (_, id) => tokens.value.text(id));
};
const numbers = (values: Map<string, ModelValue>, name: string): number[] => {
  const found = values.get(`tokenizer.ggml.${name}`);
  assert.ok(found?.kind === "numbers");
  return [...found.value];
};
const plain = (values: Map<string, ModelValue>, name: string) => {
  const found = values.get(`tokenizer.${name}`);
  return found !== undefined && "value" in found ? found.value : undefined;
};

describe("tokenizer.model", () => {
  it("holds the tokens of tokenizer.json, in their order", () => {
    const { vocab } = JSON.parse(readFileSync(join(FIXTURES, "tokenizer.json"), "utf8")).model as {
      vocab: Record<string, number>;
    };
    const values = read(file);
    assert.deepEqual(
      texts(values),
      Object.keys(vocab).sort((a, b) => (vocab[a] ?? 0) - (vocab[b] ?? 0)),
    );
    const types = numbers(values, "token_type");
    assert.deepEqual(types.slice(0, 4), [TokenType.unknown, TokenType.control, TokenType.control, TokenType.byte]);
    assert.equal(types.filter((type) => type === TokenType.byte).length, 256);
    assert.equal(numbers(values, "scores")[259 + 90] !== 0, true);
    for (const [name, value] of Object.entries({ add_bos_token: true, add_space_prefix: true, bos_token_id: 1 })) {
      assert.equal(plain(values, `ggml.${name}`), value, name);
    }
  });

  it("takes what was added beside it, and fills the embedding's rows", () => {
    const added = [
      { id: 1, text: "<s>", special: true },
      { id: COUNT, text: "<pad>", special: true },
      { id: COUNT + 2, text: "<word>", special: false },
    ];
    const values = read(file, { addBos: false, added }, { ...CONFIG, vocabSize: COUNT + 4 });
    assert.deepEqual(texts(values).slice(COUNT), [
      "<pad>",
      `<|unused_${COUNT + 1}|>`,
      "<word>",
      `<|unused_${COUNT + 3}|>`,
    ]);
    const { control, unused, userDefined } = TokenType;
    assert.deepEqual(numbers(values, "token_type").slice(COUNT), [control, unused, userDefined, unused]);
    assert.equal(numbers(values, "scores").length, COUNT + 4);
    assert.equal(plain(values, "ggml.add_bos_token"), false);
  });

  for (const [what, bytes, message, beside] of [
    ["of another kind (unigram)", changed({ more: [0x12, 2, 0x18, 1] }), /trainer_spec\.model_type: is 1, not 2/],
    ["that squeezes spaces", changed({ more: [0x1a, 2, 0x20, 1] }), /normalizer_spec: removes spaces/],
    ["that leaves spaces as they are", changed({ more: [0x1a, 2, 0x28, 0] }), /leaves spaces as they are/],
    ["that changes characters", changed({ more: [0x1a, 3, 0x12, 1, 7] }), /changes characters/],
    ["without pieces", changed({ pieces: 0 }), /pieces: are missing/],
    ["with more pieces than rows", changed({ more: [0x0a, 3, 0x0a, 1, 0x78] }), /are 1201, but config\.json says 1200/],
    ["with an empty piece", changed({ more: [0x0a, 2, 0x18, 1] }), /piece 1200: is empty/],
    ["with text that is none", changed({ more: [0x0a, 3, 0x0a, 1, 0xff] }), /piece 1200: is no UTF-8 text/],
    ["with an unknown type", changed({ more: [0x0a, 5, 0x0a, 1, 0x78, 0x18, 9] }), /has the unknown type 9/],
    [
      "with a score that is none",
      changed({ more: [0x0a, 8, 0x0a, 1, 0x78, 0x15, 0, 0, 0x80, 0x7f] }),
      /no number for a/,
    ],
    ["with a field of no kind", changed({ more: [0x0b] }), /file: has a field of an unknown kind at byte 1\d+/],
    ["with field 0", changed({ more: [0x00, 0x00] }), /file: has no field's number/],
    ["with an endless number", changed({ more: Array(12).fill(0xff) }), /file: has no whole number/],
    ["that is empty", Buffer.alloc(0), /pieces: are missing/],
    ["whose added token has no row", file, /the number 1200, but/, { id: COUNT, text: "<pad>", special: true }],
    [
      "whose added token has another's number",
      file,
      /give "<x>" the number of "<s>"/,
      { id: 1, text: "<x>", special: true },
    ],
  ] as const) {
    it(`${what} gives one clear error`, () => {
      const read2 = () => read(bytes, { addBos: undefined, added: beside === undefined ? [] : [beside] });
      assert.throws(read2, (error) => {
        assert.ok(error instanceof ModelFileError, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  }

  it("that ends early gives one clear error, wherever that is", () => {
    // The tokenizer's kind comes after the pieces; without it, it is another kind.
    for (let length = 0; length < file.length - 40; length += 37) {
      assert.throws(() => read(file.subarray(0, length)), ModelFileError, String(length));
    }
  });

  it("with any byte changed is read or refused, never anything else", () => {
    const random = new Random(7);
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(file);
      bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
      try {
        read(bytes);
      } catch (error) {
        assert.ok(error instanceof ModelFileError, String(error));
      }
    }
  });
});

describe("the tokenizer's files of a checkpoint", () => {
  const temporary = temporaryFolder();
  let count = 0;
  let folder = "";

  beforeEach(() => {
    folder = temporary.path(`checkpoint-${++count}`);
    mkdirSync(folder);
    const kind = KINDS.find(({ name }) => name === "large-master");
    assert.ok(kind !== undefined);
    writeCheckpoint(folder, kind);
  });

  const write = (name: string, content: unknown) =>
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  const templateOf = async () =>
    plain(await readTokenizerFiles(folder, { vocabSize: 288, bos: 1, eos: 2 }), "chat_template");

  it("give the form of conversations, and the pack keeps it", async () => {
    const template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}";
    write("tokenizer_config.json", { chat_template: template });
    const pack = temporary.path("template.pack");
    await packModel(folder, pack);
    assert.equal((await readPackInfo(pack)).metadata.chatTemplate, template);
  });

  for (const [what, config, jinja, expected] of [
    ["no file", undefined, undefined, undefined],
    ["none in the file", {}, undefined, undefined],
    ["null", { chat_template: null }, undefined, undefined],
    [
      "a list",
      {
        chat_template: [
          { name: "tool_use", template: "t" },
          { name: "default", template: "d" },
        ],
      },
      undefined,
      "d",
    ],
    ["a file of its own", undefined, "j", "j"],
    ["both: the newer way", { chat_template: "c" }, "j", "j"],
    ["nonsense", { chat_template: 3 }, undefined, undefined],
  ] as const) {
    it(`say it as they do: ${what}`, async () => {
      if (config !== undefined) write("tokenizer_config.json", config);
      if (jinja !== undefined) write("chat_template.jinja", jinja);
      assert.equal(await templateOf(), expected);
    });
  }

  it("are told by name when they are damaged", async () => {
    write("tokenizer_config.json", "{");
    await assert.rejects(templateOf(), /tokenizer_config\.json: file: is no JSON object/);
  });

  it("are imported again when the form of conversations has come or changed", async () => {
    const storage = temporary.path(`storage-${count}`);
    const resolve = () => resolvePack(folder, storage, { layout: "t2", onProgress: () => {} });
    const first = await resolve();
    assert.equal(await resolve(), first);
    write("chat_template.jinja", "<|im_start|>");
    const second = await resolve();
    assert.notEqual(second, first);
    assert.equal((await readPackInfo(second)).metadata.chatTemplate, "<|im_start|>");
  });

  it("are tokenizer.model and what was added to it where there is no tokenizer.json", async () => {
    writeFileSync(join(folder, "tokenizer.model"), changed({ pieces: 286 }));
    write("added_tokens.json", { "<pad>": 286 });
    const decoder = { 1: { content: "<s>", special: true }, 287: { content: "<end>", special: true } };
    write("tokenizer_config.json", { add_bos_token: true, added_tokens_decoder: decoder });
    assert.deepEqual(await tokenizerFiles(folder), ["tokenizer.json", "tokenizer_config.json"]);
    rmSync(join(folder, "tokenizer.json"));
    assert.deepEqual(await tokenizerFiles(folder), ["tokenizer.model", "tokenizer_config.json", "added_tokens.json"]);
    const pack = temporary.path("pieces.pack");
    await packModel(folder, pack);
    const { preTokenizer, tokens, addBos } = summariseVocabulary((await readPackInfo(pack)).vocabulary);
    assert.deepEqual([preTokenizer, tokens, addBos], ["sentencepiece", 288, true]);
    const values = await readTokenizerFiles(folder, { vocabSize: 288, bos: 1, eos: 2 });
    assert.deepEqual(texts(values).slice(286), ["<pad>", "<end>"]);
    assert.deepEqual(numbers(values, "token_type").slice(286), [TokenType.userDefined, TokenType.control]);
  });
});
