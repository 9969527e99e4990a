import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { chatPage } from "../../extension/chat/page.ts";
import { launchChromium } from "../../scripts/lib/chromium.mjs";
import type { FromPage, ToPage } from "../../webview/messages.ts";
import { root } from "../unit/root.ts";
import { savePicture } from "./session.ts";

const ORIGIN = "http://127.0.0.1:9";

describe("the chat page", () => {
  let context: BrowserContext;
  let page: Page;
  let sent: FromPage[];

  before(async function () {
    this.timeout(30_000);
    context = await launchChromium({ width: 320, height: 600 });
  });
  after(() => context?.browser()?.close());

  beforeEach(async () => {
    page = await context.newPage();
    sent = [];
    const file = (name: string) => readFileSync(path.join(root, "dist/webview", name), "utf8");
    const html = chatPage({
      cspSource: ORIGIN,
      script: `${ORIGIN}/main.js`,
      style: `${ORIGIN}/style.css`,
      nonce: "a1b2c3",
    });
    const contents: Record<string, [type: string, body: string]> = {
      "/": ["text/html", html],
      "/main.js": ["text/javascript", file("main.js")],
      "/style.css": ["text/css", file("style.css")],
    };
    await page.route(`${ORIGIN}/**`, (route) => {
      const [contentType, body] = contents[new URL(route.request().url()).pathname] ?? ["text/plain", ""];
      return route.fulfill({ contentType, body });
    });
    await page.exposeFunction("toHost", (message: FromPage) => sent.push(message));
    await page.addInitScript("globalThis.acquireVsCodeApi = () => ({ postMessage: (m) => toHost(m) })");
    await page.goto(`${ORIGIN}/`);
    await waitFor(() => sent.length > 0);
  });
  afterEach(() => page.close());

  async function receive(...messages: ToPage[]): Promise<void> {
    for (const message of messages) {
      await page.evaluate((data) => window.postMessage(data, "*"), message);
    }
  }

  async function waitFor(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !condition(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(condition(), "it did not come about within 2 s");
  }

  const answer = { id: 2, role: "assistant", text: "", done: false, note: "" } as const;

  it("says that it listens, and lets nobody ask before a model is ready", async () => {
    assert.deepEqual(sent, [{ type: "ready" }]);
    assert.ok(await page.locator("#send").isDisabled());
    await receive({ type: "state", note: "Starting the engine", canAsk: false });
    await page.getByText("Starting the engine").waitFor();
    await page.locator("#input").fill("hello");
    await page.locator("#input").press("Enter");
    assert.deepEqual(sent, [{ type: "ready" }]);
  });

  it("sends a question on Enter, and a new line on Shift+Enter", async () => {
    await receive({ type: "state", note: "", canAsk: true });
    const input = page.locator("#input");
    await page.locator("#send:enabled").waitFor();
    await input.fill("what is");
    await input.press("Shift+Enter");
    await input.pressSequentially("this?");
    await input.press("Enter");
    await waitFor(() => sent.length === 2);
    assert.deepEqual(sent[1], { type: "ask", text: "what is\nthis?" });
    assert.equal(await input.inputValue(), "");
  });

  it("shows an answer piece by piece, with Stop while it is written", async () => {
    await receive({ type: "state", note: "", canAsk: true });
    await receive({ type: "turn", turn: { id: 1, role: "user", text: "why?", done: true, note: "" } });
    await receive({ type: "turn", turn: answer });
    await receive({ type: "text", id: 2, text: "Because " });
    await receive({ type: "text", id: 2, text: "it is." });
    const text = page.locator("article.assistant .text");
    await page.getByText("Because it is.").waitFor();
    assert.ok(await page.locator("#stop").isVisible());
    await page.locator("#stop").click();
    await waitFor(() => sent.length === 2);
    assert.deepEqual(sent[1], { type: "stop" });
    await receive({ type: "turn", turn: { ...answer, text: "Because it is.", done: true, note: "Stopped." } });
    await page.getByText("Stopped.").waitFor();
    assert.equal(await text.textContent(), "Because it is.");
    assert.ok(await page.locator("#stop").isHidden());
    await savePicture(page, "chat-page");
  });

  it("shows markup of the model as text, and runs none of it", async () => {
    const attack = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>';
    await receive({ type: "turn", turn: { ...answer, text: attack, done: true } });
    const text = page.locator("article.assistant .text");
    await text.waitFor();
    assert.equal(await text.textContent(), attack);
    assert.equal(await page.locator("article img, article script").count(), 0);
    assert.equal(await page.title(), "Sterna chat");
  });

  it("stays at the end of a growing answer, but not when the reader has scrolled up", async () => {
    await receive({ type: "turn", turn: answer });
    const log = page.locator("#log");
    const grow = () => receive({ type: "text", id: 2, text: "another line\n".repeat(60) });
    const distance = () => log.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight);
    await grow();
    await page.getByText("another line").first().waitFor();
    assert.ok((await distance()) < 2);
    await log.evaluate((at) => {
      at.scrollTop = 0;
    });
    await grow();
    assert.ok((await distance()) > 100);
  });
});
