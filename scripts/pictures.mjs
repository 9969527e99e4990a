/**
 * Makes the pictures of the README and of the walkthrough from the real editor: `node scripts/pictures.mjs [--vsix
 * FILE]` writes media/typing.gif, media/ghost-text.png, media/models.png and media/chat.png.
 */
import { cpSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { launchChromium } from "./lib/chromium.mjs";
import { Film } from "./lib/film.mjs";
import { START } from "./lib/places.mjs";
import { root, ScriptError, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { installServer, startServer } from "./lib/vscode-server.mjs";
import { Workbench } from "./lib/workbench.mjs";
import { packageExtension } from "./package.mjs";

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { vsix: { type: "string" } } });
  await installServer();
  const vsix = path.resolve(values.vsix ?? (await packageExtension()));
  const work = temporaryFolder("pictures");
  const sample = path.join(work, "sample");
  cpSync(path.join(root, "test/fixtures/sample"), sample, { recursive: true });
  step("starting VS Code");
  const server = await startServer({ dataFolder: path.join(work, "server"), vsix });
  const context = await launchChromium({ width: 960, height: 540 });
  // On a busy machine everything takes longer.
  context.setDefaultTimeout(120_000);
  try {
    const workbench = await Workbench.open(context, server.origin, sample, START);
    await workbench.waitForStatus(/ready/, 180_000);
    await pictures(workbench);
  } finally {
    await context.browser()?.close();
    await server.stop();
  }
});

/** How many milliseconds a frame stays: for a typed key, ghost text, and the end. */
const KEY_MS = 90;
const SEEN_MS = 1200;
const END_MS = 2500;

/**
 * Types a text and adds a frame for every key.
 *
 * @param {Workbench} workbench
 * @param {Film} film
 * @param {string} text
 */
async function filmTyping({ page }, film, text) {
  await film.shoot(END_MS / 3);
  for (const key of text) {
    await page.keyboard.type(key);
    await film.shoot(KEY_MS);
  }
}

/** Width of the side bar in pixels, wide enough for the longest row of the list of models. */
const SIDE_BAR = 400;

/**
 * Drags the side bar's edge.
 *
 * @param {import("playwright-core").Page} page
 * @param {number} width
 */
async function widen(page, width) {
  const box = await page.locator("#workbench\\.parts\\.sidebar").boundingBox();
  if (box === null) throw new ScriptError("The side bar is not on the screen.");
  await page.mouse.move(box.x + box.width, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + width, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
}

/** @param {Workbench} workbench */
async function pictures(workbench) {
  const { page } = workbench;
  const media = (/** @type {string} */ name) => path.join(root, "media", name);
  await workbench.waitForEditor(START.file);
  const box = await page.locator(".editor-instance").first().boundingBox();
  if (box === null) throw new ScriptError("The editor is not on the screen.");
  const film = new Film(page, box);
  await filmTyping(workbench, film, START.type);
  if ((await workbench.waitForGhostText(10_000)) === "") throw new ScriptError("No ghost text came.");
  await page.screenshot({ path: media("ghost-text.png") });
  await film.shoot(SEEN_MS);
  await page.keyboard.press("Tab");
  await film.shoot(END_MS);
  writeFileSync(media("typing.gif"), film.end());

  // Nothing in the side bar is to be cut off.
  await page.setViewportSize({ width: 1200, height: 760 });
  await workbench.command("Sterna: Manage Models");
  await widen(page, SIDE_BAR);
  const models = page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row");
  await models.filter({ hasText: "recommended" }).first().waitFor();
  await page.waitForTimeout(500);
  const sidebar = page.locator("#workbench\\.parts\\.sidebar");
  await sidebar.screenshot({ path: media("models.png") });

  const chat = await workbench.webview("sterna-composer");
  await chat.locator("sterna-chat").evaluate((/** @type {any} */ element) => {
    // Shows the view as it is with a model that answers questions; such a model is too large to download for a picture.
    element.receive({ type: "state", note: "", chooseModel: false, offer: "", canAsk: true, alive: true });
  });
  await page.waitForTimeout(800);
  await sidebar.screenshot({ path: media("chat.png") });
}
