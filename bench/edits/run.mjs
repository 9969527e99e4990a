/** `npm run bench:edits -- REPOSITORY`: how long a look for the next edit takes. */
import path from "node:path";
import { build } from "esbuild";
import { execute, root, whenStarted } from "../../scripts/lib/process.mjs";

whenStarted(import.meta.url, async () => {
  const outfile = path.join(root, "dist/bench-edits.mjs");
  const entryPoints = [path.join(root, "bench/edits/main.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  const { code } = await execute(process.execPath, [outfile, ...process.argv.slice(2)]);
  return code ?? 1;
});
