/**
 * `npm run package:npm`: makes an npm package with the `sterna` command in dist/, for editors other than VS Code: `npx
 * sterna lsp`. It contains the addon of every system for which one has been built under build/ (see prebuild.mjs), so
 * nothing has to be built when it is installed.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, run, ScriptError, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { TARGETS } from "./lib/targets.mjs";

const FILES = ["dist/sterna.mjs", "dist/engine.cjs", "models/sterna-builtin.gguf", "models/MODEL_CARD.md", "LICENSE"];

/** The part of the manifest that the command needs; the defaults of its settings are VS Code's. */
function manifest() {
  const all = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const { name, version, license, keywords, type, bin, contributes } = all;
  const description = "Private code completion on an ordinary CPU, for every editor that speaks LSP.";
  const { configuration } = contributes;
  const engines = { node: all.engines.node };
  return { name, version, description, license, keywords, type, engines, bin, contributes: { configuration } };
}

/** @returns {Promise<string>} Path of the archive. */
export async function packageForNpm() {
  const addons = Object.keys(TARGETS)
    .map((target) => `build/${target}/sterna.node`)
    .filter((file) => existsSync(path.join(root, file)));
  if (addons.length === 0) throw new ScriptError("There is no addon to package yet: npm run prebuild");
  step(`packaging the command (${addons.length} of ${Object.keys(TARGETS).length} systems)`);
  await run(process.execPath, ["esbuild.mjs", "cli", "engine", "--production"], { quiet: true });
  const folder = path.join(temporaryFolder("npm"), "package");
  for (const file of [...FILES, ...addons]) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(folder, file));
  }
  copyFileSync(path.join(root, "docs/editors.md"), path.join(folder, "README.md"));
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
  const destination = path.join(root, "dist");
  await run("npm", ["pack", folder, "--pack-destination", destination, "--silent"], { quiet: true });
  const { name, version } = manifest();
  return path.join(destination, `${name}-${version}.tgz`);
}

whenStarted(import.meta.url, async () => {
  const archive = await packageForNpm();
  console.log(`${path.relative(root, archive)}: ${(statSync(archive).size / 1e6).toFixed(1)} MB`);
});
