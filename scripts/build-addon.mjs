// Builds the native addon with CMake into build/Release/sterna.node.
//
//   node scripts/build-addon.mjs            the addon
//   node scripts/build-addon.mjs --tests    the addon and the C++ tests (build/cmake/sterna_test)
//
// These build both the addon and the tests, each into a folder of its own:
//   node scripts/build-addon.mjs --clang    with clang, whatever the system's compiler is (build/clang)
//   node scripts/build-addon.mjs --sanitize with address and undefined-behaviour sanitizers (build/sanitize)
//   node scripts/build-addon.mjs --fuzz     only the fuzz targets, with clang (build/fuzz)
//   node scripts/build-addon.mjs --aarch64  only the tests, for 64-bit ARM Linux, with a cross compiler (build/aarch64)
//
// This builds what is shipped, for any of the systems in lib/targets.mjs, with or without --tests:
//   node scripts/build-addon.mjs --target linux-arm64   with Zig, which is fetched (build/linux-arm64)
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { which } from "./lib/process.mjs";
import { TARGETS } from "./lib/targets.mjs";
import { installZig, ZIG_ENVIRONMENT } from "./lib/zig.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** One line that says which tool is missing and how to get it, or "" when none is. */
export function missingTools({ compiler = true } = {}) {
  const runs = (command) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
  const missing = [];
  if (!runs("cmake")) missing.push("CMake 3.20 or newer");
  const compilers = process.env.CXX
    ? [process.env.CXX]
    : process.platform === "win32"
      ? ["cl", "clang++", "g++"]
      : ["c++", "g++", "clang++"];
  // cl.exe has no --version, and CMake finds Visual Studio by itself.
  if (compiler && process.platform !== "win32" && !compilers.some(runs)) {
    missing.push("a C++20 compiler (g++ 11 or clang 14, or newer)");
  }
  if (missing.length === 0) return "";
  const how = {
    linux: "on Debian or Ubuntu: apt-get install g++ make cmake",
    darwin: "xcode-select --install && brew install cmake",
    win32: "install Visual Studio Build Tools with C++ and CMake",
  };
  return `Sterna's engine cannot be built: ${missing.join(" and ")} not found (${how[process.platform] ?? "install them"}), then run: npm run build:native`;
}

/**
 * CMake refuses a build folder whose cache names another place, for example after the clone was moved or copied. The
 * folder can be rebuilt, so it is deleted.
 *
 * @param {string} folder
 */
export function removeForeignCache(folder) {
  const cache = join(folder, "CMakeCache.txt");
  if (!existsSync(cache)) return;
  const made = /^CMAKE_CACHEFILE_DIR:INTERNAL=(.*)$/m.exec(readFileSync(cache, "utf8"))?.[1];
  const isHere = made !== undefined && existsSync(made) && realpathSync(made) === realpathSync(folder);
  if (!isHere) rmSync(folder, { recursive: true, force: true });
}

function findClang() {
  const names = ["clang++", ...Array.from({ length: 9 }, (_, i) => `clang++-${22 - i}`)];
  return names.map(which).find((found) => found !== undefined);
}

function byClang(...flags) {
  const clang = findClang();
  return clang
    ? [`-DCMAKE_CXX_COMPILER=${clang}`, ...flags]
    : "clang 14 or newer not found (Debian or Ubuntu: apt-get install clang)";
}

/** CMake's options for the other builds; a sentence when one cannot be made here. */
const VARIANTS = {
  clang: () => byClang(),
  fuzz: () => byClang("-DSTERNA_FUZZ=ON", "-DSTERNA_SANITIZE=ON"),
  sanitize: () => ["-DSTERNA_SANITIZE=ON"],
  // Statically linked, so that the emulator needs no libraries of the other system.
  aarch64: () => [
    "-DCMAKE_SYSTEM_NAME=Linux",
    "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
    "-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++",
    "-DCMAKE_EXE_LINKER_FLAGS=-static",
  ],
};

/** @param {string} target */
function crossFlags(target) {
  const { zig, cpu } = TARGETS[target];
  return [
    `-DCMAKE_TOOLCHAIN_FILE=${join(root, "native", "cmake", "zig.cmake")}`,
    `-DZIG=${installZig()}`,
    `-DZIG_TARGET=${zig}`,
    `-DZIG_CPU=${cpu}`,
    // Visual Studio's generator cannot take another compiler.
    ...(process.platform === "win32" ? ["-G", "Ninja"] : []),
  ];
}

/**
 * @param {{tests?: boolean, variant?: keyof typeof VARIANTS, target?: keyof typeof TARGETS, quiet?: boolean}} options
 *   With a target the addon is built in build/TARGET/.
 * @returns {boolean} whether the build succeeded; the reason has been printed otherwise.
 * @throws ScriptError when the cross compiler of a target cannot be fetched.
 */
export function buildAddon({ tests = false, variant, target, quiet = false } = {}) {
  const flags = variant ? VARIANTS[variant]() : [];
  const missing = missingTools({ compiler: !target }) || (typeof flags === "string" ? flags : "");
  if (missing) {
    console.error(missing);
    return false;
  }
  if (target) flags.push(...crossFlags(target));
  const name = target ?? variant;
  const folder = join(root, "build", name ?? "cmake");
  const addonFolder = name ? folder : join(root, "build", "Release");
  removeForeignCache(folder);
  const configure = [
    "-S",
    join(root, "native"),
    "-B",
    folder,
    "-DCMAKE_BUILD_TYPE=Release",
    `-DSTERNA_TESTS=${tests || variant ? "ON" : "OFF"}`,
    `-DSTERNA_ADDON_FOLDER=${addonFolder}`,
    ...flags,
  ];
  const only = variant === "aarch64" ? ["--target", "sterna_test"] : [];
  const build = ["--build", folder, "--config", "Release", "--parallel", String(availableParallelism()), ...only];
  for (const args of [configure, build]) {
    const run = spawnSync("cmake", args, {
      cwd: root,
      env: { ...process.env, ...(target && ZIG_ENVIRONMENT) },
      encoding: "utf8",
      stdio: quiet ? "pipe" : "inherit",
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) {
      if (quiet) console.error(`${run.stdout ?? ""}${run.stderr ?? ""}`.split("\n").slice(-40).join("\n"));
      console.error(`Building the engine failed: cmake ${args.join(" ")}`);
      return false;
    }
  }
  return variant === "aarch64" || variant === "fuzz" || existsSync(join(addonFolder, "sterna.node"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const has = (flag) => process.argv.includes(`--${flag}`);
  const variant = Object.keys(VARIANTS).find(has);
  const target = has("target") ? process.argv[process.argv.indexOf("--target") + 1] : undefined;
  if (target !== undefined && !Object.hasOwn(TARGETS, target)) {
    console.error(`There is no target "${target}": ${Object.keys(TARGETS).join(", ")}.`);
    process.exit(2);
  }
  process.exit(buildAddon({ tests: has("tests"), variant, target, quiet: has("quiet") }) ? 0 : 1);
}
