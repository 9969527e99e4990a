/**
 * llama.cpp behind a line protocol: one JSON request per line in, one JSON answer per line out.
 *
 *   {"op":"load","path":P,"context":N}   -> {"version":V}
 *   {"op":"threads","count":N}           -> {}
 *   {"op":"prefill","tokens":[...]}      -> {"ms":T}   clears the sequence first; ends with a sampled token
 *   {"op":"decode","count":N}            -> {"ms":T}   continues the last prefill, and restores it afterwards
 *
 * It calls the prebuilt binding of node-llama-cpp directly, so that only llama.cpp is timed.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

/** Platforms of the packages in package.json. */
const PLATFORMS = ["linux-x64", "linux-arm64"];
/** The value that node-llama-cpp uses. */
const BATCH = 512;

const operations = { load, threads, prefill, decode };
let bindings;
let context;
let sampler;
let length = 0;
let next = 0;

async function load({ path: file, context: contextSize }) {
  const name = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(name)) {
    throw new Error(`bench/peers has packages for ${PLATFORMS.join(" and ")}, not ${name}`);
  }
  const { getBinsDir } = await import(`@node-llama-cpp/${name}`);
  const { binsDir, packageVersion } = getBinsDir();
  const folder = path.join(binsDir, name);
  bindings = createRequire(import.meta.url)(path.join(folder, "llama-addon.node"));
  bindings.markLoaded();
  bindings.setLogger((level, text) => level <= 2 && process.stderr.write(text));
  bindings.setLoggerLogLevel(2);
  bindings.loadBackends();
  if (bindings.getGpuType() === undefined || bindings.getGpuType() === null) bindings.loadBackends(folder);
  await bindings.init();
  const model = new bindings.AddonModel(file, { addonExports: bindings, gpuLayers: 0, useMmap: true });
  if (!(await model.init())) throw new Error(`llama.cpp does not load ${file}`);
  context = new bindings.AddonContext(model, { contextSize, batchSize: BATCH, sequences: 1, flashAttention: "auto" });
  if (!(await context.init())) throw new Error("llama.cpp makes no context");
  sampler = new bindings.AddonSampler(model);
  sampler.applyConfig({ temperature: 0 });
  return { version: packageVersion };
}

function threads({ count }) {
  context.setThreads(count);
  return {};
}

async function prefill({ tokens }) {
  context.disposeSequence(0);
  const start = performance.now();
  for (let at = 0; at < tokens.length; at += BATCH) {
    const part = tokens.slice(at, at + BATCH);
    await evaluate(part, at, at + part.length === tokens.length);
  }
  length = tokens.length;
  return { ms: performance.now() - start };
}

async function decode({ count }) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await evaluate([next], length + i, true);
  const ms = performance.now() - start;
  context.removeTokenCellsFromSequence(0, length, -1);
  return { ms };
}

async function evaluate(tokens, position, samples) {
  context.initBatch(tokens.length);
  const logits = Uint32Array.from(samples ? [tokens.length - 1] : []);
  const [index] = context.addToBatch(0, position, Uint32Array.from(tokens), logits);
  await context.decodeBatch();
  if (samples) next = await context.sampleToken(index, sampler);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = await operations[request.op](request);
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
