/**
 * `npm run fuzz`: coverage-guided fuzzing of everything in the engine that reads foreign data, with address and
 * undefined-behaviour sanitizers, and random calls of the addon. `--target X` runs only some targets, `--minutes N`
 * runs each for so long (default 1). What libFuzzer learns is kept in build/fuzz/corpus; inputs that failed are in
 * artifacts/fuzz.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { execute, root, run, ScriptError, step, whenStarted } from "./lib/process.mjs";
import { sanitizerEnvironment } from "./lib/sanitizer.mjs";

const NATIVE = ["pack", "tokenizer", "detokenizer", "sampler"];
export const TARGETS = [...NATIVE, "addon"];
const BUILD = path.join(root, "build/fuzz");
const FOUND = path.join(root, "artifacts/fuzz");

/**
 * @typedef {{target: string, executions: number, perSecond: number, coverage: string, findings: string[],
 *   corpus: string, problem?: string}} Outcome
 */

/**
 * Builds the targets and runs them, as many at a time as there are processors.
 *
 * @param {{targets?: string[], minutes?: number}} [options] minutes for each target
 * @returns {Promise<Outcome[]>}
 */
export async function fuzz({ targets = TARGETS, minutes = 1 } = {}) {
  step("building the fuzz targets");
  const builds = [...(targets.some((name) => name !== "addon") ? ["--fuzz"] : [])];
  if (targets.includes("addon")) {
    builds.push("--sanitize");
    await run(process.execPath, ["esbuild.mjs", "tests"], { quiet: true });
  }
  for (const build of builds) {
    await run(process.execPath, ["scripts/build-addon.mjs", build, "--quiet"], { quiet: true });
  }
  mkdirSync(FOUND, { recursive: true });
  const waiting = [...targets];
  /** @type {Outcome[]} */
  const outcomes = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      step(`fuzzing ${name} for ${minutes} min`);
      outcomes.push(await (name === "addon" ? fuzzAddon(minutes) : fuzzNative(name, minutes)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), targets.length) }, worker));
  return outcomes.sort((a, b) => TARGETS.indexOf(a.target) - TARGETS.indexOf(b.target));
}

/** @param {string} target @param {number} minutes @returns {Promise<Outcome>} */
async function fuzzNative(target, minutes) {
  const learnt = path.join(BUILD, "corpus", target);
  mkdirSync(learnt, { recursive: true });
  const prefix = path.join(FOUND, `${target}-`);
  const before = new Set(readdirSync(FOUND));
  const limits = ["-timeout=10", "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-max_len=4096"];
  const time = `-max_total_time=${Math.max(1, Math.round(minutes * 60))}`;
  const args = [time, ...limits, `-artifact_prefix=${prefix}`, "-print_final_stats=1", "-print_funcs=0", learnt];
  const { code, output } = await execute(
    path.join(BUILD, `fuzz_${target}`),
    [...args, path.join(root, "native/fuzz/corpus", target)],
    // The pack target writes a file for every input.
    { quiet: true, env: { ...process.env, ...(existsSync("/dev/shm") && { TMPDIR: "/dev/shm" }) } },
  );
  const last = output.match(/^#\d+\s.*\bcov: .*$/gm)?.at(-1) ?? "";
  const field = (/** @type {RegExp} */ pattern) => pattern.exec(last)?.[1] ?? "?";
  const stat = (/** @type {string} */ name) => Number(new RegExp(`stat::${name}:\\s*(\\d+)`).exec(output)?.[1] ?? 0);
  const findings = readdirSync(FOUND).filter((file) => file.startsWith(`${target}-`) && !before.has(file));
  return {
    target,
    executions: stat("number_of_executed_units"),
    perSecond: stat("average_exec_per_sec"),
    coverage: `${field(/cov: (\d+)/)} edges, ${field(/ft: (\d+)/)} features`,
    findings: findings.map((file) => path.join("artifacts/fuzz", file)),
    corpus: field(/corp: (\S+)/),
    ...(code !== 0 && { problem: essence(output) }),
  };
}

/**
 * Random calls need no learning. Each distinct answer or message counts as a feature.
 *
 * @param {number} minutes @returns {Promise<Outcome>}
 */
async function fuzzAddon(minutes) {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const script = path.join(root, "dist/test/fuzz/addon.mjs");
  const started = Date.now();
  // Random calls also use deprecated parts of Node, whose warnings are not findings.
  const flags = ["--expose-gc", "--no-deprecation"];
  const { code, output } = await execute(process.execPath, [...flags, script, String(seed), `${minutes}min`], {
    quiet: true,
    env: { ...process.env, ...(await sanitizerEnvironment("sanitize")) },
  });
  const [, calls = "0", kinds = "?"] = /(\d+) calls, (\d+) kinds of answer\s*$/.exec(output) ?? [];
  return {
    target: "addon",
    executions: Number(calls),
    perSecond: Math.round(Number(calls) / ((Date.now() - started) / 1000)),
    coverage: `${kinds} kinds of answer`,
    findings: code === 0 ? [] : [`seed ${seed}`],
    corpus: "-",
    ...(code !== 0 && { problem: essence(output) }),
  };
}

/** The line that describes a finding. @param {string} output */
function essence(output) {
  const at = output.search(/BROKEN PROMISE|ERROR: |runtime error|FINDING/);
  return output.slice(at < 0 ? -3000 : at).slice(0, 3000);
}

/** @param {Outcome} outcome */
export function line({ target, executions, perSecond, coverage, findings, corpus }) {
  const found = findings.length === 0 ? "no finding" : `FOUND: ${findings.join(", ")}`;
  return `${target.padEnd(12)} ${executions} executions, ${perSecond}/s, ${coverage}, corpus ${corpus}, ${found}`;
}

whenStarted(import.meta.url, async () => {
  const { targets, minutes } = options(process.argv.slice(2));
  const outcomes = await fuzz({ targets, minutes });
  for (const { problem } of outcomes) if (problem !== undefined) console.log(`\n${problem}\n`);
  for (const outcome of outcomes) console.log(line(outcome));
  console.log(`${outcomes.reduce((sum, { executions }) => sum + executions, 0)} executions in all`);
  return outcomes.some(({ problem }) => problem !== undefined) ? 1 : 0;
});

/** @param {string[]} args */
function options(args) {
  let targets = TARGETS;
  let minutes = 1;
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1] ?? "";
    if (args[i] === "--target" && value !== "") targets = value.split(",");
    else if (args[i] === "--minutes" && Number(value) > 0) minutes = Number(value);
    else throw new ScriptError(`usage: npm run fuzz -- [--target ${TARGETS}] [--minutes N]`);
  }
  const unknown = targets.find((name) => !TARGETS.includes(name));
  if (unknown !== undefined) throw new ScriptError(`There is no target "${unknown}": ${TARGETS.join(", ")}.`);
  return { targets, minutes };
}
