import assert from "node:assert/strict";
import { answer, ChatPage, differingPixels, question, READY, withBrowser } from "./chatPage.ts";
import { savePicture } from "./vscodeSession.ts";

const SAMPLE = `Here is **how**:

1. Read the file.
2. Sum its numbers.

\`\`\`ts
export function total(items: readonly Item[]): number {
  // Prices are in cents.
  return items.reduce((sum, { price }) => sum + price, 0);
}
\`\`\`

See [the docs](https://example.org/docs) for \`reduce\`.

| name | price |
|------|------:|
| pear |    40 |
`;

describe("the chat page", () => {
  const context = withBrowser();
  let chat: ChatPage;
  beforeEach(async () => {
    chat = await ChatPage.open(context());
  });
  afterEach(() => chat.page.close());

  it("says that it listens, teaches, and lets nobody ask before a model is ready", async () => {
    const { page } = chat;
    assert.deepEqual(chat.sent, [{ type: "ready" }]);
    assert.ok(await page.locator("#send").isDisabled());
    await chat.receive({
      type: "state",
      note: "Starting the engine",
      chooseModel: false,
      offer: "",
      canAsk: false,
      alive: false,
    });
    await page.getByText("Starting the engine").waitFor();
    await page.locator("#input").fill("hello");
    await page.locator("#input").press("Enter");
    assert.deepEqual(chat.said, []);
    await page.getByRole("button", { name: "/explain" }).click();
    assert.equal(await page.locator("#input").inputValue(), "/explain ");
    await savePicture(page, "chat-empty");
  });

  it("takes out one of what a question was answered from, and keeps @workspace in the words", async () => {
    await chat.receive(READY);
    const attached = ["src/cart.ts:3-9", "src/user.ts:1-4"];
    await chat.show(question(1, "@workspace how?", { attached, canDetach: true }), answer(2, "So."));
    await chat.page.getByRole("button", { name: "Remove src/user.ts:1-4" }).click();
    assert.deepEqual(chat.said, [{ type: "detachFrom", turn: 1, index: 1 }]);
    const input = chat.page.locator("#input");
    await input.pressSequentially("@work");
    await chat.waitFor(() => chat.sent.some(({ type }) => type === "complete"));
    const asked = chat.sent.findLast((message) => message.type === "complete");
    const request = asked?.type === "complete" ? asked.request : 0;
    const offers = [{ id: "workspace", label: "@workspace", detail: "" }];
    await chat.receive({ type: "offers", request, offers });
    await input.press("Enter");
    assert.equal(await input.inputValue(), "@workspace ");
  });

  it("sends a question on Enter, and a new line on Shift+Enter", async () => {
    await chat.receive(READY);
    const input = chat.page.locator("#input");
    await input.fill("what is");
    await input.press("Shift+Enter");
    await input.pressSequentially("this?");
    await input.press("Enter");
    await chat.waitFor(() => chat.said.length === 1);
    assert.deepEqual(chat.said, [{ type: "ask", text: "what is\nthis?" }]);
    assert.equal(await input.inputValue(), "");
  });

  it("keeps what was typed while the panel is hidden, and nothing of what was sent", async () => {
    await chat.receive(READY);
    const input = chat.page.locator("#input");
    await input.fill("half a quest");
    await chat.page.reload();
    await chat.waitFor(() => chat.said.length === 1);
    await chat.settle();
    assert.equal(await input.inputValue(), "half a quest");
    await chat.receive(READY);
    await input.press("Enter");
    await chat.page.reload();
    await chat.waitFor(() => chat.said.length === 3);
    await chat.settle();
    assert.equal(await input.inputValue(), "");
  });

  it("shows an answer piece by piece, with Stop while it is written", async () => {
    const { page } = chat;
    await chat.receive(READY, { type: "turn", turn: question(1, "why?") });
    await chat.receive({ type: "turn", turn: answer(2, "", { state: "writing" }) });
    await page.getByText("Reading…").waitFor();
    await chat.receive({ type: "text", turn: 2, text: "Because " }, { type: "text", turn: 2, text: "it *is*." });
    await page.getByText("Because it is.").waitFor();
    assert.equal(await page.getByText("Reading…").count(), 0);
    await page.locator("#stop").click();
    await page.keyboard.press("Escape");
    await chat.waitFor(() => chat.said.length === 2);
    assert.deepEqual(chat.said, [{ type: "stop" }, { type: "stop" }]);
    await chat.receive({ type: "turn", turn: answer(2, "Because it *is*.", { state: "stopped" }) });
    await page.getByText("Stopped.").waitFor();
    assert.equal(await page.locator("article.assistant em").textContent(), "is");
    assert.equal(await page.locator("#stop").count(), 0);
    await page.getByRole("button", { name: "Continue" }).click();
    await chat.waitFor(() => chat.said.length === 3);
    assert.deepEqual(chat.said[2], { type: "continue", turn: 2 });
  });

  it("shows what the model thinks folded, and has a button that lets it think where it can", async () => {
    const { page } = chat;
    const think = page.getByRole("button", { name: "Think" });
    await chat.receive(READY, { type: "turn", turn: question(1, "why?") });
    assert.equal(await think.count(), 0);
    await chat.receive({ ...READY, thinking: false });
    assert.equal(await think.getAttribute("aria-pressed"), "false");
    await think.click();
    await chat.waitFor(() => chat.said.length === 1);
    assert.deepEqual(chat.said, [{ type: "think", isOn: true }]);
    await chat.receive({ ...READY, thinking: true });
    assert.equal(await think.getAttribute("aria-pressed"), "true");

    await chat.receive({ type: "turn", turn: answer(2, "", { state: "writing" }) });
    for (const text of ["<img src=x onerror=alert(1)> ", "is **no** reason."]) {
      await chat.receive({ type: "thought", turn: 2, text });
    }
    const fold = page.locator("article.assistant details");
    await fold.getByText("Thinking…").waitFor();
    assert.equal(await page.getByText("Reading…").count(), 0);
    const thoughts = fold.getByText("<img src=x onerror=alert(1)> is **no** reason.");
    assert.equal(await thoughts.isVisible(), false, "thoughts are folded");
    await chat.receive({ type: "text", turn: 2, text: "Because it *is*." });
    await fold.getByText("Thoughts", { exact: true }).click();
    assert.equal(await thoughts.isVisible(), true);
    await page.getByText("Because it is.").waitFor();
    await savePicture(page, "chat-thoughts");
    assert.deepEqual(chat.complaints, []);
  });

  it("renders Markdown, with code that can be copied, inserted, opened and applied", async () => {
    const { page } = chat;
    await chat.show(question(1, "how?"), answer(2, SAMPLE));
    await page.locator(".hljs-keyword").first().waitFor();
    const code = SAMPLE.split("```ts\n")[1]?.split("\n```")[0];
    for (const name of ["Copy code", "Insert at cursor", "Open in a new file", "Apply as a change to the editor"]) {
      await page.getByRole("button", { name }).click();
    }
    await page.getByRole("link", { name: "the docs" }).click();
    await page.getByRole("link", { name: "the docs" }).press("Enter");
    await chat.waitFor(() => chat.said.length === 6);
    const link = { type: "link", address: "https://example.org/docs" };
    assert.deepEqual(chat.said, [
      { type: "copy", text: code },
      { type: "insert", code },
      { type: "newFile", code, language: "ts" },
      { type: "apply", code, turn: 2 },
      link,
      link,
    ]);
    assert.equal(await page.locator("article.assistant ol li").count(), 2);
    assert.equal(await page.locator("article.assistant td").count(), 2);
    await savePicture(page, "chat-320");
  });

  it("offers what can be done with a turn", async () => {
    const { page } = chat;
    const stats = { promptTokens: 900, cachedTokens: 800, decodedTokens: 120, prefillMs: 1500, decodeMs: 6000 };
    await chat.show(question(1, "how?", { attached: ["cart.ts:3-9"] }), answer(2, "So.", { stats }));
    await page.getByText("cart.ts:3-9").waitFor();
    await page.getByRole("button", { name: "Copy answer" }).click();
    await page.getByRole("button", { name: "Write another answer" }).click();
    await page.getByRole("button", { name: "Delete answer and question" }).click();
    await page.getByRole("button", { name: "Speed and time" }).click();
    await page.getByText("20.0 tokens/s").waitFor();
    await page.getByRole("button", { name: "Edit and ask again" }).click();
    const editor = page.getByRole("textbox", { name: "Your question" });
    assert.equal(await editor.inputValue(), "how?");
    await editor.press("Escape");
    assert.equal(await editor.count(), 0);
    await page.getByRole("button", { name: "Edit and ask again" }).click();
    await editor.fill("how so?");
    await editor.press("Enter");
    await chat.waitFor(() => chat.said.length === 4);
    assert.deepEqual(chat.said, [
      { type: "copy", text: "So." },
      { type: "regenerate", turn: 2 },
      { type: "delete", turn: 2 },
      { type: "edit", turn: 1, text: "how so?" },
    ]);
  });

  it("completes what is typed behind @ and /, by keyboard", async () => {
    const { page } = chat;
    await chat.receive(READY);
    const input = page.locator("#input");
    await input.pressSequentially("see @car");
    await chat.waitFor(() => chat.said.length === 4);
    const asked = chat.said[3];
    assert.ok(asked?.type === "complete" && asked.trigger === "@" && asked.query === "car");
    const offers = [
      { id: "file:src/cart.ts", label: "cart.ts", detail: "src/cart.ts" },
      { id: "file:test/cart.test.ts", label: "cart.test.ts", detail: "test/cart.test.ts" },
    ];
    await chat.receive({
      type: "offers",
      request: asked.request - 1,
      offers: [{ id: "old", label: "old", detail: "" }],
    });
    assert.equal(await page.getByRole("option").count(), 0, "an answer that is out of date is not shown");
    await chat.receive({ type: "offers", request: asked.request, offers });
    assert.ok(await page.getByRole("listbox", { name: "Suggestions" }).isVisible());
    await input.press("ArrowDown");
    const active = (await input.getAttribute("aria-activedescendant")) ?? "";
    assert.equal(await page.locator(`#${active}`).getAttribute("aria-selected"), "true");
    await savePicture(page, "chat-offers");
    await input.press("Enter");
    await chat.waitFor(() => chat.said.length === 5);
    assert.deepEqual(chat.said[4], { type: "attach", offer: "file:test/cart.test.ts" });
    assert.equal(await input.inputValue(), "see ");
    await chat.receive({ type: "chips", chips: [{ id: 7, kind: "file", label: "cart.test.ts" }] });
    await page.getByRole("button", { name: "Remove cart.test.ts" }).click();
    await chat.waitFor(() => chat.said.length === 6);
    assert.deepEqual(chat.said[5], { type: "detach", chip: 7 });
    await input.fill("");
    await input.pressSequentially("/ex");
    await chat.waitFor(() => chat.said.length === 9);
    const slash = chat.said[8];
    assert.ok(slash?.type === "complete" && slash.trigger === "/");
    await chat.receive({
      type: "offers",
      request: slash.request,
      offers: [{ id: "explain", label: "/explain", detail: "what the code does" }],
    });
    await input.press("Tab");
    assert.equal(await input.inputValue(), "/explain ");
  });

  it("says how full the context is, what is left out, and which messages are folded", async () => {
    const { page } = chat;
    const turns = [question(1, "old"), answer(2, "Old."), question(3, "new"), answer(4, "New.")];
    await chat.show(...turns);
    await chat.receive(
      { type: "fold", upTo: 2 },
      {
        type: "meter",
        meter: { limit: 4096, used: 1536, reserved: 1024, leftOut: ["The 2 oldest messages: too long."] },
      },
    );
    assert.deepEqual(await page.locator("article .text").allInnerTexts(), ["new", "New."]);
    await page.getByRole("button", { name: "Show 2 older messages" }).click();
    assert.equal(await page.locator("article").count(), 4);
    await page.getByRole("button", { name: "Context 50 percent full, something is left out" }).click();
    await page.getByText("The 2 oldest messages: too long.").waitFor();
    await page.getByText("1536 of 4096 tokens are used; 1024 are kept for the answer.").waitFor();
    await savePicture(page, "chat-meter");
  });

  it("keeps an answer whose engine has gone, and offers to continue it", async () => {
    const { page } = chat;
    await chat.receive(READY, { type: "turn", turn: question(1, "why?") });
    await chat.receive(
      { type: "turn", turn: answer(2, "", { state: "writing" }) },
      { type: "text", turn: 2, text: "Because" },
    );
    await chat.receive({
      type: "state",
      note: "The engine stopped",
      chooseModel: false,
      offer: "",
      canAsk: false,
      alive: false,
    });
    await page.getByText("Because").waitFor();
    await page.getByText("Interrupted:").waitFor();
    assert.ok(await page.getByRole("button", { name: "Continue" }).isDisabled());
    await chat.show(question(1, "why?"), answer(2, "Because", { state: "interrupted" }));
    await page.getByRole("button", { name: "Continue" }).click();
    await chat.waitFor(() => chat.said.length === 1);
    assert.deepEqual(chat.said, [{ type: "continue", turn: 2 }]);
  });

  it("stays at the end of a growing answer, but not when the reader has scrolled up", async () => {
    await chat.receive(READY, { type: "turn", turn: answer(2, "", { state: "writing" }) });
    const log = chat.page.locator("#log");
    const grow = () => chat.receive({ type: "text", turn: 2, text: "another line\n\n".repeat(60) });
    const distance = () => log.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight);
    await grow();
    assert.ok((await distance()) < 2);
    await log.evaluate((at) => {
      at.scrollTop = 0;
    });
    await chat.settle();
    await grow();
    assert.ok((await distance()) > 100);
  });

  it("looks the same when it was streamed as when it is opened", async () => {
    const log = chat.page.locator("#log");
    await chat.show(question(1, "how?"));
    await chat.receive({ type: "turn", turn: answer(2, "", { state: "writing" }) });
    for (let at = 0; at < SAMPLE.length; at += 7) {
      await chat.receive({ type: "text", turn: 2, text: SAMPLE.slice(at, at + 7) });
    }
    await chat.receive({ type: "turn", turn: answer(2, SAMPLE) });
    const streamed = { html: await log.innerHTML(), picture: await log.screenshot() };
    const other = await ChatPage.open(context());
    await other.show(question(1, "how?"), answer(2, SAMPLE));
    const opened = {
      html: await other.page.locator("#log").innerHTML(),
      picture: await other.page.locator("#log").screenshot(),
    };
    await other.page.close();
    assert.equal(withoutMarks(streamed.html), withoutMarks(opened.html));
    assert.equal(await differingPixels(chat.page, streamed.picture, opened.picture), 0);
  }).timeout(40_000);
});

/** Removes the comments that Lit puts between its parts. */
function withoutMarks(html: string): string {
  return html.replaceAll(/<!--[\s\S]*?-->/g, "");
}
