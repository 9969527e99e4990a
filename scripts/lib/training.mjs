/**
 * The test of the way to the built-in model: training/pipeline_check.py, in a Python environment made for it in
 * training/.venv. That is made once: PyTorch is large.
 */
import path from "node:path";
import { execute, root } from "./process.mjs";
import { pythonEnvironment } from "./python.mjs";

/** @typedef {import("./suites.mjs").Result} Result */

const FOLDER = path.join(root, "training");
const TITLE = "training: from packages to a model file";
/** PyTorch comes with several hundred megabytes, and for GPUs with some thousand. */
const INSTALL_MS = 900_000;
const CHECK_MS = 480_000;

/** @param {{grep?: string}} options @returns {Promise<Result>} */
export async function runTraining({ grep }) {
  if (grep && !TITLE.includes(grep)) return { passed: 0, failures: [], skipped: [] };
  const { python, reason } = await pythonEnvironment({
    folder: path.join(FOLDER, ".venv"),
    requirements: path.join(FOLDER, "requirements.txt"),
    announcement: "installing PyTorch for the test of the training",
    timeoutMs: INSTALL_MS,
  });
  if (python === undefined) return { passed: 0, failures: [], skipped: [`${TITLE}: ${reason}`] };
  const { code, output } = await execute(python, [path.join(FOLDER, "pipeline_check.py")], {
    quiet: true,
    timeoutMs: CHECK_MS,
  });
  if (code === 0) return { passed: 1, failures: [], skipped: [] };
  return { passed: 0, failures: [{ title: TITLE, message: output.slice(-6000) }], skipped: [] };
}
