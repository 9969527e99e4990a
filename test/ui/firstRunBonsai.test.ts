/**
 * The first run with the recommended model as a user sees it: downloaded from a hub on this machine, verified, asked with
 * and without thinking, and told to change code. The hub's file is a small model of Bonsai's kind that says given texts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CATALOGUE } from "../../engine/models/catalogue/catalogue.ts";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import { writeSpeakingModel } from "../native/speakingModel.ts";
import { BadServer } from "../unit/models/download/badServer.ts";
import { answerText, type Content, endOfAnswer, openChat } from "./chatView.ts";
import { type Session, startSession } from "./vscodeSession.ts";

const FILE = "src/server.js";
const CHANGED = [
  "function sendJson(response, status, value) {",
  "\n  const body = JSON.stringify(value);",
  "\n  response.writeHead(status, {",
  '\n    "Content-Type": "application/json",',
  '\n    "Content-Length": Buffer.byteLength(body),',
  "\n  });",
  "\n  response.end(body);",
  "\n}",
  "\n```",
];
const ANSWER = [
  "`sendJson` writes a status",
  " and a header,",
  " and ends the response",
  " with the value",
  " as **JSON**.",
];
const THOUGHTS = ["\nThe user asks about sendJson.", " It writes a head", " and then a body.", " I say so briefly.\n"];

/** Makes a file the one that the catalogue of an installed extension names for the Bonsai models. */
function pin(extension: string, bytes: Buffer): void {
  const engine = path.join(extension, "dist/engine.cjs");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const before = readFileSync(engine, "utf8");
  const after = before.replaceAll(
    /\bpin: ?\{ ?sha256(:[\w$]+)?, ?bytes(:[\w$]+)? ?\}/g,
    `pin:{sha256:"${sha256}",bytes:${bytes.length}}`,
  );
  assert.notEqual(after, before, "the catalogue's pins are not found");
  writeFileSync(engine, after);
}

describe("the first run with the recommended model", function () {
  this.timeout(180_000);
  let session: Session;
  let hub: BadServer;

  before(async () => {
    const file = path.join(temporaryFolder("bonsai"), "bonsai.gguf");
    writeSpeakingModel(file, { answer: ANSWER, thoughts: THOUGHTS, code: CHANGED });
    const bytes = readFileSync(file);
    // Which of them is recommended depends on how fast this machine reads its memory at the moment.
    const bonsai = CATALOGUE.filter(({ form }) => form === "grouped" || form === "binary");
    const names = bonsai.flatMap(({ files }) => files.map(({ name }) => name));
    hub = await BadServer.start(Object.fromEntries(names.map((name) => [name, bytes])));
    session = await startSession({ "sterna.models.mirror": hub.origin }, (extension) => pin(extension, bytes));
  });
  after(async () => {
    await session?.close();
    await hub?.stop();
  });

  const chat = () => openChat(session.workbench);
  const dialog = () => session.workbench.page.locator(".monaco-dialog-box");
  const toast = (text: string) => session.workbench.page.locator(".notification-list-item", { hasText: text });
  const choose = (button: string) => dialog().getByRole("button", { name: button, exact: true }).click();

  async function question(content: Content, text: string): Promise<void> {
    await content.locator("#send:enabled").waitFor();
    await content.locator("#input").fill(text);
    await content.locator("#input").press("Enter");
    await content.locator("article.user .text", { hasText: text }).waitFor();
  }

  it("is led to from the empty chat by one button, with the licence first", async () => {
    await session.workbench.page.setViewportSize({ width: 1300, height: 800 });
    const content = await chat();
    const button = content.getByRole("button", { name: /^Download (Ternary-)?Bonsai/ });
    await button.waitFor({ timeout: 30_000 });
    await session.picture("bonsai-offered");
    assert.match(
      await button.innerText(),
      /^Download (Ternary-)?Bonsai (1\.7B|4B|8B)( \(1 bit\))? \((\d\.\d GB|\d+ MB)\)$/,
    );
    await button.click();
    await dialog().waitFor();
    const text = await dialog().innerText();
    assert.match(text, /[GM]B from prism-ml\/(Ternary-)?Bonsai-[\w.]+-gguf/);
    assert.match(text, /Licence: Apache License 2\.0/);
    await session.picture("bonsai-licence");
    assert.deepEqual(hub.asked, []);
  });

  it("throws away a file that is not the one of the catalogue", async () => {
    hub.fault = ({ method }) => (method === "GET" ? "wrong-bytes" : "none");
    await choose("Download");
    const refused = toast("the downloaded bytes are not those");
    await refused.waitFor({ timeout: 30_000 });
    await session.picture("bonsai-refused");
    hub.fault = () => "none";
    hub.bytesPerSecond = 400_000;
    await refused.getByRole("button", { name: "Try Again" }).click();
  });

  it("is downloaded and verified, and answers questions then", async () => {
    // The editor leaves the progress of the attempt that failed on the screen for a moment.
    await toast("Downloading").first().waitFor();
    await session.workbench.page.waitForTimeout(1500);
    await session.picture("bonsai-progress");
    hub.bytesPerSecond = 0;
    await toast("answers questions now").waitFor({ timeout: 60_000 });
    const content = await chat();
    await content.locator("#send:enabled").waitFor({ timeout: 60_000 });
    await session.workbench.command("Sterna: Manage Models");
    const row = session.workbench.page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", {
      hasText: "Bonsai",
    });
    await row.filter({ hasText: "in use: chat" }).waitFor();
    await session.picture("bonsai-ready");
  });

  it("answers by its template without thinking", async () => {
    const content = await chat();
    await question(content, "What does sendJson do?");
    assert.equal(await endOfAnswer(content), ANSWER.join("").replaceAll(/[`*]/g, ""));
    assert.equal(await content.locator("details.thoughts").count(), 0);
    await session.picture("bonsai-answered");
  });

  it("thinks when the chat's button lets it, and shows what it thinks folded", async () => {
    const content = await chat();
    const think = content.getByRole("button", { name: "Think", exact: true });
    assert.equal(await think.getAttribute("aria-pressed"), "false");
    await think.click();
    await content.locator("#think[aria-pressed=true]").waitFor();
    await question(content, "And why?");
    const fold = content.locator("article.assistant[aria-busy=false] details.thoughts");
    await fold.waitFor();
    assert.equal(await answerText(content), ANSWER.join("").replaceAll(/[`*]/g, ""));
    assert.equal(await fold.locator("div").isVisible(), false);
    await session.picture("bonsai-thoughts-folded");
    await fold.locator("summary").click();
    assert.equal(await fold.locator("div").innerText(), THOUGHTS.join("").trim());
    await session.picture("bonsai-thoughts");
    assert.match(
      readFileSync(path.join(session.folder, "../server/data/User/settings.json"), "utf8"),
      /thinking": true/,
    );
  });

  it("shows a command's change as a diff, without a thought in it, and keeps it when it is accepted", async () => {
    const { workbench } = session;
    const { page } = workbench;
    const before = readFileSync(path.join(session.folder, FILE), "utf8");
    await workbench.openAt(FILE, 5);
    await page.keyboard.press("Home");
    for (let line = 0; line < 3; line++) await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+End");
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input.input").fill(">Sterna: Refactor");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Refactor" }).first().waitFor();
    await page.keyboard.press("Enter");
    // An empty box asks for what is usual.
    await page.locator(".quick-input-title", { hasText: "Refactor" }).waitFor();
    await page.keyboard.press("Enter");
    const accept = page.getByRole("button", { name: /Accept Change/ }).first();
    await accept.waitFor();
    await page.getByText("Buffer.byteLength(body)").first().waitFor();
    await session.picture("bonsai-change");
    assert.equal(readFileSync(path.join(session.folder, FILE), "utf8"), before);
    await accept.click();
    await accept.waitFor({ state: "hidden" });
    await page.keyboard.press("Control+S");
    const old = before.split("\n").slice(4, 8).join("\n");
    const wanted = before.replace(old, CHANGED.slice(0, -1).join(""));
    // While VS Code saves, the file is the old one for a moment, and then empty.
    for (let i = 0; readFileSync(path.join(session.folder, FILE), "utf8") !== wanted && i < 50; i++) {
      await page.waitForTimeout(100);
    }
    assert.equal(readFileSync(path.join(session.folder, FILE), "utf8"), wanted);
  });
});
