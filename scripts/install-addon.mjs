// What `npm install` does for the engine: it takes a prebuilt addon if there is one for this platform, else it builds
// the addon. Without a compiler it says in one line what is missing; everything else is installed all the same.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./build-addon.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Why the addon cannot be used, or "". It is loaded in a child process, which a broken binary may crash. */
function loadProblem() {
  const addon = join(root, "build", "Release", "sterna.node");
  if (!existsSync(addon)) return "build/Release/sterna.node is missing";
  const check = `const addon = require(${JSON.stringify(addon)}); if (!addon.selfTest().some((test) => test.ok)) throw new Error("no kernel passes its self-test");`;
  const run = spawnSync(process.execPath, ["-e", check], { encoding: "utf8" });
  if (run.status === 0) return "";
  return /^\w*Error: (.*)$/m.exec(run.stderr)?.[1] ?? `it ends with ${run.signal ?? `exit code ${run.status}`}`;
}

/** Whether there may be a prebuilt addon: in this folder, where the environment says, or at a release host. */
function mayBePrebuilt() {
  const env = Object.keys(process.env).some((key) => /^npm_config_sterna_(local_prebuilds|binary_host)/.test(key));
  return env || existsSync(join(root, "prebuilds")) || Boolean(manifest.binary?.host || manifest.repository);
}

function installPrebuilt() {
  if (!mayBePrebuilt()) return false;
  const tool = createRequire(import.meta.url).resolve("prebuild-install/bin.js");
  const run = spawnSync(process.execPath, [tool, "--runtime", "napi"], { cwd: root, stdio: "ignore" });
  return run.status === 0 && loadProblem() === "";
}

if (installPrebuilt()) {
  console.log("Sterna's engine: prebuilt addon installed");
} else if (buildAddon({ quiet: true })) {
  const problem = loadProblem();
  if (problem === "") console.log("Sterna's engine: addon built");
  else console.error(`Sterna's engine was built but cannot be used here: ${problem}`);
}
