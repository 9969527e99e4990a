/**
 * A suite whose tests have ended but which something keeps alive (a child process, a socket, a timer) is ended after a
 * while, and what kept it alive is named. Otherwise it would wait for the suite's limit, which is half an hour.
 */

/** Milliseconds that the tests' own cleaning up may take. */
const GRACE_MS = 60_000;
/** How the line begins by which runMocha tells the reader. */
export const LEFTOVERS = "The tests have ended, but these keep their process alive:";

export const mochaHooks = {
  afterAll() {
    setTimeout(() => {
      console.log(`${LEFTOVERS} ${describeHandles()}`);
      // Mocha sets the exit code when the process exits.
      process.exit();
    }, GRACE_MS).unref();
  },
};

/** Children by their command, and all else that keeps Node's event loop alive by its kind. */
function describeHandles() {
  const internals = /** @type {{_getActiveHandles?: () => any[]}} */ (/** @type {unknown} */ (process));
  const children = (internals._getActiveHandles?.() ?? [])
    .filter((handle) => Array.isArray(handle.spawnargs))
    .map((handle) => `process ${handle.pid} (${handle.spawnargs.join(" ")})`);
  return [...children, ...process.getActiveResourcesInfo()].join(", ");
}
