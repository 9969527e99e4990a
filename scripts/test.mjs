/**
 * `npm test`: runs everything except the packages for other systems, the server from PyPI, fuzzing and faults, which
 * take many minutes more.
 * `npm test -- --only unit,host` runs some suites, `--grep TEXT` some tests, and `--build clang` or `--build sanitize`
 * runs the suite "native" with another build of the engine. The last line counts over all suites.
 */

import { run, ScriptError, step, whenStarted } from "./lib/process.mjs";
import { PACKAGE_TOOLS, setup, TEST_TOOLS } from "./setup.mjs";

const DEFAULT = ["lint", "unit", "native", "training", "host", "ui"];
const NAMES = [...DEFAULT, "server", "packages", "fuzz", "faults"];

/** @typedef {import("./lib/suites.mjs").Variant} Variant */
/** @type {Variant[]} */
const VARIANTS = ["clang", "sanitize"];

whenStarted(import.meta.url, async () => {
  const { only, grep, variant } = options(process.argv.slice(2));
  const isNative = only.join() !== "packages";
  const tools = [...(isNative ? TEST_TOOLS : []), ...(only.includes("packages") ? PACKAGE_TOOLS : [])];
  await setup({ tools, addon: isNative });
  // These modules need the packages that the setup has installed.
  const { lint } = await import("./lint.mjs");
  const { SUITES } = await import("./lib/suites.mjs");
  let isClean = true;
  if (only.includes("lint")) {
    step("lint");
    isClean = await lint();
  }
  await build(only, variant);
  const total = { passed: 0, failed: 0, skipped: 0 };
  let isComplete = true;
  for (const [name, suite] of Object.entries(SUITES).filter(([name]) => only.includes(name))) {
    const started = Date.now();
    const {
      passed,
      failures,
      skipped,
      crash,
      unsteady = [],
    } = await suite({
      ...(grep && { grep }),
      ...(variant && { variant }),
    }).catch((error) => ({
      passed: 0,
      failures: [],
      skipped: [],
      crash: error instanceof ScriptError ? error.message : String(error?.stack ?? error),
    }));
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    for (const { title, message } of failures) console.log(`\n  FAILED ${title}\n${indent(message)}`);
    for (const { title, message } of unsteady) {
      console.log(`\n  unsteady: ${title}: it passed when its file ran again\n${indent(message)}`);
    }
    for (const title of skipped) console.log(`  skipped: ${title}`);
    const isEmpty = passed + failures.length + skipped.length === 0 && crash === undefined && grep === undefined;
    if (crash !== undefined) console.log(`\n  The suite ${name} broke: ${indent(crash).trimStart()}`);
    if (isEmpty) console.log(`\n  The suite ${name} ran no test.`);
    if (crash !== undefined || isEmpty) isComplete = false;
    console.log(`${name.padEnd(8)} ${counts(passed, failures.length, skipped.length)} (${seconds} s)`);
    total.passed += passed;
    total.failed += failures.length;
    total.skipped += skipped.length;
  }
  if (!isClean) console.log("lint has complaints, see above");
  if (!isComplete) console.log("not every suite came to its end, see above");
  console.log(counts(total.passed, total.failed, total.skipped));
  return isClean && isComplete && total.failed === 0 ? 0 : 1;
});

/** @param {string[]} only @param {Variant | undefined} variant */
async function build(only, variant) {
  step("building");
  const bundle = only.some((name) => name !== "lint" && name !== "training") ? ["tests", "cli"] : [];
  if (only.some((name) => !["lint", "unit", "training"].includes(name))) bundle.push("engine");
  if (only.some((name) => name === "host" || name === "ui")) bundle.push("extension", "webview");
  if (bundle.length > 0) await run(process.execPath, ["esbuild.mjs", ...bundle], { quiet: true });
  if (only.includes("native")) {
    await run(process.execPath, ["scripts/build-addon.mjs", `--${variant ?? "tests"}`, "--quiet"], { quiet: true });
  }
}

/** @param {string[]} args */
function options(args) {
  /** @type {{only: string[], grep: string | undefined, variant: Variant | undefined}} */
  const found = { only: DEFAULT, grep: undefined, variant: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i], args[i + 1]];
    const variant = VARIANTS.find((known) => known === value);
    if (value !== undefined && name === "--grep") found.grep = value;
    else if (value !== undefined && name === "--only") found.only = value.split(",");
    else if (variant && name === "--build") found.variant = variant;
    else throw new ScriptError(`usage: npm test -- [--only ${NAMES}] [--grep TEXT] [--build ${VARIANTS.join("|")}]`);
  }
  if (found.variant && found.only.join() !== "native") {
    throw new ScriptError(`--build ${found.variant} is for the suite native: add --only native.`);
  }
  const unknown = found.only.find((name) => !NAMES.includes(name));
  if (unknown) throw new ScriptError(`There is no suite "${unknown}": ${NAMES.join(", ")}.`);
  return found;
}

/** @param {number} passed @param {number} failed @param {number} skipped */
function counts(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param {string} text */
function indent(text) {
  return text.replaceAll(/^/gm, "    ");
}
