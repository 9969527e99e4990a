import path from "node:path";
import { root, run } from "./process.mjs";

/**
 * The environment that the instrumented addon needs in Node, which is not instrumented itself: the sanitizer must be
 * loaded first, and must not report memory that Node keeps as leaks.
 *
 * @param {string} variant the build, see build-addon.mjs
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function sanitizerEnvironment(variant) {
  return {
    STERNA_ADDON: path.join(root, "build", variant, "sterna.node"),
    LD_PRELOAD: (await run("c++", ["-print-file-name=libasan.so"], { quiet: true })).trim(),
    ASAN_OPTIONS: "detect_leaks=0",
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
}
