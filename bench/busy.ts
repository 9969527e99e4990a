/** Measures how much of its speed of decoding this engine keeps while other processes use the CPU. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { median, significant } from "../engine/cli/bench/median.ts";
import { DecodeContext } from "../engine/cli/bench/runs.ts";
import { syntheticModel } from "../engine/cli/bench/shape.ts";
import { withModel } from "../engine/cli/loadModel.ts";
import type { Options } from "./options.ts";

export interface BusyReport {
  isa: string;
  threads: number;
  burners: number;
  /** Tokens per second, medians. */
  idle: number;
  busy: number;
  /** Ratio of busy to idle speed for each round, and the median ratio. */
  ratios: number[];
  kept: number;
}

const ROUNDS = 7;
const DECODED = 24;
/**
 * A program that reports that it has started and then keeps a processor busy. It ends by itself after a minute, in case
 * nobody ends it.
 */
const BURN = 'process.stdout.write("on"); for (const end = Date.now() + 60_000; Date.now() < end;);';

/** Alternates between idle and busy with one loaded model. */
export async function measureBusy({ shape, threads, burners }: Options): Promise<BusyReport[]> {
  const model = await syntheticModel(shape);
  const reports: BusyReport[] = [];
  for (const count of threads) reports.push(await withModel(model, { threads: count }, measure));
  return reports;

  async function measure(loaded: Parameters<Parameters<typeof withModel>[2]>[0]): Promise<BusyReport> {
    const context = new DecodeContext(loaded, 1, 1);
    const speed = async () => {
      const { decodedTokens, decodeMs } = await context.decode(DECODED);
      return (1000 * decodedTokens) / decodeMs;
    };
    await speed();
    const rounds: { idle: number; busy: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const idle = await speed();
      rounds.push({ idle, busy: await besides(burners, speed) });
    }
    const ratios = rounds.map(({ idle, busy }) => significant(busy / idle, 3));
    return {
      isa: loaded.kernel,
      threads: loaded.threads,
      burners,
      idle: significant(median(rounds.map(({ idle }) => idle)), 3),
      busy: significant(median(rounds.map(({ busy }) => busy)), 3),
      ratios,
      kept: median(ratios),
    };
  }
}

async function besides<T>(burners: number, work: () => Promise<T>): Promise<T> {
  const children: ChildProcess[] = [];
  try {
    for (let i = 0; i < burners; i++) {
      const child = spawn(process.execPath, ["-e", BURN], { stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      if (child.stdout) await once(child.stdout, "data");
    }
    return await work();
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}
