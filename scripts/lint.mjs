/**
 * `npm run lint`: format and rules (Biome), types (tsc), C++ format (clang-format), the walls between rooms, and our own
 * rules for lengths, braces, names and spelling. `--fix` lets the formatters write.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { missingBraces } from "./lib/braces.mjs";
import { tooLong } from "./lib/lengths.mjs";
import { privateWords, sameNames } from "./lib/names.mjs";
import { execute, root, whenStarted, which } from "./lib/process.mjs";
import { otherSpellings, withoutPragmaOnce } from "./lib/spelling.mjs";
import { violations } from "./lib/walls.mjs";

/** @returns {Promise<boolean>} Whether nothing was found; what was found has been printed. */
export async function lint({ fix = false } = {}) {
  const node =
    (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
    () =>
      tool(process.execPath, [path.join(root, "node_modules", script), ...args]);
  const checks = {
    biome: node("@biomejs/biome/bin/biome", "check", "--error-on-warnings", ...(fix ? ["--write"] : [])),
    tsc: node("typescript/bin/tsc", "-p", "."),
    "tsc (webview)": node("typescript/bin/tsc", "-p", "webview"),
    "tsc (test/ui)": node("typescript/bin/tsc", "-p", "test/ui"),
    "clang-format": () => clangFormat(fix),
    walls: async () => walls(),
    lengths: async () => findings(tooLong),
    braces: async () => findings(missingBraces),
    "private members": async () => findings(privateWords),
    spelling: async () => findings(otherSpellings),
    headers: async () => findings(withoutPragmaOnce),
    "names of files": async () => sameNames(codeFiles()).join("\n") || undefined,
  };
  let clean = true;
  for (const [name, check] of Object.entries(checks)) {
    const problem = await check();
    if (problem === undefined) continue;
    clean = false;
    console.error(`${name}:\n${problem.trimEnd()}\n`);
  }
  return clean;
}

/** @param {string} command @param {string[]} args @returns {Promise<string | undefined>} What it complains about. */
async function tool(command, args) {
  const { code, output, error } = await execute(command, args, { quiet: true });
  if (error) return `${command} could not be started: ${error.message}`;
  return code === 0 ? undefined : output || `exit code ${code}`;
}

/** @param {boolean} fix */
async function clangFormat(fix) {
  if (!which("clang-format")) return "clang-format was not found: install it.";
  const files = sources("native", /\.(cc|h)$/);
  return await tool("clang-format", [...(fix ? ["-i"] : ["--dry-run", "-Werror"]), ...files]);
}

function walls() {
  const files = ["extension", "engine", "webview", "bench", "test", "native/src"].flatMap((folder) =>
    sources(folder, /./),
  );
  const found = files.flatMap((file) => violations(file, readFileSync(path.join(root, file), "utf8")));
  return found.length > 0 ? found.join("\n") : undefined;
}

const CODE_FOLDERS = ["extension", "engine", "webview", "bench", "test", "native", "scripts", "training"];
/** Folders with files that are not written by hand, or not tracked. */
const FOREIGN = /(^|\/)(node_modules|\.venv|\.data|\.runs|__pycache__|corpus)\//;

/** @param {(file: string, text: string) => string[]} rule @returns {string | undefined} What it finds in our code. */
function findings(rule) {
  const found = codeFiles().flatMap((file) => rule(file, readFileSync(path.join(root, file), "utf8")));
  return found.length > 0 ? found.join("\n") : undefined;
}

/** @returns {string[]} Paths relative to the root, with slashes, sorted. */
function codeFiles() {
  const isCode = /\.(ts|mjs|cc|h|py|css)$/;
  return CODE_FOLDERS.flatMap((folder) => filesBelow(folder))
    .filter((file) => isCode.test(file) && !FOREIGN.test(file))
    .sort();
}

/** @param {string} folder @returns {string[]} Paths relative to the root, with slashes. */
function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
}

/** @param {string} folder @param {RegExp} pattern @returns {string[]} Paths relative to the root, with slashes. */
function sources(folder, pattern) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .filter((file) => /\.(ts|cc|h|inc)$/.test(file))
    .sort();
}

whenStarted(import.meta.url, async () => ((await lint({ fix: process.argv.includes("--fix") })) ? 0 : 1));
