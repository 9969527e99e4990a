/**
 * Prints as one line of JSON what the addon of an installed extension computes. It runs without other modules in any
 * Node: `node proof.cjs EXTENSION ANSWERS STORAGE COUNT GROUPED` computes the COUNT shortest prompts of the known answers,
 * and answers of a model with a scale per group of weights.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolvePack } from "../../engine/models/store.ts";
import {
  type GenerateResult,
  GREEDY,
  loadAddon,
  type NativeAddon,
  type NativeModel,
  type SelfTestResult,
} from "../../engine/native.ts";
import { builtinModel } from "../../engine/packageRoot.ts";

const MAX_TOKENS = 8;
/** A prompt for the model with scales per group, long enough for every kernel of a batch. */
const GROUPED_PROMPT = Uint32Array.from({ length: 75 }, (_, i) => (7 * i + 32) % 200);
const CACHES = ["f16", "int8"] as const;

export interface Generation {
  tokens: number[];
  /** Hash of the logits from which each token was chosen, bit for bit. */
  digest: string;
}

export interface Proof {
  executable: string;
  platform: string;
  arch: string;
  kernels: string[];
  /** The kernel set that is used when none is named. */
  chosen: string;
  selfTest: SelfTestResult[];
  /** The prompts' indexes in the file of known answers. */
  prompts: number[];
  /** Generations by kernel set and prompt. */
  generations: Record<string, Generation[]>;
  /** Those of the model with scales per group, by kernel set: in each layout with each kind of cache. */
  grouped: Record<string, Generation[]>;
  /** Milliseconds of decoding, by kernel set. */
  decodeMs: Record<string, number>;
  /** Logits with float activations and head, by prompt, to be compared with the reference. */
  exact: number[][];
}

interface Prompt {
  ids: number[];
  float: { greedy: number[] };
}

async function generate(model: NativeModel, prompt: Prompt, isExact: boolean) {
  return await model.generate({
    tokens: Uint32Array.from(prompt.ids),
    maxTokens: isExact ? prompt.float.greedy.length : MAX_TOKENS,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: 0,
    keepLogits: true,
    activations: isExact ? "float" : "int8",
  }).done;
}

function summary({ tokens, logits }: GenerateResult): Generation {
  const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
  return { tokens: Array.from(tokens), digest: createHash("sha256").update(bytes).digest("hex") };
}

/** What a kernel set computes of a model with scales per group. */
async function generateGrouped(addon: NativeAddon, kernel: string, packs: readonly string[]): Promise<Generation[]> {
  const found: Generation[] = [];
  for (const pack of packs) {
    for (const kv of CACHES) {
      const model = await addon.loadModel(pack, { kernel, kv, threads: 1, contextLength: 256 });
      const { done } = model.generate({
        tokens: GROUPED_PROMPT,
        maxTokens: MAX_TOKENS,
        sampling: GREEDY,
        stop: [],
        stopTokens: new Uint32Array(),
        priority: 0,
        keepLogits: true,
      });
      found.push(summary(await done));
      await model.close();
    }
  }
  return found;
}

async function main([extension = "", answers = "", storage = "", count = "", grouped = ""]: string[]): Promise<void> {
  const all: Prompt[] = JSON.parse(readFileSync(answers, "utf8")).prompts;
  const size = (prompt: number) => all[prompt]?.ids.length ?? 0;
  const proved = [...all.keys()].sort((a, b) => size(a) - size(b)).slice(0, Number(count));
  const prompts = proved.flatMap((prompt) => all[prompt] ?? []);
  const addon = loadAddon(extension);
  const { kernels } = addon.info();
  const pack = await resolvePack(builtinModel(extension), storage);
  const proof: Proof = {
    executable: process.execPath,
    platform: process.platform,
    arch: process.arch,
    kernels,
    chosen: "",
    selfTest: addon.selfTest(),
    prompts: proved,
    generations: {},
    grouped: {},
    decodeMs: {},
    exact: [],
  };
  const groupedPacks = [];
  for (const layout of ["t2", "t16"] as const) groupedPacks.push(await resolvePack(grouped, storage, { layout }));
  for (const kernel of kernels) {
    const model = await addon.loadModel(pack, { kernel, threads: 2 });
    const results = [];
    for (const prompt of prompts) results.push(await generate(model, prompt, false));
    proof.generations[kernel] = results.map(summary);
    proof.grouped[kernel] = await generateGrouped(addon, kernel, groupedPacks);
    proof.decodeMs[kernel] = results.reduce((sum, { decodeMs }) => sum + decodeMs, 0);
    await model.close();
  }
  const model = await addon.loadModel(pack, { head: "f16" });
  proof.chosen = model.kernel;
  for (const prompt of prompts) proof.exact.push(Array.from((await generate(model, prompt, true)).tokens));
  await model.close();
  process.stdout.write(`${JSON.stringify(proof)}\n`);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
