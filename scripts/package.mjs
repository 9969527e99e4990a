/** `npm run package`: the extension as a VSIX for this platform, in dist/. */
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { root, run, ScriptError, step, whenStarted } from "./lib/process.mjs";

/** What the extension cannot run without. */
const NEEDED = ["build/Release/sterna.node", "models/sterna-builtin.gguf", "README.md", "LICENSE"];

/** Bundles and packages; returns the path of the VSIX. */
export async function packageExtension() {
  for (const file of NEEDED) {
    if (!existsSync(path.join(root, file)))
      throw new ScriptError(`The extension cannot be packaged: ${file} is missing.`);
  }
  step("packaging the extension");
  await run(process.execPath, ["esbuild.mjs", "--production"], { quiet: true });
  const { name, version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const target = `${process.platform}-${process.arch}`;
  const vsix = path.join(root, "dist", `${name}-${version}-${target}.vsix`);
  mkdirSync(path.dirname(vsix), { recursive: true });
  const flags = [
    "--no-dependencies",
    "--allow-missing-repository",
    // The pictures travel in the package.
    "--no-rewrite-relative-links",
    "--skip-license",
    "--target",
    target,
    "--out",
    vsix,
  ];
  await run(process.execPath, ["node_modules/@vscode/vsce/vsce", "package", ...flags], { quiet: true });
  return vsix;
}

whenStarted(import.meta.url, async () => {
  const vsix = await packageExtension();
  console.log(`${path.relative(root, vsix)}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
});
