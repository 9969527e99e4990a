/** Measures this engine and llama.cpp alternately on one model file. */
import { join } from "node:path";
import { median, significant } from "../engine/cli/bench/median.ts";
import { DecodeContext, generate, tokensOf } from "../engine/cli/bench/runs.ts";
import { syntheticModel } from "../engine/cli/bench/shape.ts";
import { packOf } from "../engine/cli/loadModel.ts";
import { loadAddon, type NativeModel } from "../engine/native.ts";
import { packageRoot } from "../engine/packageRoot.ts";
import { LlamaProcess } from "./llamaProcess.ts";
import type { Options } from "./options.ts";
import type { PeerRow } from "./results.ts";

const PROMPTS = [128, 512];
/** Context lengths; the first one represents a short context. */
const CONTEXTS = [16, 1024];
const DECODED = 24;
/** Milliseconds to wait until the other engine's threads are asleep. */
const PAUSE_MS = 50;

export async function measurePeers(options: Options): Promise<{ version: string; rows: PeerRow[] }> {
  const root = packageRoot();
  // llama.cpp supports this architecture, which differs from b1.58 only in the activation function.
  const gguf = await syntheticModel(options.shape, "bitnet");
  const pack = await packOf(gguf);
  const llama = await LlamaProcess.start(join(root, "bench", "peers"));
  try {
    const { version } = await llama.load(gguf, 2048);
    const rows: PeerRow[] = [];
    for (const threads of options.threads) {
      const model = await loadAddon(root).loadModel(pack, { threads, contextLength: 2048 });
      try {
        await llama.threads(threads);
        rows.push(...(await measurePair(model, llama, options.quick ? 3 : 5)));
      } finally {
        await model.close();
      }
    }
    return { version, rows };
  } finally {
    await llama.close();
  }
}

async function measurePair(model: NativeModel, llama: LlamaProcess, rounds: number): Promise<PeerRow[]> {
  const { vocabSize } = model.config;
  const { threads } = model;
  const rows: PeerRow[] = [];
  let seed = 1;
  const warm = tokensOf(16, vocabSize, 0);
  await generate(model, warm, 4);
  await llama.prefill(warm);
  await llama.decode(4);

  for (const tokens of PROMPTS) {
    const pairs = await inTurns(
      rounds,
      async () => tokens / (await milliseconds(() => generate(model, tokensOf(tokens, vocabSize, seed++), 1))),
      async () => tokens / (await llama.prefill(tokensOf(tokens, vocabSize, seed++))),
    );
    rows.push({ threads, kind: "prefill", tokens, ...summary(pairs) });
  }
  for (const tokens of CONTEXTS) {
    const context = new DecodeContext(model, tokens, seed);
    await context.fill();
    await llama.prefill(tokensOf(tokens, vocabSize, seed++));
    const pairs = await inTurns(
      rounds,
      // The last token of the context is computed again, so one token more is computed.
      async () => (DECODED + 1) / (await milliseconds(() => context.decode(DECODED))),
      async () => DECODED / (await llama.decode(DECODED)),
    );
    rows.push({ threads, kind: "decode", tokens, ...summary(pairs) });
  }
  return rows;
}

interface Pair {
  sterna: number;
  llama: number;
}

/** Measures both engines once per round; the one that goes first alternates. */
export async function inTurns(
  rounds: number,
  sterna: () => Promise<number>,
  llama: () => Promise<number>,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++) {
    const pair: Pair = { sterna: 0, llama: 0 };
    for (const mine of round % 2 === 0 ? [true, false] : [false, true]) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (mine) pair.sterna = await sterna();
      else pair.llama = await llama();
    }
    pairs.push(pair);
  }
  return pairs;
}

/** Turns tokens per millisecond into medians per second. */
export function summary(pairs: readonly Pair[]): Pick<PeerRow, "sterna" | "llama" | "ratio"> {
  return {
    sterna: significant(1000 * median(pairs.map((pair) => pair.sterna))),
    llama: significant(1000 * median(pairs.map((pair) => pair.llama))),
    ratio: significant(median(pairs.map((pair) => pair.sterna / pair.llama))),
  };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
