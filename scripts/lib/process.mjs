/** Running other programs from the scripts. Node builtins only: this works before the first `npm ci`. */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. The tests bundle this file into dist/, so the number of folders above it varies. */
export const root = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** @param {string} folder @returns {string} */
function findRoot(folder) {
  return existsSync(path.join(folder, "package.json")) ? folder : findRoot(path.dirname(folder));
}

/** An expected failure: its message is printed as one line, without a stack. */
export class ScriptError extends Error {}

/** Announces a piece of work that takes time. */
export function step(/** @type {string} */ text) {
  console.log(`- ${text}`);
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, timeoutMs?: number}} [options] `quiet` keeps the
 *   output back; the error that a failure throws then carries its end.
 * @returns {Promise<string>} The output when quiet, else "".
 */
export async function run(command, args, options = {}) {
  const { code, signal, output, error } = await execute(command, args, options);
  const name = `${path.basename(command)} ${args.join(" ")}`.slice(0, 120);
  if (error) throw new ScriptError(`${command} could not be started: ${error.message}`);
  if (code !== 0) {
    const how = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
    throw new ScriptError(`${name} ${how}${output ? `\n${excerpt(output)}` : ""}`);
  }
  return output;
}

/** The beginning and the end, because some programs report a problem first and others last. */
function excerpt(/** @type {string} */ output) {
  const text = output.trimEnd();
  return text.length <= 5000 ? text : `${text.slice(0, 2000)}\n[...]\n${text.slice(-3000)}`;
}

/**
 * Like {@link run}, but reports how the program ended instead of throwing.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, timeoutMs?: number}} [options]
 * @returns {Promise<{code: number | null, signal: NodeJS.Signals | null, output: string, error?: Error}>}
 */
export function execute(command, args, { cwd = root, env = process.env, quiet = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    // npm and npx are .cmd files on Windows, which only a shell can start.
    const shell = process.platform === "win32" && !path.isAbsolute(command);
    const child = spawn(command, args, { cwd, env, shell, stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" });
    let output = "";
    let error;
    // SIGTERM lets the child end what it has started itself.
    const forget = atExit(() => child.kill("SIGTERM"));
    const end = () => {
      output += `\nstopped after ${timeoutMs} ms`;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5000).unref();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
    child.stdout?.on("data", (data) => {
      output += data;
    });
    child.stderr?.on("data", (data) => {
      output += data;
    });
    child.on("error", (problem) => {
      error = problem;
      finish(null, null);
    });
    child.on("close", finish);
    function finish(/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) {
      clearTimeout(timer);
      forget();
      resolve({ code, signal, output, ...(error && { error }) });
    }
  });
}

/** Absolute path of a program on PATH, or undefined. */
export function which(/** @type {string} */ name) {
  const extensions = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const extension of extensions) {
      const file = path.join(folder, name + extension);
      if (folder && isExecutable(file)) return file;
    }
  }
  return undefined;
}

/** Whether a file exists and may be executed. */
export function isExecutable(/** @type {string} */ file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Modification time in milliseconds, or 0 for a file that does not exist. */
export function modified(/** @type {string} */ file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** @type {Set<() => void>} */
const cleanups = new Set();

/**
 * Registers work for the end of this process, however it ends short of SIGKILL. It must be synchronous.
 *
 * @param {() => void} cleanup
 * @returns {() => void} Withdraws the registration without running it.
 */
export function atExit(cleanup) {
  if (cleanups.size === 0) listen();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** A new folder among the system's temporary ones. It is removed when this process ends. */
export function temporaryFolder(/** @type {string} */ purpose) {
  const folder = mkdtempSync(path.join(tmpdir(), `sterna-${purpose}-`));
  // A process that has just been killed may still be writing.
  atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

let listening = false;
function listen() {
  if (listening) return;
  listening = true;
  process.on("exit", () => {
    for (const cleanup of [...cleanups].reverse()) cleanup();
    cleanups.clear();
  });
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.on(signal, () => process.exit(code));
  }
}

/**
 * Runs a script's main function when the file is the one that was started.
 *
 * @param {string} url `import.meta.url` of the script.
 * @param {() => Promise<number | void> | number | void} main Returns the exit code; undefined is 0.
 */
export function whenStarted(url, main) {
  if (!process.argv[1] || path.resolve(process.argv[1]) !== fileURLToPath(url)) return;
  Promise.resolve()
    .then(main)
    .then(
      (code) => process.exit(code ?? 0),
      (error) => {
        console.error(error instanceof ScriptError ? error.message : error);
        process.exit(1);
      },
    );
}
