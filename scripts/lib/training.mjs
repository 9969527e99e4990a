/**
 * The test of the way to the built-in model: training/pipeline_check.py, in a Python environment made for it in
 * training/.venv. That is made once: PyTorch is large.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execute, root, run, step, which } from "./process.mjs";

/** @typedef {import("./suites.mjs").Result} Result */

const FOLDER = path.join(root, "training");
const VENV = path.join(FOLDER, ".venv");
const PYTHON = path.join(VENV, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const TITLE = "training: from packages to a model file";
/** PyTorch comes with several hundred megabytes, and for GPUs with some thousand. */
const INSTALL_MS = 900_000;
const CHECK_MS = 480_000;

/** @param {{grep?: string}} options @returns {Promise<Result>} */
export async function runTraining({ grep }) {
  if (grep && !TITLE.includes(grep)) return { passed: 0, failures: [], skipped: [] };
  const reason = await prepare();
  if (reason !== undefined) return { passed: 0, failures: [], skipped: [`${TITLE}: ${reason}`] };
  const { code, output } = await execute(PYTHON, [path.join(FOLDER, "pipeline_check.py")], {
    quiet: true,
    timeoutMs: CHECK_MS,
  });
  if (code === 0) return { passed: 1, failures: [], skipped: [] };
  return { passed: 0, failures: [{ title: TITLE, message: output.slice(-6000) }], skipped: [] };
}

/** Makes the environment if it is not there; returns why that cannot be done here. */
async function prepare() {
  const requirements = path.join(FOLDER, "requirements.txt");
  const stamp = path.join(VENV, "installed");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(PYTHON) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  const python = process.platform === "win32" ? "python" : "python3";
  if (!which(python)) return "it needs Python 3.11 or later";
  const version = await execute(python, ["-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"], {
    quiet: true,
  });
  if (version.code !== 0) return "it needs Python 3.11 or later, with venv";
  step("installing PyTorch for the test of the training");
  await run(python, ["-m", "venv", VENV], { quiet: true });
  const pip = [PYTHON, "-m", "pip", "--disable-pip-version-check"];
  const install = await execute(pip[0] ?? "", [...pip.slice(1), "install", "--quiet", "-r", requirements], {
    quiet: true,
    timeoutMs: INSTALL_MS,
  });
  if (install.code !== 0) {
    // Only a machine without a package registry may go without the test: any other reason is a fault of ours.
    const probe = await execute(PYTHON, [...pip.slice(1), "download", "--quiet", "--no-deps", "--dest", VENV, "pip"], {
      quiet: true,
      timeoutMs: 120_000,
    });
    if (probe.code !== 0) return "no registry of Python packages can be reached";
    throw new Error(`the packages of training/requirements.txt cannot be installed:\n${install.output.slice(-3000)}`);
  }
  writeFileSync(stamp, wanted);
  return undefined;
}
