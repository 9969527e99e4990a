/**
 * Compares the engine with other implementations (see the golden folder's README). With float activations the whole
 * graph must agree closely. With int8 activations the comparison is statistical, because rounding makes small
 * differences grow to a few hundredths.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { loadAddon, type NativeModel } from "../../engine/native.ts";
import { root } from "../unit/root.ts";
import { allLogits, compare, floats, golden, greedy32, json, type Prompt, type Reference } from "./goldens.ts";

describe("golden models", function () {
  this.timeout(60000);
  let storage: string;
  let prompts: Prompt[];

  before(async function () {
    if (golden === undefined) {
      console.log("      skipped: STERNA_GOLDEN does not name the folder of golden files");
      this.skip();
    }
    storage = await mkdtemp(join(tmpdir(), "sterna-golden-"));
    prompts = await json<Prompt[]>("prompts.json");
  });

  after(async () => {
    if (storage !== undefined) await rm(storage, { recursive: true, force: true });
  });

  async function withModel(file: string, use: (model: NativeModel) => Promise<void>): Promise<void> {
    for (const layout of ["t2", "t16"] as const) {
      const pack = await resolvePack(join(golden ?? "", file), storage, { layout });
      const model = await loadAddon(root).loadModel(pack, { head: "f16", threads: 2 });
      try {
        await use(model);
      } finally {
        await model.close();
      }
    }
  }

  for (const [file, reference] of [
    ["small-f16.gguf", "numpy-exact"],
    ["small-i2_s.gguf", "numpy-exact"],
    ["small-tq1_0.bitnet-arch.gguf", "numpy-exact-silu"],
    ["small-tq2_0.bitnet-arch.gguf", "numpy-exact-silu"],
  ] as const) {
    it(`${file} with float activations equals ${reference} within 0.005 and writes the same text`, () =>
      withModel(file, async (model) => {
        const theirs = await floats(`${reference}.logits.f32`);
        const found = compare(await allLogits(model, prompts, "float"), theirs, model.config.vocabSize);
        assert.ok(found.max < 0.005, JSON.stringify(found));
        const texts = await json<Reference[]>(`${reference}.json`);
        for (const [i, prompt] of prompts.entries()) {
          assert.deepEqual(await greedy32(model, prompt, "float"), texts[i]?.greedy32, prompt.name);
        }
      }));
  }

  for (const file of ["small-i2_s.gguf", "small-f16.gguf"]) {
    it(`${file} with int8 activations agrees with numpy-i8 as engines agree with each other`, () =>
      withModel(file, async (model) => {
        const theirs = await floats("numpy-i8.logits.f32");
        const found = compare(await allLogits(model, prompts, "int8"), theirs, model.config.vocabSize);
        assert.ok(found.mean < 0.05 && found.max < 0.4 && found.sameTop > 0.9, JSON.stringify(found));
        const texts = await json<Reference[]>("numpy-i8.json");
        for (const name of ["short8", "mid77"]) {
          const i = prompts.findIndex((prompt) => prompt.name === name);
          assert.deepEqual(await greedy32(model, prompts[i]!, "int8"), texts[i]?.greedy32, name);
        }
      }));
  }
});
