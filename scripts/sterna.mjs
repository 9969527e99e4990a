/**
 * `npm run -s sterna -- ARGS`: bundles the command from the sources, then runs it with ARGS. Relative paths in ARGS
 * refer to the folder that npm was called in.
 */
import path from "node:path";
import { execute, root, run, whenStarted } from "./lib/process.mjs";

whenStarted(import.meta.url, async () => {
  await run(process.execPath, [path.join(root, "esbuild.mjs"), "cli"], { quiet: true });
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const { code } = await execute(process.execPath, [path.join(root, "dist/sterna.mjs"), ...process.argv.slice(2)], {
    cwd,
  });
  return code ?? 1;
});
