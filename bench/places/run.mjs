/**
 * `npm run bench:places`: what is shown where somebody who types public files pauses. `-- --help` says what can be asked for.
 */
import path from "node:path";
import { build } from "esbuild";
import { execute, root, run, whenStarted } from "../../scripts/lib/process.mjs";

whenStarted(import.meta.url, async () => {
  await run(process.execPath, [path.join(root, "esbuild.mjs"), "cli"], { quiet: true });
  const outfile = path.join(root, "dist/bench-places.mjs");
  const entryPoints = [path.join(root, "bench/places/main.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  const { code } = await execute(process.execPath, [outfile, ...process.argv.slice(2)]);
  return code ?? 1;
});
