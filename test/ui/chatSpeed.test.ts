import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import type { ChatTurn } from "../../webview/messages.ts";
import { root } from "../unit/root.ts";
import { answer, ChatPage, question, READY, withBrowser } from "./chatPage.ts";

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
  /** Length of the longest task in milliseconds; 0 if none took more than 50. */
  longest: number;
  /** How much moved on the screen by itself. */
  shift: number;
  /** How many elements of finished blocks there were in any frame. */
  finished: number;
  /** How many of them were removed again. */
  replaced: number;
}

/** Answers far above or below the screen are rendered only when the reader comes near. */
const MOST_RENDERED = 20;

describe("the chat page under load", () => {
  const context = withBrowser();
  let chat: ChatPage;
  beforeEach(async () => {
    chat = await ChatPage.open(context());
  });
  afterEach(() => chat.page.close());

  it("renders no finished block of 2,000 tokens again, and nothing on the screen jumps", async () => {
    assert.equal(TOKENS.length, 2000);
    const watched = await stream();
    assert.ok((await chat.page.locator(".code").count()) > 15);
    console.log(`      longest task ${watched.longest} ms (0: none over 50), layout shift ${watched.shift}`);
    assert.ok(watched.finished > 50, `${watched.finished} elements`);
    assert.equal(watched.replaced, 0);
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
      const finished = new Set<Element>();
      // Four tokens per frame are 240 per second, faster than any model here.
      for (let at = 0; at < tokens.length; at += 4) {
        for (const text of tokens.slice(at, at + 4)) window.postMessage({ type: "text", turn: 2, text }, "*");
        await new Promise((resolve) => requestAnimationFrame(resolve));
        // The last blocks may still be growing.
        for (const element of [...document.querySelectorAll("#turn-2 .markdown > *")].slice(0, -3)) {
          finished.add(element);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      const replaced = [...finished].filter((element) => !element.isConnected).length;
      return { ...seen, finished: finished.size, replaced };
    }, TOKENS);
  }

  it("opens a conversation of 200 messages by rendering those that are near the reader", async () => {
    const turns = Array.from({ length: 100 }, (_, i) => [
      question(2 * i + 1, `Question ${i}: what does this do?`),
      answer(2 * i + 2, SECTION.repeat(2)),
    ]).flat();
    const milliseconds = await open(turns);
    console.log(`      opened in ${Math.round(milliseconds)} ms`);
    const rendered = await chat.page.locator("sterna-turn:has(.code)").count();
    assert.ok(rendered > 0 && rendered <= MOST_RENDERED, `${rendered} answers are rendered`);
    const log = chat.page.locator("#log");
    assert.ok((await log.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight)) < 2);
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
    const kilobytes = statSync(path.join(root, "dist/webview/main.js")).size / 1024;
    assert.ok(kilobytes < 300, `the script has ${kilobytes.toFixed(0)} KB`);
  });
});
