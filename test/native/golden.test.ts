/**
 * The engine against references of others (see the golden folder's README): the whole graph with float activations
 * closely, the int8 path statistically, because int8 roundings make the graph chaotic at the level of a few hundredths.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { type ActivationKind, GREEDY, loadAddon, type NativeModel } from "../../engine/native.ts";
import { root } from "../unit/root.ts";

interface Prompt {
  name: string;
  tokens: number[];
}

interface Reference {
  name: string;
  greedy32: number[];
}

const golden = process.env.STERNA_GOLDEN;

async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(golden ?? "", name), "utf8")) as T;
}

async function floats(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(golden ?? "", name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Largest and mean absolute difference, and the share of rows whose largest entry is at the same place. */
function compare(ours: Float32Array, theirs: Float32Array, vocab: number) {
  assert.equal(ours.length, theirs.length);
  let max = 0;
  let sum = 0;
  ours.forEach((value, i) => {
    const difference = Math.abs(value - theirs[i]!);
    // Written so that NaN counts as the largest difference.
    if (!(difference <= max)) max = difference;
    sum += difference;
  });
  const rows = ours.length / vocab;
  const top = (all: Float32Array, row: number) => {
    const part = all.subarray(row * vocab, (row + 1) * vocab);
    return part.reduce((best, value, i) => (value > part[best]! ? i : best), 0);
  };
  let same = 0;
  for (let row = 0; row < rows; row++) if (top(ours, row) === top(theirs, row)) same++;
  return { max, mean: sum / ours.length, sameTop: same / rows };
}

async function allLogits(model: NativeModel, prompts: Prompt[], activations: ActivationKind): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const prompt of prompts) parts.push(await model.logits(Uint32Array.from(prompt.tokens), activations));
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function greedy32(model: NativeModel, prompt: Prompt, activations: ActivationKind): Promise<number[]> {
  const result = await model.generate({
    tokens: Uint32Array.from(prompt.tokens),
    maxTokens: 32,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: 0,
    activations,
  }).done;
  return Array.from(result.tokens);
}

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
