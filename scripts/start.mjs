/**
 * `npm start`: builds what is missing and opens VS Code with Sterna and a sample project. `npm start -- --check`
 * does the same without a window, types into the sample and shows what was suggested. `-- --check --vsix FILE` does that
 * with a package that is there, and builds nothing.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { findDesktop } from "./lib/desktop.mjs";
import { PLACES } from "./lib/places.mjs";
import { root, run, ScriptError, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { installServer, startServer } from "./lib/vscode-server.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";

const HOME = path.join(root, ".cache/start");
const SAMPLE = path.join(root, "test/fixtures/sample");

whenStarted(import.meta.url, async () => {
  const { check: isCheck, vsix: given } = options();
  if (given) return await check(path.resolve(given));
  await setup({ tools: isCheck ? ["chromium"] : [] });
  const vsix = await packageExtension();
  if (isCheck) return await check(vsix);
  const desktop = findDesktop();
  // A copy, so that what is tried out does not end up in the repository.
  const sample = path.join(HOME, "sample");
  if (!existsSync(sample)) cpSync(SAMPLE, sample, { recursive: true });
  return desktop ? await openDesktop(desktop, vsix, sample) : await openServer(vsix, sample);
});

function options() {
  try {
    const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, vsix: { type: "string" } } });
    if (values.check || values.vsix === undefined) return values;
  } catch {
    // The usage says it all.
  }
  throw new ScriptError("usage: npm start [-- --check [--vsix FILE]]");
}

/** Own data and extension folders: the user's VS Code is left as it is. */
async function openDesktop(/** @type {string} */ desktop, /** @type {string} */ vsix, /** @type {string} */ sample) {
  const folders = ["--user-data-dir", path.join(HOME, "desktop"), "--extensions-dir", path.join(HOME, "extensions")];
  const { resolveCliPathFromVSCodeExecutablePath } = await import("@vscode/test-electron");
  const cli = resolveCliPathFromVSCodeExecutablePath(desktop);
  await run(cli, [...folders, "--install-extension", vsix, "--force"], { quiet: true });
  spawn(desktop, [...folders, "--disable-workspace-trust", sample], { detached: true, stdio: "ignore" }).unref();
  console.log(`VS Code opens with Sterna and ${path.relative(root, sample)}.`);
}

/** @returns {Promise<never>} */
async function openServer(/** @type {string} */ vsix, /** @type {string} */ sample) {
  await installServer();
  const server = await startServer({ dataFolder: path.join(HOME, "server"), vsix });
  console.log(
    `\nVS Code with Sterna and a sample project: ${server.origin}/?${new URLSearchParams({ folder: sample })}`,
  );
  console.log("Ctrl+C ends it.");
  return await new Promise(() => {});
}

async function check(/** @type {string} */ vsix) {
  await installServer();
  const { launchChromium } = await import("./lib/chromium.mjs");
  const { Workbench } = await import("./lib/workbench.mjs");
  const work = temporaryFolder("check");
  const sample = path.join(work, "sample");
  cpSync(SAMPLE, sample, { recursive: true });
  step("starting VS Code");
  const server = await startServer({ dataFolder: path.join(work, "server"), vsix });
  // The size of the picture in the README.
  const context = await launchChromium({ width: 960, height: 540 });
  try {
    const workbench = await Workbench.open(context, server.origin, sample);
    step("waiting for the engine");
    await workbench.waitForStatus(/ready/);
    for (const place of PLACES) {
      await workbench.openAt(place.file, place.line);
      await workbench.page.keyboard.type(place.type, { delay: 30 });
      const typed = performance.now();
      const text = await workbench.waitForGhostText(4000);
      const elapsed = performance.now() - typed;
      if (text === "") {
        const tooltip = await workbench.statusTooltip();
        console.log(`  ${place.file}:${place.line + 1}: no suggestion. ${tooltip.slice(1).join(" ")}`);
        await workbench.page.keyboard.press("Escape");
        continue;
      }
      const picture = path.join(root, "artifacts/ghost-text.png");
      mkdirSync(path.dirname(picture), { recursive: true });
      await workbench.page.screenshot({ path: picture });
      const tooltip = await workbench.statusTooltip();
      console.log(`\n${place.file}:${place.line + 1}, typed: ${JSON.stringify(place.type)}`);
      console.log(`ghost text: ${JSON.stringify(text)}`);
      console.log(`${Math.round(elapsed)} ms from the last keystroke to the ghost text`);
      const engine = tooltip.find((line) => /^\d+ ms:/.test(line));
      if (engine) console.log(`the engine's part: ${engine}`);
      console.log(`screenshot: ${path.relative(root, picture)}`);
      return 0;
    }
    console.error("No ghost text appeared at any of the places tried.");
    return 1;
  } finally {
    await context.browser()?.close();
    await server.stop();
  }
}
