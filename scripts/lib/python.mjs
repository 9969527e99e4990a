/** Creates separate Python environments for tests, and recreates them when the list of their packages has changed. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execute, root, run, step, which } from "./process.mjs";

/**
 * @typedef {object} Wanted
 * @property {string} folder
 * @property {string} requirements File that lists the packages.
 * @property {string} announcement Printed before anything is fetched.
 * @property {number} timeoutMs For fetching, and for compiling packages where that is necessary.
 */

/**
 * Creates an environment unless it exists.
 *
 * @param {Wanted} wanted
 * @returns {Promise<{python: string, reason?: undefined} | {python?: undefined, reason: string}>} Path of its Python,
 * or why there is none.
 */
export async function pythonEnvironment({ folder, requirements, announcement, timeoutMs }) {
  const own = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = path.join(folder, "installed");
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(own) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return { python: own };
  const python = process.platform === "win32" ? "python" : "python3";
  if (!which(python)) return { reason: "it needs Python 3.11 or later" };
  const version = await execute(python, ["-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"], {
    quiet: true,
  });
  if (version.code !== 0) return { reason: "it needs Python 3.11 or later, with venv" };
  step(announcement);
  mkdirSync(path.dirname(folder), { recursive: true });
  await run(python, ["-m", "venv", folder], { quiet: true });
  const pip = ["-m", "pip", "--disable-pip-version-check"];
  const install = await execute(own, [...pip, "install", "--quiet", "-r", requirements], { quiet: true, timeoutMs });
  if (install.code !== 0) {
    // The test may be skipped only on a machine without a package registry; any other reason is a fault of this
    // project.
    const probe = await execute(own, [...pip, "download", "--quiet", "--no-deps", "--dest", folder, "pip"], {
      quiet: true,
      timeoutMs: 120_000,
    });
    if (probe.code !== 0) return { reason: "no registry of Python packages can be reached" };
    const list = path.relative(root, requirements);
    throw new Error(`the packages of ${list} cannot be installed:\n${install.output.slice(-3000)}`);
  }
  writeFileSync(stamp, hash);
  return { python: own };
}
