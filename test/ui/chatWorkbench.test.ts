/**
 * The chat in the real webview, with a model of random weights: its text makes no sense, but arrives as from any model.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { AxeResults } from "axe-core";
import { root } from "../unit/root.ts";
import { answerText, ask, openChat, stopInTheMiddle } from "./chatView.ts";
import { chatModelSettings, type Session, startSession } from "./vscodeSession.ts";

describe("the chat in the workbench", () => {
  let session: Session;

  before(async function () {
    this.timeout(120_000);
    session = await startSession(chatModelSettings());
  });
  after(() => session?.close());

  const chat = () => openChat(session.workbench);
  const enginePid = () => session.enginePid();

  it("has the cursor in its input when it is shown: what is typed is there", async () => {
    const { workbench, picture } = session;
    const content = await chat();
    await content.locator("#send").waitFor();
    await workbench.openAt("src/server.js", 8);
    await workbench.command("Sterna: Focus on Chat View");
    await content.locator("#input:focus").waitFor();
    await workbench.page.keyboard.type("Why?");
    await picture("chat-focus");
    assert.equal(await content.locator("#input").inputValue(), "Why?");
    await content.locator("#input").fill("");
  }).timeout(30_000);

  it("streams an answer to Explain into the sidebar", async () => {
    const { workbench, picture } = session;
    const content = await chat();
    await content.locator("#send:enabled").waitFor();
    // Counts the pieces in which the answer arrives.
    await content.locator("#log").evaluate((log) => {
      new MutationObserver(() => {
        const text = log.querySelector("article.assistant .text")?.textContent ?? "";
        if (text !== log.getAttribute("data-text")) {
          log.setAttribute("data-text", text);
          log.setAttribute("data-pieces", String(Number(log.getAttribute("data-pieces")) + 1));
        }
      }).observe(log, { childList: true, characterData: true, subtree: true });
    });
    await workbench.openAt("src/server.js", 8);
    await workbench.command("Sterna: Explain");
    const question = content.locator("article.user .text");
    await question.waitFor();
    assert.match(
      (await question.textContent()) ?? "",
      /^Explain (sendJson \(src\/server\.js, lines 5 to 8\)|the code around line 8 of src\/server\.js)$/,
    );
    await content.locator("article.assistant[aria-busy=false]").waitFor();
    await picture("explain");
    assert.notEqual((await answerText(content)).trim(), "", "the answer is empty");
    const pieces = Number(await content.locator("#log").getAttribute("data-pieces"));
    assert.ok(pieces > 1, `the answer came in ${pieces} piece`);
  }).timeout(60_000);

  it("has nothing that axe complains about in the real webview", async () => {
    const content = await chat();
    const found = await content
      .locator("body")
      .evaluate(
        async (_, axe) => {
          // The page's policy allows only its own script, so the test's script is added in another way.
          new Function(axe)();
          return (await (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run()).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`,
          );
        },
        readFileSync(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8"),
      )
      .catch((error: Error) => error.message);
    if (typeof found === "string") {
      // As it should be: the policy refuses even a test's eval. The standalone page is tested in chatAccess.test.ts.
      assert.match(found, /Content Security Policy|unsafe-eval/);
      return;
    }
    assert.deepEqual(found, []);
  });

  it("puts code of an answer into the editor, and shows it as a change", async () => {
    const { workbench, picture } = session;
    const content = await chat();
    await workbench.openAt("src/format.ts", 4);
    const before = await workbench.cursorLine();
    // Sends the message that the page's button would send for an answer with code.
    await content.locator("sterna-chat").evaluate((element) => {
      const button = document.createElement("button");
      element.append(button);
      const detail = { action: "apply", code: "const applied = 1;", language: "ts" };
      button.dispatchEvent(new CustomEvent("code", { bubbles: true, detail }));
      button.remove();
    });
    const accept = workbench.page.getByRole("button", { name: /Accept Change/ }).first();
    await accept.waitFor();
    await workbench.page.getByText("const applied = 1;").first().waitFor();
    await picture("proposal");
    await workbench.command("Sterna: Reject Change");
    await accept.waitFor({ state: "hidden" });
    await workbench.openAt("src/format.ts", 4);
    assert.equal(await workbench.cursorLine(), before);
  }).timeout(60_000);

  it("shows where a link leads before it is opened", async () => {
    const { workbench, picture } = session;
    const content = await chat();
    await content.locator("sterna-chat").evaluate((element) => {
      const link = document.createElement("a");
      link.dataset.address = "https://example.org/path?q=1";
      element.append(link);
      link.click();
      link.remove();
    });
    const dialog = workbench.page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await picture("link");
    assert.match(await dialog.innerText(), /Open this address[\s\S]*https:\/\/example\.org\/path\?q=1/);
    await workbench.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  }).timeout(30_000);

  it("lists conversations, finds one by its words, and opens it", async () => {
    const { workbench, picture } = session;
    const content = await chat();
    await ask(content);
    await content.locator("article.user .text", { hasText: "a very long story about a compiler" }).waitFor();
    await content.locator("#send:enabled").waitFor();
    await workbench.command("Sterna: New Conversation");
    await content.getByText("Ask about your code").waitFor();
    await workbench.commandWithList("Sterna: Conversations…", "Search for words");
    const rows = workbench.page.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    await workbench.page.keyboard.type("words that nobody wrote");
    await rows.first().waitFor({ state: "detached" });
    await workbench.page.keyboard.press("Control+A");
    await workbench.page.keyboard.type("compiler chapters");
    await rows.first().waitFor();
    await picture("conversations");
    await workbench.page.keyboard.press("Enter");
    await content.locator("article.user .text", { hasText: "a very long story about a compiler" }).waitFor();
  }).timeout(30_000);

  it("keeps what came of an answer when the engine dies, and continues it", async () => {
    const { picture } = session;
    const content = await chat();
    const interrupted = content.getByText("Interrupted:").last();
    const engine = await enginePid();
    const shown = await stopInTheMiddle(session.workbench, content, engine);
    process.kill(engine, "SIGKILL");
    await interrupted.waitFor();
    const kept = await answerText(content);
    assert.ok(kept.startsWith(shown.trimEnd()), `"${kept}" has lost something of "${shown}"`);
    const proceed = content.getByRole("button", { name: "Continue" });
    await proceed.and(content.locator(":enabled")).waitFor();
    assert.ok((await answerText(content)).startsWith(shown.trimEnd()), "the new engine has lost something");
    await picture("interrupted");
    await proceed.click();
    await content.locator("#send").waitFor();
    assert.ok((await answerText(content)).startsWith(shown.trimEnd()));
  }).timeout(60_000);

  it("loses nothing that was shown when the window is closed in the middle of an answer", async () => {
    const engine = await enginePid();
    const shown = await stopInTheMiddle(session.workbench, await chat(), engine);
    await session.reopen(() => process.kill(engine, "SIGCONT"));
    const content = await chat();
    await content.locator("article.assistant .text").waitFor();
    const kept = await answerText(content);
    assert.ok(kept.startsWith(shown.trimEnd()), `"${kept}" has lost something of "${shown}"`);
    await session.picture("reopened");
  }).timeout(120_000);
});
