/** Measures this engine and llama.cpp alternately on one model file, or on two of the same shape. */
import { join } from "node:path";
import { median, significant } from "../engine/cli/bench/median.ts";
import { DecodeContext, generate, tokensOf } from "../engine/cli/bench/runs.ts";
import { syntheticModel } from "../engine/cli/bench/shape.ts";
import { packOf } from "../engine/cli/loadModel.ts";
import type { WritableType } from "../engine/models/rows/ternaryEncode.ts";
import { loadAddon, type NativeModel } from "../engine/native.ts";
import { packageRoot } from "../engine/packageRoot.ts";
import { LlamaProcess } from "./llamaProcess.ts";
import type { Options } from "./options.ts";
import { isBonsai, type PeerRow } from "./results.ts";

/** Milliseconds to wait until the other engine's threads are asleep. */
const PAUSE_MS = 50;
const CONTEXT_LENGTH = 2048;

/** The types of the files that are compared. */
interface FilePair {
  sterna: WritableType;
  llama: WritableType;
}

interface Plan {
  architecture: string;
  pairs: FilePair[];
  /** Lengths of prompts in tokens. */
  prompts: number[];
  /** Context lengths in tokens; the first one represents a short context. */
  contexts: number[];
  /** Number of tokens to decode. */
  decoded: number;
}

/** llama.cpp supports "bitnet", which differs from b1.58 only in the activation function. */
const TENSOR_SCALES: Plan = {
  architecture: "bitnet",
  pairs: [{ sterna: "TQ2_0", llama: "TQ2_0" }],
  prompts: [128, 512],
  contexts: [16, 1024],
  decoded: 24,
};

/**
 * A scale per group. llama.cpp has no vector code for Q2_0 on x86, which takes half a second for a token. The second
 * pair is the choice of somebody who has that engine: its fastest type against ternary weights here.
 */
const GROUP_SCALES: Plan = {
  architecture: "qwen3",
  pairs: [
    { sterna: "Q2_0", llama: "Q2_0" },
    { sterna: "Q2_0", llama: "Q1_0" },
    { sterna: "Q1_0", llama: "Q1_0" },
  ],
  prompts: [32],
  contexts: [16],
  decoded: 8,
};

export async function measurePeers(options: Options): Promise<{ version: string; rows: PeerRow[] }> {
  const plan = isBonsai(options.shape) ? GROUP_SCALES : TENSOR_SCALES;
  const file = (type: WritableType) => syntheticModel(options.shape, { type, architecture: plan.architecture });
  const rows: PeerRow[] = [];
  let version = "";
  for (const { sterna, llama } of plan.pairs) {
    const pack = await packOf(await file(sterna));
    const peer = await LlamaProcess.start(join(packageRoot(), "bench", "peers"));
    try {
      version = (await peer.load(await file(llama), CONTEXT_LENGTH)).version;
      const types = { type: llama, ...(sterna !== llama && { ownType: sterna }) };
      rows.push(...(await measurePack(pack, peer, options, plan)).map((row) => ({ ...row, ...types })));
    } finally {
      await peer.close();
    }
  }
  return { version, rows };
}

async function measurePack(pack: string, llama: LlamaProcess, options: Options, plan: Plan): Promise<PeerRow[]> {
  const rows: PeerRow[] = [];
  for (const threads of options.threads) {
    const model = await loadAddon(packageRoot()).loadModel(pack, { threads, contextLength: CONTEXT_LENGTH });
    try {
      await llama.threads(threads);
      rows.push(...(await measurePair(model, llama, options.quick ? 3 : 5, plan)));
    } finally {
      await model.close();
    }
  }
  return rows;
}

async function measurePair(
  model: NativeModel,
  llama: LlamaProcess,
  rounds: number,
  { prompts, contexts, decoded }: Plan,
): Promise<PeerRow[]> {
  const { vocabSize } = model.config;
  const { threads } = model;
  const rows: PeerRow[] = [];
  let seed = 1;
  const warm = tokensOf(16, vocabSize, 0);
  await generate(model, warm, 4);
  await llama.prefill(warm);
  await llama.decode(4);

  for (const tokens of prompts) {
    const pairs = await inTurns(
      rounds,
      async () => tokens / (await milliseconds(() => generate(model, tokensOf(tokens, vocabSize, seed++), 1))),
      async () => tokens / (await llama.prefill(tokensOf(tokens, vocabSize, seed++))),
    );
    rows.push({ threads, kind: "prefill", tokens, ...summary(pairs) });
  }
  for (const tokens of contexts) {
    const context = new DecodeContext(model, tokens, seed);
    await context.fill();
    await llama.prefill(tokensOf(tokens, vocabSize, seed++));
    const pairs = await inTurns(
      rounds,
      // The last token of the context is computed again, so one token more is computed.
      async () => (decoded + 1) / (await milliseconds(() => context.decode(decoded))),
      async () => decoded / (await llama.decode(decoded)),
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
