/**
 * `npm run package`: makes the extension's VSIX files in dist/, one for each of the systems in lib/targets.mjs, each
 * with the addon that is shipped (see prebuild.mjs), and their checksums. `-- --target win32-x64,darwin-arm64` makes
 * only those, `universal` makes one for all systems that have an addon under build/, and `native` makes one for this
 * machine with its own compiler.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { writeChecksums } from "./lib/checksums.mjs";
import { root, run, ScriptError, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { DEFAULT_TARGETS, TARGETS } from "./lib/targets.mjs";
import { parseTargets, prebuildAddon } from "./prebuild.mjs";

/** Files that the extension cannot run without. */
const NEEDED = ["models/sterna-builtin.gguf", "README.md", "LICENSE"];
/** The addon for this machine; those for other systems are in folders beside it. */
const OWN_ADDON = "build/Release/sterna.node";
/** Modification time of every file in the package (1 January 2026), so that equal files give an equal package. */
const FILE_TIME = "1767225600";

/** @param {string} target */
const addonOf = (target) => `build/${target}/sterna.node`;

/**
 * Bundles and packages.
 *
 * @param {{target?: string}} [options] A name from lib/targets.mjs, or "universal"; default: this machine.
 * @returns {Promise<string>} Path of the VSIX.
 */
export async function packageExtension({ target } = {}) {
  const addons = addonsFor(target);
  for (const file of [...NEEDED, ...addons]) {
    if (!existsSync(path.join(root, file))) {
      throw new ScriptError(`The extension cannot be packaged: ${file} is missing.`);
    }
  }
  step(`packaging the extension${target ? ` (${target})` : ""}`);
  await run(process.execPath, ["esbuild.mjs", "--production"], { quiet: true });
  const { name, version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const platform = target ?? `${process.platform}-${process.arch}`;
  // The name differs from those of the shipped packages, so that a build for this machine does not overwrite one.
  const vsix = path.join(root, "dist", `${name}-${version}-${target ?? "native"}.vsix`);
  mkdirSync(path.dirname(vsix), { recursive: true });
  const flags = [
    "--no-dependencies",
    "--allow-missing-repository",
    // The pictures are part of the package.
    "--no-rewrite-relative-links",
    "--skip-license",
    ...(platform === "universal" ? [] : ["--target", platform]),
    "--ignoreFile",
    ignoreFile(addons),
    "--out",
    vsix,
  ];
  await run(process.execPath, ["node_modules/@vscode/vsce/vsce", "package", ...flags], {
    quiet: true,
    // Times in a zip are local times, so the time zone is fixed.
    env: { ...process.env, SOURCE_DATE_EPOCH: FILE_TIME, TZ: "UTC" },
  });
  return vsix;
}

/** @param {string | undefined} target @returns {string[]} */
function addonsFor(target) {
  if (!target) return [OWN_ADDON];
  if (target !== "universal") {
    prebuildAddon(target);
    return [addonOf(target)];
  }
  const built = Object.keys(TARGETS).filter((name) => existsSync(path.join(root, addonOf(name))));
  if (built.length === 0) throw new ScriptError("There is no addon to package yet: npm run prebuild");
  for (const name of built) prebuildAddon(name);
  return built.map(addonOf);
}

/** The content of a .vscodeignore that includes only these addons. @param {string[]} addons */
function ignoreFile(addons) {
  const file = path.join(temporaryFolder("package"), "ignore");
  const text = readFileSync(path.join(root, ".vscodeignore"), "utf8");
  writeFileSync(file, text + addons.map((addon) => `!${addon}\n`).join(""));
  return file;
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { target: { type: "string", default: DEFAULT_TARGETS.join() } } });
  const { target } = values;
  const targets = target === "native" ? [undefined] : target === "universal" ? [target] : parseTargets(target);
  for (const each of targets) {
    const vsix = await packageExtension({ ...(each && { target: each }) });
    console.log(`${path.relative(root, vsix)}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
  }
  writeChecksums(path.join(root, "dist"), ".vsix");
});
