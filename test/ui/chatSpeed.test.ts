import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import type { ChatTurn } from "../../webview/messages.ts";
import { root } from "../unit/root.ts";
import { answer, ChatPage, question, READY, withBrowser } from "./page.ts";

/** An answer of about 2,000 tokens: text, lists, code in two languages, a table. */
const SECTION = `## Part

The function *walks* through all \`items\`, and adds what each of them costs. It returns the sum, in cents.

- first it looks at the price
- then at the discount, which may be **absent**

\`\`\`ts
for (const { price, discount = 0 } of items) {
  if (price < 0) throw new RangeError("a price is negative");
  sum += Math.round(price * (1 - discount));
}
\`\`\`

| step | cost |
|------|------|
| one  | 1    |

\`\`\`python
def total(items):
    """Sum of all prices."""
    return sum(item.price for item in items)
\`\`\`

`;
const TOKENS = (SECTION.repeat(14).match(/\s?[\w]+|[^\w\s]|\s+/g) ?? []).slice(0, 2000);

interface Watched {
  longest: number;
  shift: number;
}

/** Other programs on the machine only ever add time: the best of three fresh pages is the page's own. */
const ATTEMPTS = 3;

describe("the chat page under load", () => {
  const context = withBrowser();
  let chat: ChatPage;
  afterEach(() => chat.page.close());

  async function fresh(): Promise<void> {
    await chat?.page.close();
    chat = await ChatPage.open(context());
  }

  /** Measures on fresh pages until a measurement is good, at most three times; gives the last. */
  async function best<T>(measure: () => Promise<T>, isGood: (value: T) => boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await fresh();
      const value = await measure();
      if (isGood(value) || attempt === ATTEMPTS) return value;
    }
  }

  it("streams 2,000 tokens without a task over 50 ms, and nothing on the screen jumps", async () => {
    assert.equal(TOKENS.length, 2000);
    const watched = await best(stream, ({ longest }) => longest <= 50);
    assert.ok((await chat.page.locator(".code").count()) > 15);
    console.log(`      longest task ${watched.longest} ms (0: none over 50), layout shift ${watched.shift}`);
    assert.ok(watched.longest <= 50, `a task took ${watched.longest} ms`);
    assert.equal(watched.shift, 0);
  }).timeout(90_000);

  async function stream(): Promise<Watched> {
    await chat.receive(READY, { type: "turn", turn: question(1, "how?") });
    await chat.receive({ type: "turn", turn: answer(2, "", { state: "writing" }) });
    return await chat.page.evaluate(async (tokens): Promise<Watched> => {
      const seen = { longest: 0, shift: 0 };
      // Tasks longer than 50 ms are reported with their length; shorter ones are not reported at all.
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.longest = Math.max(seen.longest, entry.duration);
      }).observe({ type: "longtask" });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as PerformanceEntry & { value: number }).value;
      }).observe({ type: "layout-shift" });
      // Four tokens in a frame are 240 a second: faster than any model here writes.
      for (let at = 0; at < tokens.length; at += 4) {
        for (const text of tokens.slice(at, at + 4)) window.postMessage({ type: "text", turn: 2, text }, "*");
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      return seen;
    }, TOKENS);
  }

  it("opens a conversation of 200 messages in less than 300 ms", async () => {
    const turns = Array.from({ length: 100 }, (_, i) => [
      question(2 * i + 1, `Question ${i}: what does this do?`),
      answer(2 * i + 2, SECTION.repeat(2)),
    ]).flat();
    const milliseconds = await best(
      () => open(turns),
      (value) => value < 300,
    );
    console.log(`      opened in ${Math.round(milliseconds)} ms`);
    assert.ok(milliseconds < 300, `${milliseconds} ms`);
    const log = chat.page.locator("#log");
    assert.ok((await log.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight)) < 2);
    // What lies far above is rendered when the reader comes near.
    const first = chat.page.locator("#turn-2 .text");
    assert.equal(await first.locator(".code").count(), 0);
    await log.evaluate((at) => {
      at.scrollTop = 0;
    });
    await first.locator(".code").first().waitFor();
  }).timeout(40_000);

  async function open(turns: ChatTurn[]): Promise<number> {
    await chat.receive(READY);
    return await chat.page.evaluate(async (turns) => {
      const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      await painted();
      const begun = performance.now();
      const conversation = { id: "c", title: "long", turns, foldedUpTo: 0 };
      window.postMessage({ type: "conversation", conversation }, "*");
      const isThere = () => {
        const last = document.querySelector("sterna-turn:last-of-type .markdown .code");
        return document.querySelectorAll("article").length === turns.length && last !== null;
      };
      while (!isThere()) await painted();
      await painted();
      return performance.now() - begun;
    }, turns);
  }

  it("is a small page", async () => {
    await fresh();
    const kilobytes = statSync(path.join(root, "dist/webview/main.js")).size / 1024;
    assert.ok(kilobytes < 300, `the script has ${kilobytes.toFixed(0)} KB`);
  });
});
