/** What a new user meets in the first ten minutes, from an empty profile and with the built-in model alone. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Session, startSession } from "./vscodeSession.ts";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

describe("the first ten minutes", function () {
  this.timeout(120_000);
  let session: Session;

  before(async () => {
    session = await startSession({ "sterna.models.mirror": NOWHERE });
    // Long before they are opened: VS Code's search for files does not see at once what was just written.
    writeFileSync(path.join(session.folder, ".env"), "TOKEN=hunter2\n");
    writeFileSync(path.join(session.folder, "notes.txt"), "One line.\n");
  });
  after(() => session?.close());

  const page = () => session.workbench.page;
  const toast = (text: string) => page().locator(".notification-list-item", { hasText: text });

  /** The entries of the status item's menu. */
  async function menu(name: string): Promise<string> {
    await session.workbench.status.getByRole("button").first().click();
    const rows = page().locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    await session.picture(name);
    const texts = (await rows.allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
    await page().keyboard.press("Escape");
    // A pointer that stays where it is shows no hover later.
    await page().mouse.move(600, 300);
    return texts;
  }

  async function closeToasts(): Promise<void> {
    await session.workbench.command("Notifications: Clear All Notifications");
  }

  it("begin with a suggestion at the first button of the walkthrough", async () => {
    const { workbench, picture } = session;
    await page().setViewportSize({ width: 1500, height: 850 });
    await workbench.commandWithList("Welcome: Open Walkthrough", "Select a walkthrough to open");
    await page().locator(".quick-input-list .monaco-list-row", { hasText: "Sterna" }).first().click();
    const walkthrough = page().locator(".gettingStartedContainer");
    await walkthrough.getByText("It works already").first().waitFor();
    await page().waitForTimeout(1_000);
    await picture("minutes-walkthrough");
    // Marks of Markdown that VS Code does not know would be shown as they are.
    assert.doesNotMatch(await walkthrough.innerText(), /\*|`/);
    await walkthrough.getByText("Try a Suggestion").first().click();
    await workbench.waitForEditor("Untitled-1");
    const text = await workbench.waitForGhostText(15_000);
    await picture("minutes-try");
    assert.notEqual(text.trim(), "");
    const line = await workbench.cursorLine();
    await page().keyboard.press("Tab");
    await page().waitForFunction((before) => !document.querySelector(".ghost-text-decoration") && before !== "", line);
    assert.ok((await workbench.cursorLine()).includes(text.trim().split("\n")[0] ?? ""));
  });

  it("say why a file with secrets has no suggestions", async () => {
    const { workbench, picture } = session;
    await workbench.openAt(".env", 1);
    await page().keyboard.press("Enter");
    await page().keyboard.type("SECRET=", { delay: 40 });
    assert.equal(await workbench.waitForGhostText(1_500), "");
    const tooltip = await workbench.statusTooltip({ keep: true });
    await picture("minutes-secrets");
    assert.match(tooltip.join("\n"), /Sterna does not read this file: the setting sterna\.inline\.exclude lists it/);
    await page().mouse.move(600, 300);
    await workbench.command("View: Revert and Close Editor");
  });

  it("say why text has no suggestions, and how to have them", async () => {
    const { workbench, picture } = session;
    await workbench.openAt("notes.txt", 1);
    await page().keyboard.press("Enter");
    await page().keyboard.type("The next ", { delay: 40 });
    assert.equal(await workbench.waitForGhostText(1_500), "");
    assert.match((await workbench.statusTooltip()).join("\n"), /Suggestions are turned off for this language/);
    assert.match(await menu("minutes-menu-text"), /Turn suggestions on in plaintext/);
    await picture("minutes-text");
    await workbench.command("View: Revert and Close Editor");
  });

  it("tell on hover what a stranger understands", async () => {
    const { workbench, picture } = session;
    await workbench.openAt("src/cart.ts", 24);
    await page().keyboard.press("Enter");
    await page().keyboard.type("const total = ", { delay: 60 });
    await page().waitForTimeout(1_000);
    const tooltip = (await workbench.statusTooltip({ keep: true })).join("\n");
    await picture("minutes-hover");
    assert.match(tooltip, /Model: .*\n[\s\S]*It reads about \d+ lines/);
    assert.doesNotMatch(tooltip, /avx|vnni|sse|neon|vbmi|computed in a second|tokens/i);
    await page().mouse.move(600, 300);
    await workbench.command("View: Revert and Close Editor");
  });

  it("offer nothing that the model cannot do, in menus and behind the light bulb", async () => {
    const { workbench, picture } = session;
    await workbench.openAt("src/cart.ts", 24);
    await page().keyboard.press("Control+.");
    await page().waitForTimeout(1_500);
    await picture("minutes-light-bulb");
    const widget = page().locator(".action-widget");
    assert.doesNotMatch((await widget.count()) > 0 ? await widget.first().innerText() : "", /Sterna/);
    await page().keyboard.press("Escape");
    await page().locator(".editor-instance .view-line").nth(5).click({ button: "right" });
    const entry = page().locator(".monaco-menu .action-item", { hasText: "Sterna" }).first();
    await entry.waitFor();
    await entry.hover();
    const submenu = page().locator(".monaco-submenu");
    await submenu.getByText("Get a Model That Answers Questions").waitFor();
    await picture("minutes-context-menu");
    assert.doesNotMatch(await submenu.innerText(), /Explain|Change|Refactor|Fix|Document|Tests|Name/);
    await page().keyboard.press("Escape");
    await page().keyboard.press("Escape");
  });

  it("show a short list of models, with one that is recommended and its speed as a range", async () => {
    const { workbench, picture } = session;
    await workbench.command("Sterna: Manage Models");
    const rows = page().locator(".tree-explorer-viewlet-tree-view .monaco-list-row");
    await rows.filter({ hasText: "recommended" }).waitFor({ timeout: 30_000 });
    await page().waitForTimeout(500);
    await picture("minutes-models");
    const texts = await rows.allInnerTexts();
    assert.ok(texts.length <= 4, texts.join());
    assert.equal(texts.filter((text) => text.includes("recommended")).length, 1, texts.join());
    assert.match(texts.join("\n"), /\d+ to \d+ tokens\/s/);
    await rows.filter({ hasText: "recommended" }).hover();
    await page().locator(".workbench-hover .hover-contents, .monaco-hover .hover-contents").last().waitFor();
    await picture("minutes-model-hover");
    await page().mouse.move(900, 300);
  });

  it("say before anything is typed that a command needs another model, with a button that gets one", async () => {
    const { workbench, picture } = session;
    await workbench.openAt("src/cart.ts", 24);
    for (const command of ["Sterna: Explain", "Sterna: Change…", "Sterna: Write Tests"]) {
      await workbench.command(command);
      const shown = toast("does not answer questions").last();
      await shown.waitFor();
      await picture(`minutes-${command.replace(/\W+/g, "-").toLowerCase()}`);
      assert.match(await shown.innerText(), /completes code, but does not answer questions or change code/);
      assert.ok((await shown.getByRole("button", { name: /^Download / }).count()) > 0, await shown.innerText());
      assert.ok(!(await page().locator(".quick-input-widget").isVisible()), "nothing is asked first");
      await closeToasts();
    }
  });

  it("say the same in the chat, and let nobody type for nothing", async () => {
    const { workbench, picture } = session;
    await workbench.command("Sterna: Focus on Chat View");
    const chat = await workbench.webview("sterna-composer");
    await chat.getByText("completes code, but does not answer questions").first().waitFor();
    await picture("minutes-chat");
    await chat.locator("#input[readonly]").waitFor();
    assert.ok(await chat.locator("#send").isDisabled());
    assert.ok((await chat.getByRole("button", { name: /^Download / }).count()) > 0);
  });

  it("say within seconds that a download has no network, with a button that tries again", async () => {
    const { workbench, picture } = session;
    await workbench.command("Sterna: Get a Model That Answers Questions");
    const download = page().locator(".monaco-dialog-box").getByRole("button", { name: "Download" });
    await download.waitFor();
    await download.click();
    const failed = page().locator(".notification-list-item", { hasText: /Nothing answers|cannot be reached|network/ });
    await failed.first().waitFor({ timeout: 20_000 });
    // It slides in.
    await page().waitForTimeout(1_000);
    await picture("minutes-no-network");
    await failed.first().getByRole("button", { name: "Try Again" }).waitFor();
    await closeToasts();
  });

  it("have a log that tells what was started, the model and its kernel, and so again after a restart", async () => {
    const { workbench, picture } = session;
    for (const name of ["minutes-log", "minutes-log-again"]) {
      await workbench.command("Sterna: Show Log");
      await page().waitForTimeout(1_500);
      await picture(name);
      const lines = await page().locator(".view-lines").allInnerTexts();
      const text = lines.join("\n").replaceAll("\u00a0", " ");
      assert.match(text, /Sterna \d+\.\d+\.\d+ in /);
      assert.match(text, /Model ready: .*kernel \w+, \d+ threads/);
      assert.ok((text.match(/ %/g) ?? []).length <= 2, text);
      await workbench.command("View: Close Editor");
      await workbench.command("Sterna: Restart Engine");
      await workbench.waitForStatus(/ready/);
    }
    await closeToasts();
  });

  it("have a menu with the language, the file and the statistics", async () => {
    await session.workbench.openAt("src/cart.ts", 24);
    const shown = await menu("minutes-menu");
    for (const entry of [
      "off in typescript",
      "Never read cart.ts",
      "Statistics",
      "Get a model that answers questions",
    ]) {
      assert.ok(shown.includes(entry), shown);
    }
  });
});
