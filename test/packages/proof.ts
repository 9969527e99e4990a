/**
 * Prints as one line of JSON what the addon of an installed extension computes. It runs without other modules in any
 * Node: `node proof.cjs EXTENSION ANSWERS STORAGE COUNT` computes the COUNT shortest prompts of the known answers.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolvePack } from "../../engine/models/store.ts";
import { GREEDY, loadAddon, type NativeModel, type SelfTestResult } from "../../engine/native.ts";
import { builtinModel } from "../../engine/packageRoot.ts";

const MAX_TOKENS = 8;

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

async function main([extension = "", answers = "", storage = "", count = ""]: string[]): Promise<void> {
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
    decodeMs: {},
    exact: [],
  };
  for (const kernel of kernels) {
    const model = await addon.loadModel(pack, { kernel, threads: 2 });
    const results = [];
    for (const prompt of prompts) results.push(await generate(model, prompt, false));
    proof.generations[kernel] = results.map(({ tokens, logits }) => {
      const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
      return { tokens: Array.from(tokens), digest: createHash("sha256").update(bytes).digest("hex") };
    });
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
