// What `npm install` does for the engine: takes a prebuilt addon when there is one for this platform, else builds it.
// Without a compiler it says in one line what is missing; the installation of everything else stands.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./build-addon.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Loads in a child process, so that a broken binary cannot take this one down. */
function loads() {
  const addon = join(root, "build", "Release", "sterna.node");
  const check = `const a = require(${JSON.stringify(addon)}); if (!a.selfTest().some((t) => t.ok)) process.exit(3)`;
  return existsSync(addon) && spawnSync(process.execPath, ["-e", check], { stdio: "ignore" }).status === 0;
}

/** A prebuilt addon can exist only beside us, where the environment points, or at a release host. */
function mayBePrebuilt() {
  const env = Object.keys(process.env).some((key) => /^npm_config_sterna_(local_prebuilds|binary_host)/.test(key));
  return env || existsSync(join(root, "prebuilds")) || Boolean(manifest.binary?.host || manifest.repository);
}

function installPrebuilt() {
  if (!mayBePrebuilt()) return false;
  const tool = createRequire(import.meta.url).resolve("prebuild-install/bin.js");
  const run = spawnSync(process.execPath, [tool, "--runtime", "napi"], { cwd: root, stdio: "ignore" });
  return run.status === 0 && loads();
}

if (installPrebuilt()) console.log("Sterna's engine: prebuilt addon installed");
else if (buildAddon({ quiet: true }) && loads()) console.log("Sterna's engine: addon built");
