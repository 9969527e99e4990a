/**
 * `npm run faults -- --count 1000`: injects faults into a working engine and its surroundings. After each it checks
 * that none of the user's data is lost, that the editor was never held up, and that the engine is back or says why not
 * (see test/faults/faultBench.ts). `--seed N` repeats the faults of an earlier run, `--kind NAME` takes only one kind. Linux
 * only.
 */
import path from "node:path";
import { root, run, ScriptError, step, whenStarted } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

/**
 * Runs the faults and prints their table.
 *
 * @param {{count: string, seed: string, kind?: string}} options
 * @throws ScriptError when a check failed
 */
export async function faults({ count, seed, kind }) {
  if (process.platform !== "linux") {
    throw new ScriptError("The faults are injected by means of Linux (prlimit, /proc).");
  }
  await setup();
  step("building");
  await run(process.execPath, ["esbuild.mjs", "tests", "engine"], { quiet: true });
  const bench = path.join(root, "dist/test/faults/faultBench.mjs");
  await run(process.execPath, ["--enable-source-maps", bench, count, seed, ...(kind ? [kind] : [])]);
}

whenStarted(import.meta.url, () => faults(options(process.argv.slice(2))));

/** @param {string[]} args */
function options(args) {
  const found = { count: "100", seed: String(Date.now() % 1_000_000), kind: "" };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value = ""] = [args[i], args[i + 1]];
    if (name === "--count" && Number(value) > 0) found.count = value;
    else if (name === "--seed" && /^\d+$/.test(value)) found.seed = value;
    else if (name === "--kind" && value !== "") found.kind = value;
    else throw new ScriptError('usage: npm run faults -- [--count N] [--seed N] [--kind "NAME"]');
  }
  return found;
}
