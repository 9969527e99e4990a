/**
 * `npm run bench` and `npm run bench:peers`: bundles the command and the benchmark from the sources, then runs it. `--
 * --help` lists the options.
 */
import path from "node:path";
import { execute, root, run, whenStarted } from "../scripts/lib/process.mjs";

whenStarted(import.meta.url, async () => {
  await run(process.execPath, [path.join(root, "esbuild.mjs"), "cli", "bench"], { quiet: true });
  const { code } = await execute(process.execPath, [path.join(root, "dist/bench.mjs"), ...process.argv.slice(2)]);
  return code ?? 1;
});
