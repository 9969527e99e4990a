import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readVocabulary } from "../../engine/models/vocabBlob.ts";
import { loadAddon, type NativeTokenizer } from "../../engine/native.ts";
import { root } from "../unit/root.ts";
import { pairVocabulary } from "./pairVocabulary.ts";

const addon = loadAddon(root);

describe("the LLaMA-3 tokenizer", function () {
  this.timeout(20000);
  const golden = process.env.STERNA_GOLDEN;
  let tokenizer: NativeTokenizer;
  let texts: string[];
  let ids: number[][];

  before(async function () {
    if (golden === undefined) {
      console.log("      skipped: STERNA_GOLDEN does not name the folder of golden files");
      this.skip();
    }
    const path = join(golden, "ggml-vocab-llama-bpe.gguf");
    tokenizer = addon.createTokenizer(await readVocabulary(path));
    texts = (await readFile(`${path}.inp`, "utf8")).split("\n__ggml_vocab_test__\n");
    // The file of texts ends with a separator.
    assert.equal(texts.pop(), "");
    ids = (await readFile(`${path}.out`, "utf8"))
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => line.split(" ").filter(Boolean).map(Number));
  });

  it("gives the golden ids for all golden texts", () => {
    assert.ok(texts.length > 40);
    assert.equal(texts.length, ids.length);
    texts.forEach((text, i) => {
      assert.deepEqual(Array.from(tokenizer.encode(text)), ids[i], JSON.stringify(text));
    });
  });

  it("decodes the golden ids to the golden texts", () => {
    texts.forEach((text, i) => {
      assert.equal(tokenizer.decode(Uint32Array.from(ids[i] ?? [])), text);
    });
  });

  it("knows the special tokens and writes them only when asked", () => {
    assert.equal(tokenizer.size, 128256);
    assert.equal(tokenizer.special.bos, 128000);
    assert.equal(tokenizer.special.eos, 128001);
    assert.equal(tokenizer.idOf("<|eot_id|>"), 128009);
    assert.deepEqual(Array.from(tokenizer.encode("a<|eot_id|>", { bos: true, special: true })), [128000, 64, 128009]);
    assert.ok(!tokenizer.encode("a<|eot_id|>").includes(128009));
    assert.equal(tokenizer.decode(tokenizer.encode("a<|eot_id|>")), "a<|eot_id|>");
    assert.equal(tokenizer.decode(Uint32Array.of(128000, 64, 128009)), "a");
  });
});

describe("createTokenizer", function () {
  this.timeout(20000);
  const { blob } = pairVocabulary(() => 0.5);

  it("tells in one line what is wrong with a vocabulary", () => {
    const rows: [RegExp, (blob: Uint8Array) => Uint8Array][] = [
      [/shorter than its header/, () => new Uint8Array(0)],
      [/does not begin with "VOC1"/, (good) => good.fill(0, 0, 1)],
      [/header asks for/, (good) => good.subarray(0, good.length - 1)],
    ];
    for (const [message, damage] of rows) {
      assert.throws(
        () => addon.createTokenizer(damage(blob.slice())),
        (error: Error) => message.test(error.message) && !error.message.includes("\n"),
      );
    }
  });

  it("keeps no hold of the vocabulary's bytes", () => {
    const copy = blob.slice();
    const tokenizer = addon.createTokenizer(copy);
    const before = Array.from(tokenizer.encode("some text"));
    copy.fill(0xff);
    assert.deepEqual(Array.from(tokenizer.encode("some text")), before);
  });

  it("encodes a lone surrogate as the replacement character", () => {
    const tokenizer = addon.createTokenizer(blob);
    assert.equal(tokenizer.decode(tokenizer.encode("a\ud800b\0c")), "a\ufffdb\0c");
  });

  it("decodes bytes that are no UTF-8 as TextDecoder does", () => {
    const tokenizer = addon.createTokenizer(blob);
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    // Every lead byte before every other byte, and at the end of the text.
    for (let lead = 0x80; lead < 256; lead++) {
      for (let next = 0; next < 256; next++) {
        // Single bytes are tokens 0..255.
        for (const bytes of [
          [lead, next],
          [lead, next, 0x80, 0x41],
          [lead, next, 0x80, 0x80, 0xbf],
          [next, lead],
        ]) {
          const expected = decoder.decode(Uint8Array.from(bytes));
          assert.equal(tokenizer.decode(Uint32Array.from(bytes)), expected);
        }
      }
    }
  });
});
