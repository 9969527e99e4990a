/**
 * Runs the tests of the built-in model's training: training/parts_check.py and training/pipeline_check.py, in a Python
 * environment in training/.venv. It is created once, because PyTorch is large.
 */
import path from "node:path";
import { execute, root } from "./process.mjs";
import { pythonEnvironment } from "./python.mjs";

/** @typedef {import("./suites.mjs").Result} Result */

const FOLDER = path.join(root, "training");
const CHECKS = [
  { title: "training: its parts", script: "parts_check.py" },
  { title: "training: from packages to a model file", script: "pipeline_check.py" },
];
/** PyTorch has several hundred megabytes, and several thousand with support for GPUs. */
const INSTALL_MS = 900_000;
const CHECK_MS = 480_000;

/** @param {{grep?: string}} options @returns {Promise<Result>} */
export async function runTraining({ grep }) {
  const checks = CHECKS.filter(({ title }) => !grep || title.includes(grep));
  /** @type {Result} */
  const result = { passed: 0, failures: [], skipped: [] };
  if (checks.length === 0) return result;
  const { python, reason } = await pythonEnvironment({
    folder: path.join(FOLDER, ".venv"),
    requirements: path.join(FOLDER, "requirements.txt"),
    announcement: "installing PyTorch for the test of the training",
    timeoutMs: INSTALL_MS,
  });
  for (const { title, script } of checks) {
    if (python === undefined) {
      result.skipped.push(`${title}: ${reason}`);
      continue;
    }
    const { code, output } = await execute(python, [path.join(FOLDER, script)], { quiet: true, timeoutMs: CHECK_MS });
    if (code === 0) result.passed += 1;
    else result.failures.push({ title, message: output.slice(-6000) });
  }
  return result;
}
