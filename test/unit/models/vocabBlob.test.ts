import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readVocabulary, summariseVocabulary } from "../../../engine/models/vocabBlob.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec, removeValue, type Spec, setValue } from "./ggufSpec.ts";

const KEY = "tokenizer.ggml";

describe("vocabulary blob", () => {
  const folder = temporaryFolder();
  const encode = (bend: (spec: Spec) => void) => {
    const spec = goodSpec();
    bend(spec);
    const path = folder.path("vocabulary.gguf");
    writeFileSync(path, encodeSpec(spec));
    return readVocabulary(path);
  };

  /** Token bytes and merges, parsed from the text of packFormat.ts. */
  function parse(blob: Uint8Array) {
    const bytes = Buffer.from(blob);
    assert.equal(bytes.toString("latin1", 0, 4), "VOC1");
    const [count, mergeCount] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
    const typesAt = 64 + 4 * (count + 1);
    const mergesAt = typesAt + Math.ceil(count / 4) * 4;
    const bytesAt = mergesAt + 12 * mergeCount;
    assert.equal(bytes.length, bytesAt + bytes.readUInt32LE(44));
    const offset = (i: number) => bytes.readUInt32LE(64 + 4 * i);
    return {
      tokens: Array.from({ length: count }, (_, i) => bytes.subarray(bytesAt + offset(i), bytesAt + offset(i + 1))),
      types: [...bytes.subarray(typesAt, typesAt + count)],
      merges: Array.from({ length: mergeCount }, (_, i) =>
        [0, 4, 8].map((field) => bytes.readUInt32LE(mergesAt + 12 * i + field)),
      ),
    };
  }

  describe("without the pre-tokenizer's key", () => {
    const kind = async (bend: (spec: Spec) => void) =>
      summariseVocabulary(
        await encode((spec) => {
          removeValue(spec, `${KEY}.pre`);
          setValue(spec, "general.architecture", { type: "string", value: "llama" });
          bend(spec);
        }),
      ).preTokenizer;
    /** Gives the special tokens, which come last, other texts. */
    const rename =
      (...texts: string[]) =>
      (spec: Spec) => {
        const entry = spec.values.find(([key]) => key === `${KEY}.tokens`)?.[1];
        assert.ok(entry?.type === "strings");
        const special = entry.value.slice(-6).map((_, i) => texts[i] ?? `<|x${i}|>`);
        setValue(spec, `${KEY}.tokens`, { type: "strings", value: [...entry.value.slice(0, -6), ...special] });
      };

    it("goes by the architecture", async () => {
      for (const [architecture, wanted] of [
        ["bitnet-b1.58", "llama-bpe"],
        ["qwen3", "qwen2"],
      ] as const) {
        const named = (spec: Spec) => setValue(spec, "general.architecture", { type: "string", value: architecture });
        assert.equal(await kind(named), wanted);
      }
    });

    it("goes by the special tokens of a family", async () => {
      assert.equal(await kind(rename("<|begin_of_text|>", "<|start_header_id|>", "<|eot_id|>")), "llama-bpe");
      assert.equal(await kind(rename("<|endoftext|>", "<|im_start|>", "<|object_ref_start|>")), "qwen2");
    });

    it("says in one line what is missing where nothing tells", async () => {
      await assert.rejects(
        kind(rename("<|a|>", "<|im_start|>")),
        /ggml\.pre: is missing\. Nothing else in the file tells/,
      );
    });
  });

  it("undoes the byte alphabet", async () => {
    const { tokens } = parse(await encode(() => undefined));
    for (let byte = 0; byte < 256; byte++) assert.deepEqual([...(tokens[byte] ?? [])], [byte]);
    assert.equal(tokens[256]?.toString(), "  ");
  });

  it("keeps control tokens as they are written", async () => {
    const { tokens, types } = parse(await encode(() => undefined));
    assert.equal(tokens[294]?.toString(), "<|begin_of_text|>");
    assert.equal(types[294], 3);
    assert.equal(types[0], 1);
  });

  it("resolves merges in order", async () => {
    const { tokens, merges } = parse(await encode(() => undefined));
    assert.equal(merges.length, 38);
    for (const [left, right, merged] of merges) {
      assert.deepEqual(
        Buffer.concat([tokens[left ?? 0] ?? [], tokens[right ?? 0] ?? []] as Buffer[]),
        tokens[merged ?? 0],
      );
    }
    assert.deepEqual(merges[1]?.[2], 257);
  });

  it("names the special tokens", async () => {
    assert.deepEqual(summariseVocabulary(await encode(() => undefined)), {
      tokens: 300,
      merges: 38,
      preTokenizer: "llama-bpe",
      addBos: true,
      special: { bos: 294, eos: 295, eot: 296, fimPrefix: 297, fimSuffix: 298, fimMiddle: 299 },
    });
  });

  it("finds the end of turn by its text, and takes other spellings of the fill-in-the-middle keys", async () => {
    const blob = await encode((spec) => {
      for (const name of ["eot", "fim_pre", "fim_suf", "fim_mid", "eos"]) removeValue(spec, `${KEY}.${name}_token_id`);
      setValue(spec, `${KEY}.prefix_token_id`, { type: "u32", value: 1 });
      setValue(spec, `${KEY}.suffix_token_id`, { type: "u32", value: 2 });
      setValue(spec, `${KEY}.middle_token_id`, { type: "u32", value: 3 });
    });
    assert.deepEqual(summariseVocabulary(blob).special, {
      bos: 294,
      eos: null,
      eot: 296,
      fimPrefix: 1,
      fimSuffix: 2,
      fimMiddle: 3,
    });
  });

  it("adds BOS unless the file says no", async () => {
    assert.equal(summariseVocabulary(await encode((spec) => removeValue(spec, `${KEY}.add_bos_token`))).addBos, true);
    const no = (spec: Spec) => setValue(spec, `${KEY}.add_bos_token`, { type: "bool", value: false });
    assert.equal(summariseVocabulary(await encode(no)).addBos, false);
  });

  it("takes a missing pre-tokenizer for llama-bpe on bitnet-b1.58 alone", async () => {
    await encode((spec) => removeValue(spec, `${KEY}.pre`));
    await assert.rejects(
      encode((spec) => {
        removeValue(spec, `${KEY}.pre`);
        setValue(spec, "general.architecture", { type: "string", value: "llama" });
      }),
      /tokenizer.ggml.pre: is missing/,
    );
  });

  it("needs no tensors", async () => {
    const blob = await encode((spec) => {
      spec.tensors = [];
    });
    assert.equal(summariseVocabulary(blob).tokens, 300);
  });
});
