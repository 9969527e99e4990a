/**
 * Trains the gate: `node training/gate/run.mjs FILES --out engine/completion/gate/weights.ts [--check FILE,FILE]`. The
 * files are written by `sterna replay --git REPOSITORY --candidates FILE`.
 */
import path from "node:path";
import { build } from "esbuild";
import { execute, root, whenStarted } from "../../scripts/lib/process.mjs";

whenStarted(import.meta.url, async () => {
  const outfile = path.join(root, "dist/train-gate.mjs");
  const entryPoints = [path.join(root, "training/gate/train.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  const { code } = await execute(process.execPath, [outfile, ...process.argv.slice(2)]);
  return code ?? 1;
});
