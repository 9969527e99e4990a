/**
 * Runs the files of failed tests once more, alone. Tests that drive child processes, VS Code and a browser wait for
 * timers and processes of other programs, and among some thousand tests one may fail by chance. A test that fails
 * twice has failed. One that passes the second time is named in the output, with what it failed with, so that its cause
 * can be looked for.
 */

/**
 * @typedef {{title: string, message: string, file?: string}} Failure
 * @typedef {object} Result
 * @property {number} passed
 * @property {Failure[]} failures
 * @property {string[]} skipped
 * @property {string} [crash] why the suite did not come to its end
 * @property {Record<string, number>} [passedIn] how many tests passed in each file
 * @property {Failure[]} [unsteady] what failed in the first run and passed in the second
 */

/** If more files than this have failed tests, that is no chance. */
const MOST_FILES = 4;

/**
 * @param {Result} first
 * @param {(files: string[]) => Promise<Result>} run Runs some files again.
 * @returns {Promise<Result>} The first result, with that of the second run for the files that ran twice.
 */
export async function withSecondRun(first, run) {
  const files = [...new Set(first.failures.map(({ file }) => file ?? ""))];
  if (first.crash !== undefined || files.length === 0 || files.length > MOST_FILES || files.includes("")) return first;
  const second = await run(files);
  const failed = new Set(second.failures.map(({ title }) => title));
  const passedBefore = files.reduce((sum, file) => sum + (first.passedIn?.[file] ?? 0), 0);
  return {
    passed: first.passed - passedBefore + second.passed,
    failures: second.failures,
    skipped: [...new Set([...first.skipped, ...second.skipped])],
    unsteady: first.failures.filter(({ title }) => !failed.has(title)),
    ...(second.crash !== undefined && { crash: second.crash }),
  };
}
