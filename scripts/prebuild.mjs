/**
 * `npm run prebuild`: builds the addon for all systems as archives for prebuild-install in prebuilds/, with their
 * checksums. `npm run prebuild -- --target linux-x64,win32-arm64` makes only those, see lib/targets.mjs.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildAddon } from "./build-addon.mjs";
import { tarGz } from "./lib/archive.mjs";
import { writeChecksums } from "./lib/checksums.mjs";
import { root, ScriptError, step, whenStarted } from "./lib/process.mjs";
import { DEFAULT_TARGETS, TARGETS } from "./lib/targets.mjs";

const FOLDER = path.join(root, "prebuilds");

/** The targets named in a comma-separated list. @param {string} list @returns {string[]} */
export function parseTargets(list) {
  const names = list.split(",");
  const unknown = names.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) {
    throw new ScriptError(`There is no target "${unknown}": ${Object.keys(TARGETS).join(", ")}.`);
  }
  return names;
}

/**
 * Builds what is not up to date.
 *
 * @param {string} target
 * @returns {string} Path of the addon.
 */
export function prebuildAddon(target) {
  step(`building the engine for ${target}`);
  if (!buildAddon({ target, quiet: true })) throw new ScriptError(`There is no addon for ${target}, see above.`);
  return path.join(root, "build", target, "sterna.node");
}

/** prebuild-install and VS Code have different names for Linux with musl. @param {string} target */
const systemOf = (target) => target.replace(/^alpine-/, "linuxmusl-");

/** @param {string} target @returns {string} Path of the archive. */
export function prebuild(target) {
  const addon = readFileSync(prebuildAddon(target));
  const { name, version, binary } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  mkdirSync(FOLDER, { recursive: true });
  const archive = path.join(FOLDER, `${name}-v${version}-napi-v${binary.napi_versions[0]}-${systemOf(target)}.tar.gz`);
  writeFileSync(archive, tarGz("build/Release/sterna.node", addon));
  return archive;
}

whenStarted(import.meta.url, () => {
  const { values } = parseArgs({ options: { target: { type: "string", default: DEFAULT_TARGETS.join() } } });
  for (const target of parseTargets(values.target)) {
    const archive = prebuild(target);
    console.log(`${path.relative(root, archive)}: ${(readFileSync(archive).length / 1e6).toFixed(2)} MB`);
  }
  writeChecksums(FOLDER, ".tar.gz");
});
