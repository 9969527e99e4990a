/**
 * The first run as a user sees it: the walkthrough, then a model that is downloaded from a hub on this machine, paused,
 * resumed, used, and asked.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import { BadServer } from "../unit/models/download/badServer.ts";
import { type Session, startSession, writeChatCheckpoint } from "./vscodeSession.ts";

const MODEL = "BitNet b1.58 2B4T (packed safetensors)";

describe("the first run", function () {
  this.timeout(180_000);
  let session: Session;
  let hub: BadServer;

  before(async () => {
    const folder = path.join(temporaryFolder("first-run"), "checkpoint");
    writeChatCheckpoint(folder);
    const names = ["config.json", "tokenizer.json", "model.safetensors"];
    hub = await BadServer.start(Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name))])));
    session = await startSession({ "sterna.models.mirror": hub.origin });
  });
  after(async () => {
    await session?.close();
    await hub?.stop();
  });

  const dialog = (button: string) =>
    session.workbench.page.locator(".monaco-dialog-box").getByRole("button", { name: button });
  const toast = (text: string) => session.workbench.page.locator(".notification-list-item", { hasText: text });
  const row = (text: string) =>
    session.workbench.page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", { hasText: text });

  async function startDownload(): Promise<void> {
    const { page } = session.workbench;
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input.input").fill(">Sterna: Download Model");
    await page.waitForTimeout(500);
    await page.keyboard.press("Enter");
    const choice = page.locator(".quick-input-list .monaco-list-row", { hasText: MODEL }).first();
    await choice.waitFor();
    await session.picture("first-run-choose");
    await choice.click();
  }

  it("is led by a walkthrough with pictures", async () => {
    const { page } = session.workbench;
    // Pictures are shown beside the text if there is room.
    await page.setViewportSize({ width: 1500, height: 850 });
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input.input").fill(">Welcome: Open Walkthrough");
    await page.waitForTimeout(500);
    await page.keyboard.press("Enter");
    const choice = page.locator(".quick-input-list .monaco-list-row", { hasText: "Sterna" }).first();
    await choice.waitFor();
    await choice.click();
    await page.getByText("It works already").first().waitFor();
    await page.locator(".getting-started-media img").first().waitFor({ state: "attached" });
    await page.waitForTimeout(1000);
    await session.picture("first-run-walkthrough");
    await page.getByText("Get a model that answers questions").first().click();
    await page.waitForTimeout(1000);
    await session.picture("first-run-walkthrough-model");
  });

  it("lists the models, with what this machine can run", async () => {
    const { page } = session.workbench;
    await session.workbench.command("Sterna: Manage Models");
    // Which size is recommended depends on this machine's present reading speed.
    await row("Ternary-Bonsai").first().waitFor({ timeout: 30_000 });
    assert.match(await row("Built-in model").innerText(), /in use: suggestions$/m);
    const recommended = await row("Ternary-Bonsai").first().innerText();
    assert.match(recommended, /(1\.7B|4B)\s*recommended, \d\.\d GB, .*code \d\d/);
    assert.ok((await row("").count()) <= 4, "the other models are folded away");
    await page.waitForTimeout(500);
    await session.picture("first-run-models");
  });

  it("shows the licence before the first byte", async () => {
    const before = hub.asked.length;
    await startDownload();
    await dialog("Download").waitFor();
    await session.picture("first-run-licence");
    const text = await session.workbench.page.locator(".monaco-dialog-box").innerText();
    assert.match(text, /1\.2 GB from microsoft\/bitnet-b1\.58-2B-4T/);
    assert.match(text, /Licence: MIT/);
    assert.equal(hub.asked.length, before);
  });

  it("shows the progress, pauses, and goes on where it stopped", async () => {
    const { page } = session.workbench;
    hub.bytesPerSecond = 30_000;
    await dialog("Download").click();
    await toast("Downloading").waitFor();
    await page.waitForTimeout(2500);
    await session.picture("first-run-progress");
    await toast("Downloading").getByRole("button", { name: "Cancel" }).click();
    await toast("is paused").waitFor();
    await session.picture("first-run-paused");
    await row(MODEL).filter({ hasText: "downloaded" }).waitFor({ timeout: 10_000 });
    hub.bytesPerSecond = 0;
    hub.asked.length = 0;
    await toast("is paused").getByRole("button", { name: "Resume" }).click();
    await toast("is downloaded and verified").waitFor({ timeout: 30_000 });
    await session.picture("first-run-verified");
    const ranges = hub.asked.map(({ range }) => range).filter((range) => range !== undefined);
    assert.ok(
      ranges.some((range) => /^bytes=[1-9]/.test(range ?? "")),
      JSON.stringify(hub.asked),
    );
  });

  it("switches to the model, and asks it", async () => {
    const { page } = session.workbench;
    await toast("is downloaded and verified").getByRole("button", { name: "Use It for Everything" }).click();
    await session.workbench.waitForStatus(/ready/);
    for (let i = 0; i < 100; i++) {
      const lines = await session.workbench.statusTooltip();
      if (lines.some((line) => line.startsWith("Model: bitnet-2b4t-packed"))) break;
      assert.ok(i < 60, lines.join("\n"));
      await page.waitForTimeout(500);
    }
    assert.match(await row(MODEL).innerText(), /in use: suggestions and chat/);
    await session.picture("first-run-in-use");
    await session.workbench.command("Sterna: Focus on Chat View").catch(() => undefined);
    const chat = await session.workbench.webview("textarea");
    await chat.locator("textarea").fill("What does this file do?");
    await page.waitForTimeout(300);
    await chat.locator("textarea").press("Enter");
    await chat.getByText("What does this file do?").first().waitFor();
    await page.waitForTimeout(4000);
    await session.picture("first-run-asked");
  });
});
