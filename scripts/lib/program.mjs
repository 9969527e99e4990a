/** Programs beside the product, such as benchmarks: bundled from the sources whenever they are started. */
import path from "node:path";
import { build } from "esbuild";
import { execute, root, run } from "./process.mjs";

/** Some libraries are CommonJS inside and require Node's own modules. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);";

/**
 * Bundles a program into dist/ and runs it with the arguments of this process.
 *
 * @param {string} source Its main file, relative to the repository.
 * @param {string} name Of the bundle, without its ending.
 * @param {{usesCommand?: boolean}} [options] `usesCommand` bundles the command `sterna` as well.
 * @returns {Promise<number>} Its exit code.
 */
export async function runProgram(source, name, { usesCommand = false } = {}) {
  if (usesCommand) await run(process.execPath, [path.join(root, "esbuild.mjs"), "cli"], { quiet: true });
  const outfile = path.join(root, "dist", `${name}.mjs`);
  const entryPoints = [path.join(root, source)];
  const options = /** @type {const} */ ({ bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  await build({ entryPoints, outfile, banner: { js: REQUIRE }, ...options });
  const { code } = await execute(process.execPath, [outfile, ...process.argv.slice(2)]);
  return code ?? 1;
}
