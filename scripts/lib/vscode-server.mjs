/**
 * The VS Code server, for machines without a desktop VS Code. It is the one in the npm package `code-server`, run by
 * the Node version that it needs, which is also from npm. It is no dependency of the project, because it is large and
 * rarely needed.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit, root, run, ScriptError, step } from "./process.mjs";

const MANIFEST = path.join(root, "test/vscode-server");
const HOME = path.join(root, ".cache/vscode-server");
const VSCODE = path.join(HOME, "node_modules/code-server/lib/vscode");

/** Whether the npm packages exist for this machine. */
export function serverSupported() {
  return process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
}

/** Installs the server into .cache/, once per version: about 40 s and 800 MB. */
export async function installServer() {
  if (!serverSupported()) {
    throw new ScriptError(
      "The VS Code server runs on Linux only: install VS Code, or set VSCODE_EXECUTABLE to its path.",
    );
  }
  const lock = readFileSync(path.join(MANIFEST, "package-lock.json"));
  const version = createHash("sha256").update(lock).digest("hex");
  const stamp = path.join(HOME, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === version) return;
  step("installing the VS Code server (once, about 40 s and 800 MB)");
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(path.join(MANIFEST, file), path.join(HOME, file));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["ci", ...flags], { cwd: HOME, quiet: true });
  // The packages of the workbench and of its own extensions; their lock files work with `npm install` only.
  for (const cwd of [VSCODE, path.join(VSCODE, "extensions")]) {
    await run("npm", ["install", "--omit=dev", ...flags], { cwd, quiet: true });
  }
  writeFileSync(stamp, version);
}

/** Settings that keep the workbench quiet: nothing opens, asks, updates or connects to its maker. */
export const QUIET_SETTINGS = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "security.workspace.trust.enabled": false,
  "chat.disableAIFeatures": true,
  "git.openRepositoryInParentFolders": "never",
  // In a browser VS Code saves automatically, unlike on a desktop.
  "files.autoSave": "off",
};

/**
 * @typedef {object} ServerOptions
 * @property {string} dataFolder Holds the server's and the user's data; created when missing.
 * @property {Record<string, unknown>} [settings] User settings, beside {@link QUIET_SETTINGS}.
 * @property {string} [vsix] Extension to install first.
 * @property {boolean} [testDriver] Lets a page run an extension's tests.
 * @property {NodeJS.ProcessEnv} [env] Added to the environment of the server and its extension host.
 *
 * @typedef {{origin: string, port: number, log: string, stop: () => Promise<void>}} Server
 */

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it answers. It ends with this process at the latest.
 *
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 */
export async function startServer({ dataFolder, settings = {}, vsix, testDriver = false, env = {} }) {
  const user = path.join(dataFolder, "data/User");
  mkdirSync(user, { recursive: true });
  const settingsFile = path.join(user, "settings.json");
  if (!existsSync(settingsFile)) {
    writeFileSync(settingsFile, `${JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2)}\n`);
  }
  quietMachine(path.join(dataFolder, "data/Machine"));
  const main = path.join(VSCODE, "out/server-main.js");
  const folders = ["--server-data-dir", dataFolder, "--extensions-dir", path.join(dataFolder, "ext")];
  const common = ["--accept-server-license-terms", "--telemetry-level", "off", ...folders];
  const environment = serverEnvironment(env);
  if (vsix) {
    const install = [main, ...common, "--install-extension", vsix, "--force"];
    await run(serverNode(), install, { env: environment, quiet: true, timeoutMs: 60_000 });
  }
  const log = path.join(dataFolder, "server.log");
  const args = [main, ...common, "--host", "127.0.0.1", "--port", "0", "--without-connection-token"];
  args.push("--disable-workspace-trust", ...(testDriver ? ["--enable-smoke-test-driver"] : []));
  // A process group of its own, so that the extension hosts that the server starts end with it.
  const child = spawn(serverNode(), args, { env: environment, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  const forget = atExit(kill);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const file = createWriteStream(log);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      file.write(data);
      if (output.length < 10_000) output += data;
    });
  }
  const stop = async () => {
    kill();
    forget();
    await ended;
  };
  try {
    const port = await listening(child, () => output);
    return { origin: `http://127.0.0.1:${port}`, port, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Adds the settings that extensions on a server read only from the machine's file.
 *
 * @param {string} folder
 */
function quietMachine(folder) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "settings.json");
  const own = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const quiet = { "workbench.welcomePage.walkthroughs.openOnInstall": false };
  writeFileSync(file, `${JSON.stringify({ ...quiet, ...own }, null, 2)}\n`);
}

/** @param {import("node:child_process").ChildProcess} child @param {() => string} output */
async function listening(child, output) {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const port = Number(/listening on (\d+)/.exec(output())?.[1]);
    if (!port) continue;
    const answer = await fetch(`http://127.0.0.1:${port}/version`).catch(() => undefined);
    if (answer?.ok) return port;
  }
  throw new ScriptError(`The VS Code server did not start:\n${output().slice(-2000)}`);
}

/** The Node that comes with the server, which needs a newer one than the project. */
function serverNode() {
  const name = `node-linux-${process.arch}`;
  return path.join(path.dirname(createRequire(`${HOME}/`).resolve(`${name}/package.json`)), "bin/node");
}

/** @param {NodeJS.ProcessEnv} extra */
function serverEnvironment(extra) {
  const env = { ...process.env, ...extra };
  // Variables set by npm, or by a VS Code around this process, would mislead the server.
  for (const name of Object.keys(env)) if (/^(VSCODE_|npm_|NODE_OPTIONS$|ELECTRON_)/.test(name)) delete env[name];
  return env;
}
