/**
 * `npm run soak -- --hours 3` (or `--minutes 5`): fast typing and some chat against one engine. Its memory, handles and
 * threads over time are written to artifacts/soak.csv, and the last lines say whether they stayed flat (see
 * test/soak/soak.ts). Linux only.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { root, run, ScriptError, step, whenStarted } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

whenStarted(import.meta.url, async () => {
  const [name, value] = process.argv.slice(2);
  const minutes = Number(value ?? 5) * (name === "--hours" ? 60 : 1);
  if (process.argv.length > 4 || ![undefined, "--hours", "--minutes"].includes(name) || !(minutes > 0)) {
    throw new ScriptError("usage: npm run soak -- [--hours N | --minutes N]");
  }
  if (process.platform !== "linux") throw new ScriptError("What a process takes is read from Linux's /proc.");
  await setup();
  step("building");
  await run(process.execPath, ["esbuild.mjs", "tests", "engine"], { quiet: true });
  const csv = path.join(root, "artifacts/soak.csv");
  mkdirSync(path.dirname(csv), { recursive: true });
  step(`working for ${minutes} min`);
  await run(process.execPath, [
    "--enable-source-maps",
    path.join(root, "dist/test/soak/soak.mjs"),
    String(minutes),
    csv,
  ]);
});
