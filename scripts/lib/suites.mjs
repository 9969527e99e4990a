/**
 * The test suites. Each runs in processes of its own and leaves a report of what passed, failed and was skipped. A
 * suite without a report has crashed.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { faults } from "../faults.mjs";
import { fuzz, line } from "../fuzz.mjs";
import { packageExtension } from "../package.mjs";
import { parseTargets } from "../prebuild.mjs";
import { findDesktop } from "./desktop.mjs";
import { CPUS, findCompiler, findEmulator, isArm } from "./emulated.mjs";
import { runInDesktop, runInServer } from "./host-tests.mjs";
import { LEFTOVERS } from "./leftovers.mjs";
import { execute, root, run, temporaryFolder } from "./process.mjs";
import { pythonEnvironment } from "./python.mjs";
import { sanitizerEnvironment } from "./sanitizer.mjs";
import { withSecondRun } from "./secondRun.mjs";
import { DEFAULT_TARGETS } from "./targets.mjs";
import { runTraining } from "./training.mjs";
import { installServer } from "./vscode-server.mjs";

/**
 * @typedef {import("./secondRun.mjs").Result} Result
 * @typedef {"clang" | "sanitize"} Variant another build of the engine, see build-addon.mjs
 * @typedef {{grep?: string, variant?: Variant}} Options
 */

const ARTIFACTS = path.join(root, "artifacts");
const PATIENCE = path.join(root, "scripts/lib/patience.mjs");
const LEFTOVERS_HOOK = path.join(root, "scripts/lib/leftovers.mjs");

/** @type {Record<string, (options: Options) => Promise<Result>>} */
export const SUITES = {
  unit: (options) => runMochaTwice("unit", options, 1_200_000),
  native: async (options) => sum([await runCpp(options), ...(await runCppEmulated(options)), await runNative(options)]),
  training: runTraining,
  host: runHost,
  ui: runUi,
  server: runServerTests,
  packages: runPackages,
  fuzz: runFuzz,
  faults: runFaults,
};

/** Runs every kind of fault once or twice. @returns {Promise<Result>} */
async function runFaults() {
  await faults({ count: "30", seed: "1" });
  return { passed: 1, failures: [], skipped: [] };
}

/** Runs a server from PyPI, which is compiled once into .cache/. @param {Options} options @returns {Promise<Result>} */
async function runServerTests(options) {
  const { python, reason } = await pythonEnvironment({
    folder: path.join(root, ".cache/llama-cpp-python"),
    requirements: path.join(root, "test/server/requirements.txt"),
    announcement: "compiling the server to be asked (once, some ten minutes)",
    timeoutMs: 2_400_000,
  });
  if (python === undefined) return { passed: 0, failures: [], skipped: [`a real server: ${reason}`] };
  return await runMocha("server", options, 300_000, { STERNA_LLAMA_PYTHON: python });
}

/** Runs every target for a minute, or for STERNA_FUZZ_MINUTES. @returns {Promise<Result>} */
async function runFuzz() {
  const minutes = Number(process.env.STERNA_FUZZ_MINUTES ?? 1);
  const result = { passed: 0, failures: /** @type {Result["failures"]} */ ([]), skipped: [] };
  for (const outcome of await fuzz({ minutes })) {
    console.log(`  ${line(outcome)}`);
    if (outcome.problem === undefined) result.passed++;
    else result.failures.push({ title: `fuzzing ${outcome.target}`, message: outcome.problem });
  }
  return result;
}

/**
 * Tests the packages for other systems, or those in STERNA_TARGETS. @param {Options} options @returns {Promise<Result>}
 */
async function runPackages(options) {
  /** @type {Record<string, string>} */
  const packages = {};
  for (const target of parseTargets(process.env.STERNA_TARGETS ?? DEFAULT_TARGETS.join())) {
    packages[target] = await packageExtension({ target });
  }
  return await runMocha("packages", options, 3_600_000, { STERNA_PACKAGES: JSON.stringify(packages) });
}

/** The browser tests install the same package as users. @param {Options} options @returns {Promise<Result>} */
async function runUi(options) {
  await installServer();
  return await runMochaTwice("ui", options, 1_800_000, { STERNA_VSIX: await packageExtension() });
}

/** @param {Options} options @returns {Promise<Result>} */
async function runNative(options) {
  const { variant } = options;
  if (!variant) return await runMochaTwice("native", options, 3_000_000);
  if (variant === "clang") {
    return await runMocha("native", options, 1_800_000, { STERNA_ADDON: path.join(root, "build/clang/sterna.node") });
  }
  return await runMocha("native", options, 3_000_000, await sanitizerEnvironment(variant), ["--require", PATIENCE]);
}

/**
 * Files in which a test fails are run a second time, see secondRun.mjs.
 *
 * @param {string} suite
 * @param {Options} options
 * @param {number} timeoutMs
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Result>}
 */
async function runMochaTwice(suite, options, timeoutMs, env = {}) {
  const first = await runMocha(suite, options, timeoutMs, env);
  return await withSecondRun(first, (files) => runMocha(suite, options, timeoutMs, env, [], files));
}

/**
 * @param {string} suite
 * @param {Options} options
 * @param {number} timeoutMs
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string[]} [more] arguments of mocha
 * @param {string[]} [files] paths; all of the suite's by default
 * @returns {Promise<Result>}
 */
async function runMocha(suite, { grep }, timeoutMs, env = {}, more = [], files = testFilesOf(suite)) {
  const report = reportFile(suite);
  const mocha = path.join(root, "node_modules/mocha/bin/mocha.js");
  const reporter = ["--reporter", "json", "--reporter-option", `output=${report}`];
  const args = ["--timeout", "20000", ...reporter, "--require", LEFTOVERS_HOOK, ...more];
  if (grep) args.push("--grep", grep);
  // A flag for Node among mocha's own would make mocha start another process, which survives when mocha is killed.
  const child = ["--enable-source-maps", mocha, ...args, ...files];
  const { code, output } = await execute(process.execPath, child, {
    env: { ...testEnvironment(), ...env },
    quiet: true,
    timeoutMs,
  });
  const leftovers = output.split("\n").find((line) => line.startsWith(LEFTOVERS));
  if (leftovers !== undefined) console.log(`  ${leftovers}`);
  return readReport(report, code, output);
}

/** The paths of a suite's bundled test files. @param {string} suite */
function testFilesOf(suite) {
  const folder = path.join(root, "dist/test", suite);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.mjs"));
  return files.map((file) => path.join(folder, file)).sort();
}

/** The engine's golden files are next to the repository, when they are available. */
function testEnvironment() {
  const golden = path.resolve(root, "../shared/golden");
  return { ...process.env, ...(!process.env.STERNA_GOLDEN && existsSync(golden) && { STERNA_GOLDEN: golden }) };
}

/** @param {Options} options @returns {Promise<Result>} */
async function runCpp({ grep, variant }) {
  const name = process.platform === "win32" ? "Release/sterna_test.exe" : "sterna_test";
  return await runCppProgram("C++ tests", [
    path.join(root, "build", variant ?? "cmake", name),
    ...(grep ? [grep] : []),
  ]);
}

/** Runs the C++ tests once more, see emulated.mjs. @param {Options} options @returns {Promise<Result[]>} */
async function runCppEmulated({ grep, variant }) {
  if (isArm || variant) return [];
  const results = [];
  for (const { cpu, architecture, kernels, only } of CPUS) {
    const title = `C++ tests on an emulated ${cpu}`;
    const emulator = findEmulator(architecture);
    const isCross = architecture === "aarch64";
    if (!emulator || (isCross && !findCompiler())) {
      const needs = `${isCross ? "aarch64-linux-gnu-g++ and " : ""}qemu-${architecture}`;
      results.push({ passed: 0, failures: [], skipped: [`${title}: they need ${needs}, see scripts/setup.mjs`] });
      continue;
    }
    if (isCross) await run(process.execPath, ["scripts/build-addon.mjs", "--aarch64", "--quiet"], { quiet: true });
    const program = path.join(root, "build", isCross ? architecture : "cmake", "sterna_test");
    const command = [emulator, "-cpu", cpu, program, grep ?? only ?? ""];
    results.push(await runCppProgram(title, command, { STERNA_EXPECTED_KERNELS: kernels }));
  }
  return results;
}

/**
 * @param {string} title
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Result>}
 */
async function runCppProgram(title, [program = "", ...args], env = {}) {
  const options = { quiet: true, timeoutMs: 900_000, env: { ...process.env, ...env } };
  const { code, output, error } = await execute(program, args, options);
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (passed === undefined || failed === undefined || (code !== 0 && failed === "0")) {
    return crashed(error?.message ?? `the ${title} ended with ${code}:\n${output.slice(-3000)}`);
  }
  const failures = Array.from({ length: Number(failed) }, () => ({ title, message: "" }));
  if (failures[0]) failures[0].message = output.slice(-6000);
  return { passed: Number(passed), failures, skipped: [] };
}

/** @param {Options} options @returns {Promise<Result>} */
async function runHost(options) {
  const first = await runHostOnce(options, []);
  return await withSecondRun(first, (files) => runHostOnce(options, files));
}

/** @param {Options} options @param {string[]} files paths; all for an empty list @returns {Promise<Result>} */
async function runHostOnce({ grep }, files) {
  const work = temporaryFolder("host");
  const report = reportFile("host");
  const workspace = path.join(work, "sample");
  cpSync(path.join(root, "test/fixtures/sample"), workspace, { recursive: true });
  const run = {
    workspace,
    dataFolder: path.join(work, "data"),
    tests: path.join(root, "dist/test/host/index.cjs"),
    log: path.join(ARTIFACTS, "host.log"),
    env: {
      STERNA_TEST_REPORT: report,
      ...(grep && { STERNA_TEST_GREP: grep }),
      ...(files.length > 0 && { STERNA_TEST_FILES: JSON.stringify(files) }),
    },
    timeoutMs: 1_200_000,
  };
  const desktop = findDesktop();
  const code = desktop ? await runInDesktop(desktop, run) : await runInServer(run);
  return readReport(report, code, `see ${path.relative(root, run.log)}`);
}

/** The path of a suite's report. An old report is removed. @param {string} suite */
function reportFile(suite) {
  mkdirSync(ARTIFACTS, { recursive: true });
  const file = path.join(ARTIFACTS, `${suite}.json`);
  rmSync(file, { force: true });
  return file;
}

/** @param {string} file mocha's JSON report @param {number | null} code @param {string} output @returns {Result} */
function readReport(file, code, output) {
  if (!existsSync(file)) return crashed(`it ended with ${code} and left no report:\n${output.slice(-4000)}`);
  const { passes, failures, pending } = JSON.parse(readFileSync(file, "utf8"));
  /** @type {Record<string, number>} */
  const passedIn = {};
  for (const { file } of passes) passedIn[file] = (passedIn[file] ?? 0) + 1;
  const result = {
    passed: passes.length,
    passedIn,
    failures: failures.map((/** @type {any} */ test) => ({
      title: test.fullTitle,
      message: test.err.stack ?? test.err.message ?? "",
      file: test.file,
    })),
    skipped: pending.map((/** @type {any} */ test) => test.fullTitle),
  };
  const crash =
    code !== 0 && result.failures.length === 0 ? `it ended with ${code}:\n${output.slice(-4000)}` : undefined;
  return { ...result, ...(crash !== undefined && { crash }) };
}

/** @param {string} crash @returns {Result} */
function crashed(crash) {
  return { passed: 0, failures: [], skipped: [], crash };
}

/** @param {Result[]} parts @returns {Result} */
function sum(parts) {
  const crash = parts.flatMap((part) => part.crash ?? []).join("\n");
  return {
    passed: parts.reduce((total, part) => total + part.passed, 0),
    failures: parts.flatMap((part) => part.failures),
    skipped: parts.flatMap((part) => part.skipped),
    unsteady: parts.flatMap((part) => part.unsteady ?? []),
    ...(crash && { crash }),
  };
}
