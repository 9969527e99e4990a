/**
 * `node scripts/setup.mjs`: makes a fresh clone ready to build. Each step first checks whether there is anything to do,
 * so a second run takes a moment and prints nothing.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { findChromium } from "./lib/chromium.mjs";
import { findCompiler, findEmulator, isArm } from "./lib/emulated.mjs";
import { execute, modified, root, run, ScriptError, step, whenStarted, which } from "./lib/process.mjs";

const MINIMUM_NODE = [20, 19];

/**
 * Programs that npm does not install: how to find out whether one exists, its Debian package, and what to do elsewhere.
 */
const TOOLS = {
  compiler: { there: () => Boolean(process.env.CXX || which("c++") || which("g++") || which("clang++")), apt: "g++" },
  make: { there: () => Boolean(which("make") || which("ninja")), apt: "make" },
  cmake: { there: () => Boolean(which("cmake")), apt: "cmake" },
  "clang-format": { there: () => Boolean(which("clang-format")), apt: "clang-format" },
  // With it the tests can run the AVX-512 kernels on machines without these instructions.
  simde: { there: () => existsSync("/usr/include/simde/x86/avx512.h"), apt: "libsimde-dev", optional: true },
  // With these the tests can run for ARM and for simpler CPUs.
  armCompiler: { there: () => isArm || findCompiler() !== undefined, apt: "g++-aarch64-linux-gnu", optional: true },
  emulator: { there: () => isArm || findEmulator("aarch64") !== undefined, apt: "qemu-user", optional: true },
  // To run the addon for Alpine.
  musl: { there: () => isArm || existsSync("/lib/ld-musl-x86_64.so.1"), apt: "musl", optional: true },
  // To run the addon for Windows.
  wine: { there: () => isArm || which("wine") !== undefined, apt: "wine", optional: true },
  chromium: { there: () => findChromium() !== undefined, apt: "chromium" },
};

/** @typedef {keyof typeof TOOLS} Tool */

/** @type {Tool[]} */
const BUILD_TOOLS = ["compiler", "make", "cmake"];

/** @type {Tool[]} */
export const TEST_TOOLS = ["clang-format", "simde", "armCompiler", "emulator", "chromium"];

/** @type {Tool[]} */
export const PACKAGE_TOOLS = ["armCompiler", "emulator", "musl", "wine"];

/**
 * @param {{tools?: Tool[], addon?: boolean}} [options] Programs needed in addition to those of the build. Unless the
 * addon
 *   for this machine is built, no compiler is needed, because the packages' compiler is fetched.
 */
export async function setup({ tools = [], addon = true } = {}) {
  checkNode();
  // On Windows CMake finds the compiler by itself.
  const needless = [...(addon ? [] : ["compiler"]), ...(process.platform === "win32" ? ["compiler", "make"] : [])];
  await installTools([...BUILD_TOOLS.filter((tool) => !needless.includes(tool)), ...tools]);
  await installPackages();
  if (addon) await buildAddon();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = MINIMUM_NODE;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new ScriptError(`Node ${process.versions.node} is too old: install Node ${MINIMUM_NODE.join(".")} or newer.`);
  }
}

/** @param {Tool[]} wanted */
async function installTools(wanted) {
  const missing = wanted.filter((name) => !TOOLS[name].there());
  if (missing.length === 0) return;
  const prefix = await aptPrefix();
  // The optional packages are requested separately, because one that the system lacks makes the whole request fail.
  const isOptional = (/** @type {Tool} */ name) => "optional" in TOOLS[name];
  for (const names of [missing.filter((name) => !isOptional(name)), missing.filter(isOptional)]) {
    if (!prefix || names.length === 0) continue;
    const packages = names.map((name) => TOOLS[name].apt);
    step(`installing ${packages.join(", ")} with apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...packages];
    const attempt = () => execute(install[0] ?? "", install.slice(1), { env, quiet: true });
    // The package lists of a fresh machine are empty or out of date.
    if ((await attempt()).code !== 0) {
      await execute([...prefix, "apt-get"][0] ?? "", [...prefix, "apt-get", "update"].slice(1), { env, quiet: true });
      await attempt();
    }
  }
  const still = missing.filter((name) => !TOOLS[name].there() && !isOptional(name));
  if (still.length > 0) throw new ScriptError(`Please install: ${still.join(", ")}. ${advice(still)}`);
}

/** The command prefix with which `apt-get` runs as root without a password; undefined when that is not possible. */
async function aptPrefix() {
  if (!which("apt-get")) return undefined;
  if (process.getuid?.() === 0) return [];
  const sudo = which("sudo");
  if (sudo && (await execute(sudo, ["-n", "true"], { quiet: true })).code === 0) return [sudo, "-n"];
  return undefined;
}

/** @param {Tool[]} missing */
function advice(missing) {
  if (process.platform === "darwin") {
    return "On macOS: xcode-select --install; brew install cmake clang-format chromium.";
  }
  if (process.platform === "win32") return "Visual Studio Build Tools with C++ and CMake, LLVM, and Chrome or Edge.";
  const packages = missing.map((name) => TOOLS[name].apt);
  return `On Debian or Ubuntu: apt-get install ${packages.join(" ")}.`;
}

async function installPackages() {
  // npm writes this file at the end of every installation.
  const installed = modified(path.join(root, "node_modules/.package-lock.json"));
  if (installed >= modified(path.join(root, "package-lock.json")) && installed > 0) return;
  step("installing npm packages");
  await run("npm", ["ci", "--no-fund", "--no-audit"], { quiet: true });
}

/** `npm ci` has built the addon unless a tool was missing; CMake knows what has changed since. */
async function buildAddon() {
  const addon = path.join(root, "build/Release/sterna.node");
  const before = modified(addon);
  if (before === 0) step("building the native engine");
  // A prebuilt addon leaves no CMake folder, and needs no compiler.
  if (before > 0 && !existsSync(path.join(root, "build/cmake"))) return;
  await run(process.execPath, [path.join(root, "scripts/build-addon.mjs"), "--quiet"], { quiet: true });
}

whenStarted(import.meta.url, async () => {
  await setup({ tools: TEST_TOOLS });
});
