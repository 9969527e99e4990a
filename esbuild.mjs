/**
 * Bundles everything that runs, into dist/:
 *
 *   node esbuild.mjs [PART ...] [--production]
 *
 * Parts: extension, engine, cli, webview, tests; all but tests when none is named. `--production` minifies and leaves the
 * source maps out.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.join(root, "dist");

/** @type {import("esbuild").BuildOptions} */
const node = { platform: "node", target: "node20", format: "cjs" };

/** A shell may run the command; packages in CommonJS that are bundled with it call `require`. */
const CLI_BANNER =
  "#!/usr/bin/env node\nimport { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);";

/** @type {Record<string, (production: boolean) => Promise<void>>} */
const parts = {
  extension: (production) =>
    bundle(production, {
      ...node,
      entryPoints: ["extension/main.ts"],
      outfile: "dist/extension.cjs",
      external: ["vscode"],
    }),
  engine: (production) => bundle(production, { ...node, entryPoints: ["engine/main.ts"], outfile: "dist/engine.cjs" }),
  // The command awaits at its top level, which only an ES module can.
  cli: (production) =>
    bundle(production, {
      ...node,
      format: "esm",
      entryPoints: ["engine/cli.ts"],
      outfile: "dist/sterna.mjs",
      banner: { js: CLI_BANNER },
    }),
  webview: (production) =>
    bundle(production, {
      platform: "browser",
      target: "chrome128",
      format: "iife",
      entryPoints: ["webview/main.ts", "webview/style.css"],
      outdir: "dist/webview",
      outbase: "webview",
    }),
  tests: buildTests,
};

/**
 * Two enums are wanted of these packages. They do not say that their modules have no effects but their exports, so that
 * all of them would be bundled: 300 KB, which take 1.5 MB of memory in every engine.
 * @type {import("esbuild").Plugin}
 */
const withoutEffects = {
  name: "without-effects",
  setup(build) {
    build.onResolve({ filter: /^@huggingface\// }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === "resolved") return undefined;
      return { ...(await build.resolve(path, { ...rest, pluginData: "resolved" })), sideEffects: false };
    });
    build.onResolve({ filter: /^\./ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === "resolved" || !rest.importer.includes("@huggingface")) return undefined;
      return { ...(await build.resolve(path, { ...rest, pluginData: "resolved" })), sideEffects: false };
    });
  },
};

/** @param {boolean} production @param {import("esbuild").BuildOptions} options */
async function bundle(production, options) {
  await build({
    absWorkingDir: root,
    bundle: true,
    logLevel: "warning",
    sourcemap: production ? false : "linked",
    minify: production,
    // Names of classes and functions appear in messages and logs.
    keepNames: production,
    plugins: [withoutEffects],
    ...options,
  });
}

/** One bundle per test file, in the same place under dist/test; those of removed test files go away. */
async function buildTests() {
  const started = Date.now();
  const suites = ["unit", "native", "ui", "server", "packages"].flatMap((suite) => tests(suite));
  const common = { sourcemap: /** @type {const} */ ("linked"), outbase: "test", outdir: "dist/test" };
  await Promise.all([
    bundle(false, {
      ...node,
      ...common,
      format: "esm",
      entryPoints: [
        ...suites,
        "test/native/window.ts",
        "test/fuzz/addon.ts",
        "test/faults/faultBench.ts",
        "test/faults/window.ts",
        "test/soak/soak.ts",
      ],
      packages: "external",
      outExtension: { ".js": ".mjs" },
    }),
    // One file that any Node can run, elsewhere too.
    bundle(false, {
      ...node,
      ...common,
      entryPoints: ["test/packages/proof.ts", "test/packages/share.ts"],
      outExtension: { ".js": ".cjs" },
    }),
    // VS Code loads its test module with require().
    bundle(false, {
      ...node,
      ...common,
      entryPoints: [...tests("host"), "test/host/index.ts", "test/host/scriptedEngine.ts"],
      external: ["vscode", "mocha"],
      outExtension: { ".js": ".cjs" },
    }),
  ]);
  removeOlder(path.join(outdir, "test"), started);
}

/** @param {string} suite @returns {string[]} */
function tests(suite) {
  return walk(path.join(root, "test", suite))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.relative(root, file));
}

/** @param {string} folder @returns {string[]} */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? walk(file) : [file];
  });
}

/** @param {string} folder @param {number} time Milliseconds since the epoch. */
function removeOlder(folder, time) {
  for (const file of walk(folder)) {
    // File systems keep times more coarsely than the clock runs.
    if (statSync(file).mtimeMs < time - 2000) rmSync(file);
  }
}

const args = process.argv.slice(2);
const production = args.includes("--production");
const named = args.filter((arg) => arg !== "--production");
const unknown = named.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  console.error(`esbuild.mjs: there is no part "${unknown}"; the parts are ${Object.keys(parts).join(", ")}.`);
  process.exit(2);
}
const chosen = named.length > 0 ? named : Object.keys(parts).filter((name) => name !== "tests");
try {
  await Promise.all(chosen.map((name) => parts[name]?.(production)));
} catch {
  // esbuild has printed what is wrong.
  process.exit(1);
}
