/** Runs the benchmark of one model with one number of threads. */
import {
  type Ceilings,
  type GenerateResult,
  loadAddon,
  type NativeAddon,
  type NativeModel,
  type PhaseTimes,
} from "../../native.ts";
import { packageRoot } from "../../packageRoot.ts";
import { packOf } from "../loadModel.ts";
import { mapValues, median, significant } from "./median.ts";
import { startProbe } from "./probe.ts";
import type { Report } from "./report.ts";
import { bodyMacs, macShare, readShare } from "./roofline.ts";
import { DecodeContext, generate, tokensOf } from "./runs.ts";
import { syntheticModel } from "./shape.ts";

export interface MeasureOptions {
  shape: string;
  threads: number;
  /** Kernel set; the default is the fastest. */
  kernel?: string;
  /** Do fewer runs, and none above `QUICK_LIMIT` tokens except that for the peak memory. */
  quick: boolean;
}

const PROMPTS = [1, 4, 16, 128, 512, 2048];
const CONTEXTS = [0, 1024, 4096];
const BATCHES = [2, 3, 4, 8, 16];
const QUICK_LIMIT = 1024;
/** Context in tokens below the batches, about that of a keystroke. */
const BATCH_CONTEXT = 256;
/**
 * Tokens per decode, and decodes in a row per context. They are short because other load on a shared host slows down
 * every sample that it overlaps, and the median of many short samples leaves those out.
 */
const DECODED = 8;
const DECODES = 3;
/** Tokens that are decoded through the f16 head per round. */
const HEAD_TOKENS = 8;
const PEAK_CONTEXT = 2048;
/**
 * The run that gives the multiply-add peak beside a prefill: a third of a second, because on a shared host the peak of
 * a few hundredths differs by a tenth from one to the next. What it reads does not count.
 */
const PEAK_RUN = { passes: 15, megabytes: 64 };
/** The kernel set of vectors on a machine with matrix tiles. */
const VECTORS_OF_AMX = "avx512vbmi";

export async function measure({ shape, threads, kernel, quick }: MeasureOptions): Promise<Report> {
  const addon = loadAddon(packageRoot());
  const gguf = await syntheticModel(shape);
  const pack = await packOf(gguf, { kernel });
  const model = await addon.loadModel(pack, {
    threads,
    head: "int8",
    ...(kernel !== undefined && { kernel }),
  });
  try {
    const bench = new Bench(addon, model, quick);
    await bench.prefills();
    await bench.decodes(await addon.loadModel(pack, { threads, head: "f16", contextLength: 64 }));
    await model.close();
    await bench.probes(gguf);
    return bench.report(shape);
  } finally {
    await model.close().catch(() => undefined); // When all went well, the model is closed already.
  }
}

/** A prompt's prefill, and the multiply-add peak (GMAC/s) right before and after it, their mean. */
interface Prefill extends GenerateResult {
  macGMACs: number;
}

/** Collects samples. Measurements that are compared alternate, with measurements of the ceilings in between. */
class Bench {
  readonly #addon: NativeAddon;
  readonly #model: NativeModel;
  readonly #rounds: number;
  /** Longest prompt or context in tokens. */
  readonly #limit: number;
  readonly #threads: number;
  readonly #kernel: string;
  readonly #config: NativeModel["config"];
  readonly #bodyBytes: number;
  readonly #ceilings: Ceilings[] = [];
  readonly #tilePeaks: number[] = [];
  readonly #prefills: Record<string, Prefill[]> = {};
  readonly #decodes: Record<string, GenerateResult[]> = {};
  readonly #batches: Record<string, number[]> = {};
  readonly #f16: GenerateResult[] = [];
  readonly #starts: { loadMs: number; firstTokenMs: number }[] = [];
  #peak = { memoryMB: 0, context: 0 };
  #seed = 1;

  constructor(addon: NativeAddon, model: NativeModel, quick: boolean) {
    this.#addon = addon;
    this.#model = model;
    this.#rounds = quick ? 3 : 5;
    // These are kept for the report, which is written after the model has been closed.
    this.#threads = model.threads;
    this.#kernel = model.kernel;
    this.#config = model.config;
    this.#bodyBytes = model.memory.weightBytes;
    this.#limit = Math.min(model.config.contextLength, quick ? QUICK_LIMIT : Number.POSITIVE_INFINITY);
  }

  /**
   * The multiply-add peak is always that of vectors; on a machine with matrix tiles their peak is reported separately.
   */
  async #ceiling(): Promise<void> {
    const options = { threads: this.#threads, kernel: this.#kernel, passes: 3 };
    if (this.#kernel === "amx") {
      this.#tilePeaks.push((await this.#addon.measureCeilings({ ...options, megabytes: 64 })).macGMACs);
      options.kernel = VECTORS_OF_AMX;
    }
    this.#ceilings.push(await this.#addon.measureCeilings(options));
  }

  /** The multiply-add peak of vectors alone (GMAC/s). */
  async #macPeak(): Promise<number> {
    const kernel = this.#kernel === "amx" ? VECTORS_OF_AMX : this.#kernel;
    return (await this.#addon.measureCeilings({ threads: this.#threads, kernel, ...PEAK_RUN })).macGMACs;
  }

  /** Time to the first token of prompts of which nothing is cached. */
  async prefills(): Promise<void> {
    const lengths = PROMPTS.filter((length) => length < this.#limit);
    await this.#ceiling();
    await this.#prefill(16);
    let before = await this.#macPeak();
    for (let round = 0; round < this.#rounds; round++) {
      for (const length of lengths) {
        // Very long prompts take most of the time and vary least, so they get fewer runs.
        if (round >= this.#rounds / (length < 2048 ? 1 : 4)) continue;
        const result = await this.#prefill(length);
        const after = await this.#macPeak();
        add(this.#prefills, length, { ...result, macGMACs: (before + after) / 2 });
        before = after;
      }
      await this.#ceiling();
    }
  }

  #prefill(length: number): Promise<GenerateResult> {
    return generate(this.#model, tokensOf(length, this.#config.vocabSize, this.#seed++), 1);
  }

  /** Alternates between decode at each context length, batches of a few tokens, and the f16 head. */
  async decodes(f16: NativeModel): Promise<void> {
    try {
      this.#model.clearCache();
      const longest = this.#config.contextLength - DECODED - 1;
      const contexts: [string, DecodeContext][] = [];
      for (const length of CONTEXTS.filter((context) => context <= this.#limit)) {
        const context = new DecodeContext(this.#model, Math.min(length, longest), this.#seed++);
        await context.fill();
        contexts.push([String(length), context]);
      }
      const base = new DecodeContext(this.#model, BATCH_CONTEXT, this.#seed++);
      await base.fill();
      const f16Context = new DecodeContext(f16, 1, 0);
      await f16Context.decode(1);
      for (let round = 0; round < this.#rounds; round++) {
        for (const [name, context] of contexts) {
          for (let i = 0; i < DECODES; i++) add(this.#decodes, name, await context.decode(DECODED));
        }
        this.#f16.push(await f16Context.decode(HEAD_TOKENS));
        for (const count of [1, ...BATCHES]) {
          add(this.#batches, count, await base.extend(count, this.#seed++));
        }
        await this.#ceiling();
      }
    } finally {
      await f16.close();
    }
  }

  /** Measures in separate processes: the time from the start to the first token, and the peak memory. */
  async probes(path: string): Promise<void> {
    const options = { threads: this.#threads, kernel: this.#kernel };
    await startProbe(path, options, 0); // This run warms the page cache.
    for (let round = 0; round < this.#rounds; round++) this.#starts.push(await startProbe(path, options, 0));
    const context = Math.min(PEAK_CONTEXT, this.#config.contextLength / 2);
    this.#peak = { memoryMB: (await startProbe(path, options, context)).peakMemoryMB, context };
    await this.#ceiling();
  }

  report(shape: string): Report {
    const readGBs = median(this.#ceilings.map((ceiling) => ceiling.readGBs));
    const macGMACs = median(this.#ceilings.map((ceiling) => ceiling.macGMACs));
    const macs = bodyMacs(this.#config);
    const phases = mapValues(this.#decodes, (results) => perToken(results));
    const short = phases["0"];
    const long = Object.entries(this.#prefills).findLast(([length]) => Number(length) <= 512);
    if (short === undefined || long === undefined) throw new Error("nothing was measured");
    const decode = mapValues(this.#decodes, (results) => rate(results, "decodedTokens", "decodeMs"));
    const prefillShares = mapValues(this.#prefills, (results) => ({
      prefill: significant(medianOf(results, (r) => macShare(macs * r.prefilledTokens, r.prefillMs, r.macGMACs))),
      matmul: significant(
        medianOf(results, (r) => macShare(macs * r.prefilledTokens, r.prefillPhases.bodyMs, r.macGMACs)),
      ),
    }));
    const single = median(this.#batches["1"] ?? []);
    const shares = prefillShares[long[0]] ?? { prefill: 0, matmul: 0 };
    return {
      shape,
      isa: this.#kernel,
      threads: this.#threads,
      readCeilingGBs: significant(readGBs),
      macPeakGMACs: significant(macGMACs),
      ...(this.#tilePeaks.length > 0 && { tilePeakGMACs: significant(median(this.#tilePeaks)) }),
      prefill: mapValues(this.#prefills, (results) => significant(rate(results, "prefilledTokens", "prefillMs"))),
      batchCost: mapValues(this.#batches, (times) => significant(median(times) / single)),
      decode: mapValues(decode, (value) => significant(value)),
      bodyShareOfReadCeiling: significant(readShare(this.#bodyBytes, short.bodyMs, readGBs)),
      decodeShareOfRoofline: significant(
        readShare(this.#bodyBytes + short.headBytes, 1000 / (decode["0"] ?? 0), readGBs),
      ),
      prefillShareOfPeak: shares.prefill,
      matmulShareOfPeak: shares.matmul,
      prefillShares,
      headMs: significant(short.headMs),
      headF16Ms: significant(perToken(this.#f16).headMs),
      phases: mapValues(phases, (times) => mapPhases(times, (value) => significant(value))),
      loadMs: significant(medianOf(this.#starts, (start) => start.loadMs)),
      firstTokenMs: significant(medianOf(this.#starts, (start) => start.firstTokenMs)),
      peakMemoryMB: significant(this.#peak.memoryMB),
      peakContext: this.#peak.context,
      bodyMB: significant(this.#bodyBytes / 1e6),
      headReadMB: significant(short.headBytes / 1e6),
      bodyMacs: macs,
    };
  }
}

function add<T>(samples: Record<string, T[]>, key: string | number, sample: T): void {
  const list = samples[key] ?? [];
  list.push(sample);
  samples[key] = list;
}

function medianOf<T>(values: readonly T[], of: (value: T) => number): number {
  return median(values.map(of));
}

function rate(
  results: readonly GenerateResult[],
  tokens: "prefilledTokens" | "decodedTokens",
  ms: "prefillMs" | "decodeMs",
): number {
  return medianOf(results, (result) => (1000 * result[tokens]) / result[ms]);
}

/** Median time of one decoded token over the runs. */
function perToken(results: readonly GenerateResult[]): PhaseTimes {
  const of = (name: keyof PhaseTimes) => medianOf(results, (r) => r.decodePhases[name] / r.decodedTokens);
  return {
    bodyMs: of("bodyMs"),
    attentionMs: of("attentionMs"),
    headMs: of("headMs"),
    otherMs: of("otherMs"),
    headBytes: of("headBytes"),
  };
}

function mapPhases(times: PhaseTimes, change: (value: number) => number): PhaseTimes {
  const { bodyMs, attentionMs, headMs, otherMs, headBytes } = times;
  return {
    bodyMs: change(bodyMs),
    attentionMs: change(attentionMs),
    headMs: change(headMs),
    otherMs: change(otherMs),
    headBytes: change(headBytes),
  };
}
