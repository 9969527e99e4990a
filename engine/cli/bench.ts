import { availableParallelism } from "node:os";
import { GREEDY, type NativeModel, Priority } from "../native.ts";
import { builtinModel, packageRoot } from "../root.ts";
import { type Command, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./session.ts";

export const bench: Command = {
  usage: "bench [MODEL] [--prefill N] [--decode N] [--runs N] [--threads N,N]",
  summary: "Measure tokens per second of prefill and decode, as JSON.",
  details: `Measures prefill and decode. Every figure is the median of several runs on a fresh cache, after one run to warm up.

  --prefill N     tokens of the prompt (default 512, at most the context less --decode)
  --decode N      tokens decoded after it (default 64)
  --runs N        runs per thread count (default 5)
  --threads N,N   thread counts (default 1 and the number of processors)
  --head KIND     int8 (default) or f16
  --kernel NAME   kernel set; default the fastest that passes its self-test`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      { ...LOAD_OPTIONS, prefill: { type: "string" }, decode: { type: "string" }, runs: { type: "string" } },
      ["[MODEL]"],
    );
    const path = positionals[0] ?? builtinModel(packageRoot());
    const prefill = number("prefill", values.prefill ?? "512", 1, 1 << 20);
    const decode = number("decode", values.decode ?? "64", 1, 1 << 20);
    const runs = number("runs", values.runs ?? "5", 1, 1000);
    const { threads, ...rest } = values;
    const counts = threadCounts(threads);
    const results = [];
    for (const count of counts) {
      const options = { ...loadOptions(rest, "int8"), threads: count };
      results.push(await withModel(path, options, (model) => measure(model, prefill, decode, runs)));
    }
    printJson({ model: path, runs, results });
  },
};

function threadCounts(text: string | undefined): number[] {
  if (text === undefined) return [...new Set([1, Math.min(64, availableParallelism())])];
  const counts = text.split(",").map((part) => number("threads", part, 1, 64));
  if (counts.length === 0) throw new UsageError("--threads is empty");
  return counts;
}

async function measure(model: NativeModel, prefill: number, decode: number, runs: number) {
  const { contextLength, vocabSize } = model.config;
  const promptTokens = Math.min(prefill, contextLength - decode);
  if (promptTokens < 1) throw new UsageError(`--decode ${decode} leaves no room in a context of ${contextLength}`);
  // Any tokens do: the arithmetic does not depend on them. A fixed stride keeps runs alike.
  const tokens = Uint32Array.from({ length: promptTokens }, (_, i) => (i * 7919) % vocabSize);
  const prefillRates: number[] = [];
  const decodeRates: number[] = [];
  for (let run = -1; run < runs; run++) {
    model.clearCache();
    const request = { tokens, maxTokens: decode, sampling: GREEDY, stop: [], stopTokens: new Uint32Array() };
    const result = await model.generate({ ...request, priority: Priority.chat }).done;
    if (run < 0) continue;
    prefillRates.push((1000 * result.prefilledTokens) / result.prefillMs);
    if (result.decodedTokens > 0) decodeRates.push((1000 * result.decodedTokens) / result.decodeMs);
  }
  return {
    threads: model.threads,
    kernel: model.kernel,
    promptTokens,
    prefillTokensPerSecond: median(prefillRates),
    decodeTokens: decode,
    decodeTokensPerSecond: median(decodeRates),
    memory: model.memory,
  };
}

/** Rounded to 0.01; null when nothing was measured. */
function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  if (low === undefined || high === undefined) return null;
  return Math.round(50 * (low + high)) / 100;
}
