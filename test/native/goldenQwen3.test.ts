/**
 * Compares qwen3 models with a scale per 128 weights with transformers' Qwen3ForCausalLM in float64 (see the golden
 * folder's notes). With float activations the whole graph must agree closely; with int8 activations the comparison is
 * statistical.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelKeys } from "../../engine/models/modelKeys.ts";
import { openModel } from "../../engine/models/openModel.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { encodeVocabulary } from "../../engine/models/vocabBlob.ts";
import { type LayoutName, type LoadOptions, loadAddon, type NativeModel } from "../../engine/native.ts";
import { chatProfile } from "../../engine/prompt/chatTemplate.ts";
import type { ChatMessage } from "../../engine/protocol/chat.ts";
import { root } from "../unit/root.ts";
import { allLogits, compare, floats, golden, greedy32, json, type Prompt, type Reference } from "./goldens.ts";

const LAYOUTS = ["t2", "t16"] as const;
/** The layouts that can hold a file's weights: those of 1 bit fit a third one. */
const layoutsOf = (file: string): readonly LayoutName[] => (file.includes("q1_0") ? [...LAYOUTS, "b1"] : LAYOUTS);
/** The largest difference of logits: with keys and values in float, and in half precision, which alone causes 0.006. */
const LARGEST = { f32: 0.0001, f16: 0.008 } as const;
const SAME_WEIGHTS = ["small-q2_0.gguf", "small-q2_0-legacy.gguf", "small-pq2_0.gguf"];

describe("golden models with scales per group", function () {
  this.timeout(120000);
  let storage: string;
  let prompts: Prompt[];

  before(async function () {
    if (golden === undefined) {
      console.log("      skipped: STERNA_GOLDEN does not name the folder of golden files");
      this.skip();
    }
    storage = await mkdtemp(join(tmpdir(), "sterna-golden-"));
    prompts = await json<Prompt[]>("qwen3/small-prompts.json");
  });

  after(async () => {
    if (storage !== undefined) await rm(storage, { recursive: true, force: true });
  });

  const packOf = (file: string, layout: LayoutName) =>
    resolvePack(join(golden ?? "", "qwen3", file), storage, { layout });

  async function withModel(
    file: string,
    head: "f16" | "int8",
    use: (model: NativeModel, some: Prompt[]) => Promise<void>,
    { kernel, kv = "f16" }: { kernel?: string; kv?: NonNullable<LoadOptions["kv"]> } = {},
  ): Promise<void> {
    for (const layout of layoutsOf(file)) {
      // Scalar code is slow, float activations are always computed by it, and on some machines t16 is.
      const isSlow = layout === "t16" || kernel === "scalar" || (layout === "b1" && head === "f16");
      const some = isSlow ? prompts.slice(0, 1) : prompts;
      const options = { head, kv, threads: 1, contextLength: 512, ...(kernel === undefined ? {} : { kernel }) };
      const model = await loadAddon(root).loadModel(await packOf(file, layout), options);
      try {
        await use(model, some);
      } finally {
        await model.close();
      }
    }
  }

  for (const layout of LAYOUTS) {
    it(`packs the three files of one model to the same ${layout} sections`, async () => {
      const bodies = await Promise.all(
        SAME_WEIGHTS.map(async (file) => {
          const pack = await readFile(await packOf(file, layout));
          // After the metadata, which names the source's type, everything must be equal.
          return pack.subarray(pack.indexOf("VOC1"));
        }),
      );
      for (const body of bodies) assert.ok(body.equals(bodies[0]!));
    });
  }

  for (const [file, reference] of [
    ["small-pq2_0.gguf", "small"],
    ["small-q1_0.gguf", "small-q1"],
  ] as const) {
    for (const kv of ["f32", "f16"] as const) {
      it(`${file} with float activations and ${kv} cache equals ${reference} and writes the same text`, () =>
        withModel(
          file,
          "f16",
          async (model, some) => {
            const theirs = await floats(`qwen3/${reference}.logits.f32`);
            const ours = await allLogits(model, some, "float");
            const found = compare(ours, theirs.subarray(0, ours.length), model.config.vocabSize);
            if (process.env.STERNA_SHOW) console.log(kv, JSON.stringify(found));
            assert.ok(found.max < LARGEST[kv] && found.mean < 0.001, JSON.stringify(found));
            const texts = await json<Reference[]>(`qwen3/${reference}.json`);
            // Float activations are slow.
            for (const [i, prompt] of some.slice(0, kv === "f32" ? 1 : 2).entries()) {
              assert.deepEqual(await greedy32(model, prompt, "float"), texts[i]?.greedy32, prompt.name);
            }
          },
          { kv },
        ));
    }

    it(`${file} with a cache of 8 bits stays near ${reference}, the same with every kernel set`, async () => {
      const theirs = await floats(`qwen3/${reference}.logits.f32`);
      let first: Float32Array | undefined;
      for (const kernel of loadAddon(root).info().kernels.toReversed()) {
        await withModel(
          file,
          "f16",
          async (model, some) => {
            const ours = await allLogits(model, some, "float");
            first ??= ours;
            assert.ok(Buffer.from(ours.buffer).equals(Buffer.from(first.buffer, 0, ours.byteLength)), kernel);
            const found = compare(ours, theirs.subarray(0, ours.length), model.config.vocabSize);
            if (process.env.STERNA_SHOW) console.log(kernel, JSON.stringify(found));
            assert.ok(found.mean < 0.02 && found.sameTop > 0.95, JSON.stringify(found));
          },
          { kernel, kv: "int8" },
        );
      }
    });

    it(`${file} with int8 activations stays near ${reference}, the same with every kernel set and layout`, async () => {
      const theirs = await floats(`qwen3/${reference}.logits.f32`);
      let first: Float32Array | undefined;
      for (const kernel of loadAddon(root).info().kernels.toReversed()) {
        await withModel(
          file,
          "int8",
          async (model, some) => {
            const ours = await allLogits(model, some, "int8");
            first ??= ours;
            assert.ok(Buffer.from(ours.buffer).equals(Buffer.from(first.buffer, 0, ours.byteLength)), kernel);
          },
          { kernel },
        );
      }
      const found = compare(first!, theirs, theirs.length / prompts.reduce((n, { tokens }) => n + tokens.length, 0));
      assert.ok(found.mean < 0.05 && found.sameTop > 0.9, JSON.stringify(found));
    });
  }

  for (const [file, kv] of [
    ["small-pq2_0.gguf", "f16"],
    ["small-pq2_0.gguf", "int8"],
    ["small-q1_0.gguf", "f16"],
  ] as const) {
    it(`computes the same tokens alone, in a batch and in a verified draft: ${file}, a cache of ${kv}`, () =>
      withModel(
        file,
        "int8",
        async (model, some) => {
          for (const prompt of some) {
            const alone = await greedy32(model, prompt, "int8");
            const logits = await model.logits(Uint32Array.from([...prompt.tokens, ...alone]), "int8");
            const { vocabSize } = model.config;
            alone.forEach((token, i) => {
              const row = prompt.tokens.length - 1 + i;
              const part = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
              assert.equal(
                part.reduce((best, value, k) => (value > part[best]! ? k : best), 0),
                token,
              );
            });
          }
        },
        { kv },
      ));
  }

  async function vocabulary() {
    const source = await openModel(join(golden ?? "", "qwen3", "vocabulary.gguf"));
    const template = new ModelKeys(source).text("tokenizer.chat_template") ?? "";
    const tokenizer = loadAddon(root).createTokenizer(encodeVocabulary(source));
    await source.close();
    return { tokenizer, template };
  }

  it("cuts texts into tokens as the tokenizers package does", async () => {
    const { tokenizer } = await vocabulary();
    for (const { text, ids } of await json<{ text: string; ids: number[] }[]>("qwen3/tokenizer.json")) {
      assert.deepEqual(Array.from(tokenizer.encode(text, { special: true })), ids, JSON.stringify(text));
    }
  });

  it("writes conversations as transformers does, by the file's template and by the known form", async () => {
    const { tokenizer, template } = await vocabulary();
    const cases = await json<{ messages: ChatMessage[]; thinking: boolean; text: string }[]>("qwen3/chat.json");
    assert.ok(cases.length >= 6);
    for (const [i, { messages, thinking, text }] of cases.entries()) {
      for (const form of [template, "<|im_start|> enable_thinking {% broken"]) {
        const { tokens } = chatProfile(tokenizer, form).build(messages, 4096, { isThinking: thinking });
        const wanted = tokenizer.encode(text, { special: true });
        assert.deepEqual(Array.from(tokens), Array.from(wanted), `conversation ${i}`);
      }
    }
  });
});
