/** `npm run bench:commits`: replays commits of public repositories. `-- --help` lists the options. */
import path from "node:path";
import { build } from "esbuild";
import { execute, root, run, whenStarted } from "../../scripts/lib/process.mjs";

whenStarted(import.meta.url, async () => {
  await run(process.execPath, [path.join(root, "esbuild.mjs"), "cli"], { quiet: true });
  const outfile = path.join(root, "dist/bench-commits.mjs");
  const entryPoints = [path.join(root, "bench/commits/main.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  const { code } = await execute(process.execPath, [outfile, ...process.argv.slice(2)]);
  return code ?? 1;
});
