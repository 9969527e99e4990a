/**
 * `npm start`: builds what is missing and opens VS Code with Sterna and a sample project. `npm start -- --check`
 * does the same without a window, types into the sample and shows what was suggested. `-- --check --vsix FILE` does
 * that with a package that is there, and builds nothing.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { findDesktop } from "./lib/desktop.mjs";
import { START } from "./lib/places.mjs";
import { root, run, ScriptError, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { installServer, startServer } from "./lib/vscode-server.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";

const HOME = path.join(root, ".cache/start");
/** With fewer saved keys the suggestion would make a bad first impression. */
const MIN_SAVED_KEYS = 8;
const SAMPLE = path.join(root, "test/fixtures/sample");

whenStarted(import.meta.url, async () => {
  const { check: isCheck, vsix: given } = options();
  if (given) return await check(path.resolve(given));
  await setup({ tools: isCheck ? ["chromium"] : [] });
  const vsix = await packageExtension();
  if (isCheck) return await check(vsix);
  const desktop = findDesktop();
  // The sample is copied, so that experiments with it do not end up in the repository.
  const sample = path.join(HOME, "sample");
  if (!existsSync(sample)) cpSync(SAMPLE, sample, { recursive: true });
  // Its folder is ignored by this repository, and Sterna reads nothing that git ignores: it is a repository of its own.
  if (!existsSync(path.join(sample, ".git"))) await run("git", ["init", "--quiet", sample], { quiet: true });
  return desktop ? await openDesktop(desktop, vsix, sample) : await openServer(vsix, sample);
});

function options() {
  try {
    const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, vsix: { type: "string" } } });
    if (values.check || values.vsix === undefined) return values;
  } catch {
    // The error is the usage text, which needs no more words.
  }
  throw new ScriptError("usage: npm start [-- --check [--vsix FILE]]");
}

/** Uses separate data and extension folders, so that the user's VS Code stays unchanged. */
async function openDesktop(/** @type {string} */ desktop, /** @type {string} */ vsix, /** @type {string} */ sample) {
  const folders = ["--user-data-dir", path.join(HOME, "desktop"), "--extensions-dir", path.join(HOME, "extensions")];
  const settings = path.join(HOME, "desktop/User/settings.json");
  if (!existsSync(settings)) {
    // Otherwise the walkthrough would cover the file that is opened.
    mkdirSync(path.dirname(settings), { recursive: true });
    writeFileSync(settings, '{\n  "workbench.welcomePage.walkthroughs.openOnInstall": false\n}\n');
  }
  const { resolveCliPathFromVSCodeExecutablePath } = await import("@vscode/test-electron");
  const cli = resolveCliPathFromVSCodeExecutablePath(desktop);
  await run(cli, [...folders, "--install-extension", vsix, "--force"], { quiet: true });
  const place = `${path.join(sample, START.file)}:${START.line}:${START.column}`;
  const args = [...folders, "--disable-workspace-trust", sample, "--goto", place];
  spawn(desktop, args, { detached: true, stdio: "ignore" }).unref();
  console.log(`VS Code opens with Sterna and ${path.relative(root, sample)}.`);
}

/** @returns {Promise<never>} */
async function openServer(/** @type {string} */ vsix, /** @type {string} */ sample) {
  await installServer();
  const server = await startServer({ dataFolder: path.join(HOME, "server"), vsix });
  const { workbenchAddress } = await import("./lib/workbench.mjs");
  console.log(`\nVS Code with Sterna and a sample project: ${workbenchAddress(server.origin, sample, START)}`);
  console.log("Ctrl+C ends it.");
  return await new Promise(() => {});
}

/**
 * Types where the cursor is when VS Code has opened.
 *
 * @param {import("./lib/workbench.mjs").Workbench} workbench
 * @returns {Promise<number>} The exit code.
 */
async function checkSuggestion(workbench) {
  await workbench.waitForEditor(START.file);
  await workbench.page.keyboard.type(START.type, { delay: 30 });
  const typed = performance.now();
  const text = await workbench.waitForGhostText(4000);
  const elapsed = performance.now() - typed;
  const tooltip = await workbench.statusTooltip();
  const place = `${START.file}:${START.line}`;
  const saved = [...text].length - 1;
  if (saved < MIN_SAVED_KEYS) {
    const shown = text === "" ? "no suggestion" : `only ${JSON.stringify(text)}`;
    console.error(
      `${place}: ${shown}, where at least ${MIN_SAVED_KEYS} keys should be saved. ${tooltip.slice(1).join(" ")}`,
    );
    return 1;
  }
  const picture = path.join(root, "artifacts/ghost-text.png");
  mkdirSync(path.dirname(picture), { recursive: true });
  await workbench.page.screenshot({ path: picture });
  console.log(`\n${place}, typed: ${JSON.stringify(START.type)}`);
  console.log(`ghost text: ${JSON.stringify(text)}, which saves ${saved} keys`);
  console.log(`${Math.round(elapsed)} ms from the last keystroke to the ghost text`);
  const engine = tooltip.find((line) => line.startsWith("The last answer took"));
  if (engine) console.log(`the engine's part: ${engine}`);
  console.log(`screenshot: ${path.relative(root, picture)}`);
  return 0;
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
  // The size of the README's picture.
  const context = await launchChromium({ width: 960, height: 540 });
  // On a busy machine everything takes longer.
  context.setDefaultTimeout(120_000);
  try {
    const workbench = await Workbench.open(context, server.origin, sample, START);
    step("waiting for the engine");
    await workbench.waitForStatus(/ready/, 180_000);
    return await checkSuggestion(workbench);
  } finally {
    await context.browser()?.close();
    await server.stop();
  }
}
