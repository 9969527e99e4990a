/**
 * The compiler of the prebuilt addons: clang, libc++ and the system libraries to link against, for all systems, in one
 * package from PyPI (100 MB, 380 MB unpacked). It is installed in .cache/ once per version, and never runs on a user's
 * machine.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { root, ScriptError, step } from "./process.mjs";

const REQUIREMENTS = path.join(root, "scripts/lib/zig-requirements.txt");

/** Where Zig keeps the C++ runtimes, which it compiles once per target, in about a minute each. */
export const ZIG_ENVIRONMENT = { ZIG_GLOBAL_CACHE_DIR: path.join(root, ".cache/zig-cache") };

/** The path of Zig, which is fetched if it is missing. @returns {string} */
export function installZig() {
  const version = /^ziglang==(\S+)/m.exec(readFileSync(REQUIREMENTS, "utf8"))?.[1];
  const folder = path.join(root, ".cache", `zig-${version}`);
  const zig = path.join(folder, "ziglang", process.platform === "win32" ? "zig.exe" : "zig");
  if (existsSync(zig)) return zig;
  step(`fetching Zig ${version} from PyPI`);
  const partial = `${folder}.${process.pid}`;
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  const args = ["-m", "pip", "install", ...options, "--target", partial, "--requirement", REQUIREMENTS];
  const problems = [];
  for (const python of ["python3", "python"]) {
    const { status, stderr, error } = spawnSync(python, args, { encoding: "utf8" });
    if (status === 0) {
      // Moved as a whole, so that a half-filled folder is never taken for the compiler.
      renameSync(partial, folder);
      return zig;
    }
    problems.push(`${python}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
  }
  rmSync(partial, { recursive: true, force: true });
  throw new ScriptError(
    `Zig could not be fetched: Python 3 with pip is needed (Debian or Ubuntu: apt-get install python3-pip), and PyPI within reach. ${problems.join("; ")}`,
  );
}
