import { MOST_THREADS, readMachine } from "../machine/machine.ts";
import { GREEDY, type NativeModel, Priority } from "../native.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { commandsText, measureCommands } from "./bench/commandTimes.ts";
import { measureIncremental } from "./bench/incremental.ts";
import { incrementalText } from "./bench/incrementalReport.ts";
import { indexText, measureIndex, type TypedKeys } from "./bench/indexing.ts";
import { type MeasureOptions, measure } from "./bench/measure.ts";
import { median } from "./bench/median.ts";
import { runProbe } from "./bench/probe.ts";
import { reportText } from "./bench/report.ts";
import { shapeOf } from "./bench/shape.ts";
import { type Command, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";

const OPTIONS = {
  ...LOAD_OPTIONS,
  prefill: { type: "string" },
  decode: { type: "string" },
  runs: { type: "string" },
  shape: { type: "string" },
  quick: { type: "boolean" },
  incremental: { type: "boolean" },
  commands: { type: "boolean" },
  json: { type: "boolean" },
  probe: { type: "string" },
  index: { type: "string" },
  megabytes: { type: "string" },
  limit: { type: "string" },
  keys: { type: "string" },
} as const;
type Values = ReturnType<typeof parse<typeof OPTIONS>>["values"];

export const bench: Command = {
  usage:
    "bench [MODEL] [--prefill N] [--decode N] [--runs N] [--threads N,N] | bench --shape SHAPE [--threads N] [--json]",
  summary: "Measure tokens per second of prefill and decode, or everything against the ceilings of the machine.",
  details: `Measures prefill and decode, as JSON. Every figure is the median of several runs on a fresh cache, after one run to
warm up.

  --prefill N     tokens of the prompt (default 512, at most the context less --decode)
  --decode N      tokens decoded after it (default 64)
  --runs N        runs per thread count (default 5)
  --threads N,N   thread counts (default 1 and the number of processors)
  --head KIND     int8 (default) or f16
  --kv KIND       keys and values as f16 (default) or int8
  --kernel NAME   kernel set; default the fastest that passes its self-test

With --shape, measures a synthetic model of that shape, which is written once and kept: prefill, batches, decode,
output head, loading, memory, and the read ceiling and multiply-add peak of the same minutes.

  --shape SHAPE   2b4t, bonsai-1.7b, bonsai-4b, bonsai-8b, bitcpm-8b, or HIDDENxLAYERSxHEADSxKVxFFN
  --threads N     threads (default the number of processors)
  --kernel NAME   as above
  --quick         fewer runs, and none with prompts or contexts beyond 1024 tokens
  --incremental   instead: what new tokens cost behind a cached prompt, how fast a request is cancelled, what keystrokes
                  wait while a chat runs, and what drafts win
  --commands      instead: how long the editor's commands take to the first token, one after the other on one file
  --json          one JSON object instead of a table

With --index, measures the index of a folder's source text: building, memory, changed files, look-ups.

  --index FOLDER  the files in it and below that would be indexed
  --megabytes N   of their text, at most (default 64)
  --limit N       megabytes of memory that the index may take (default 512)
  --keys N        also types so many keys with MODEL: without the index, while it is built, and when it is built

  --probe N       what --shape starts to measure a fresh process: loads MODEL and generates behind N tokens`,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, ["[MODEL]"]);
    const [path] = positionals;
    if (values.probe !== undefined) {
      const context = number("probe", values.probe, 0, 1 << 20);
      return runProbe(path ?? builtinModel(packageRoot()), loadOptions(values, "int8"), context);
    }
    if (values.index !== undefined) {
      const megabytes = number("megabytes", values.megabytes ?? "64", 1, 1 << 20);
      const limit = number("limit", values.limit ?? "512", 1, 1 << 20);
      const keys = number("keys", values.keys ?? "0", 0, 1_000_000);
      const folder = values.index;
      const print = async (typed?: TypedKeys) => {
        const report = await measureIndex(folder, megabytes, limit, typed);
        if (values.json) printJson(report);
        else process.stdout.write(indexText(report));
      };
      if (keys === 0) return await print();
      const model = path ?? builtinModel(packageRoot());
      return await withModel(model, loadOptions(values, "int8"), (native) => print({ native, keys }));
    }
    if (values.shape === undefined) return plain(path ?? builtinModel(packageRoot()), values);
    if (path !== undefined) throw new UsageError(`--shape makes its own model; "${path}" is one too many`);
    if (values.incremental) {
      const report = await measureIncremental(measureOptions(values));
      if (values.json) printJson(report);
      else process.stdout.write(incrementalText(report));
      return;
    }
    if (values.commands) {
      const report = await measureCommands(measureOptions(values));
      if (values.json) printJson(report);
      else process.stdout.write(commandsText(report));
      return;
    }
    const report = await measure(measureOptions(values));
    if (values.json) printJson(report);
    else process.stdout.write(reportText(report));
  },
};

/** @throws UsageError */
export function measureOptions(values: Values): MeasureOptions {
  for (const name of ["prefill", "decode", "runs", "head"] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} does not go with --shape`);
  }
  const { shape = "", threads, kernel } = values;
  shapeOf(shape);
  return {
    shape,
    threads: threads === undefined ? processors() : number("threads", threads, 1, 64),
    quick: values.quick ?? false,
    ...(kernel !== undefined && { kernel }),
  };
}

async function plain(path: string, values: Values): Promise<void> {
  for (const name of ["quick", "json", "incremental", "commands"] as const) {
    if (values[name]) throw new UsageError(`--${name} goes with --shape only`);
  }
  const prefill = number("prefill", values.prefill ?? "512", 1, 1 << 20);
  const decode = number("decode", values.decode ?? "64", 1, 1 << 20);
  const runs = number("runs", values.runs ?? "5", 1, 1000);
  const { threads, ...rest } = values;
  const results = [];
  for (const count of threadCounts(threads)) {
    const options = { ...loadOptions(rest, "int8"), threads: count };
    results.push(await withModel(path, options, (model) => measurePlain(model, prefill, decode, runs)));
  }
  printJson({ model: path, runs, results });
}

function processors(): number {
  return Math.min(MOST_THREADS, Math.max(1, Math.floor(readMachine().processors)));
}

function threadCounts(text: string | undefined): number[] {
  if (text === undefined) return [...new Set([1, processors()])];
  const counts = text.split(",").map((part) => number("threads", part, 1, 64));
  if (counts.length === 0) throw new UsageError("--threads is empty");
  return counts;
}

async function measurePlain(model: NativeModel, prefill: number, decode: number, runs: number) {
  const { contextLength, vocabSize } = model.config;
  const promptTokens = Math.min(prefill, contextLength - decode);
  if (promptTokens < 1) throw new UsageError(`--decode ${decode} leaves no room in a context of ${contextLength}`);
  // The arithmetic does not depend on the tokens; a fixed stride makes every run use the same ones.
  const tokens = Uint32Array.from({ length: promptTokens }, (_, i) => (i * 7919) % vocabSize);
  const prefillRates: number[] = [];
  const decodeRates: number[] = [];
  for (let run = -1; run < runs; run++) {
    model.clearCache();
    const request = { tokens, maxTokens: decode, sampling: GREEDY, stop: [], stopTokens: new Uint32Array() };
    const result = await model.generate({ ...request, drafts: false, priority: Priority.chat }).done;
    if (run < 0) continue;
    prefillRates.push((1000 * result.prefilledTokens) / result.prefillMs);
    if (result.decodedTokens > 0) decodeRates.push((1000 * result.decodedTokens) / result.decodeMs);
  }
  return {
    threads: model.threads,
    kernel: model.kernel,
    promptTokens,
    prefillTokensPerSecond: rounded(prefillRates),
    decodeTokens: decode,
    decodeTokensPerSecond: rounded(decodeRates),
    memory: model.memory,
  };
}

/** Rounded to 0.01; null when nothing was measured. */
function rounded(rates: readonly number[]): number | null {
  return rates.length === 0 ? null : Math.round(100 * median(rates)) / 100;
}
