import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { AxeResults } from "axe-core";
import type { ToPage } from "../../webview/messages.ts";
import { root } from "../unit/root.ts";
import { answer, ChatPage, question, READY, THEMES, type Theme, withBrowser } from "./chatPage.ts";
import { savePicture } from "./vscodeSession.ts";

const AXE = readFileSync(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const STATS = { promptTokens: 900, cachedTokens: 800, decodedTokens: 120, prefillMs: 1500, decodeMs: 6000 };
const TEXT = `Use **\`reduce\`**, see [the docs](https://example.org/docs):

\`\`\`ts
// Prices are in cents.
export class Cart extends Base {
  total(items: Item[] = [], rate = 1.5): number {
    return items.reduce((sum, { price }) => sum + price * rate, "a".length);
  }
}
\`\`\`

> A quotation.

| name | price |
|------|-------|
| pear | 40    |
`;

/** A page that shows everything that it can show at the same time. */
async function everything(chat: ChatPage): Promise<void> {
  await chat.show(
    question(1, "old"),
    answer(2, "Old."),
    question(3, "How do I sum the prices?", { attached: ["cart.ts:3-9"], note: "The model does not see 40 lines." }),
    answer(4, TEXT, { stats: STATS, state: "stopped" }),
  );
  await chat.receive(
    { type: "fold", upTo: 2 },
    { ...READY, note: "The engine is busy with the index." },
    { type: "problem", text: "Nothing is selected in the editor." },
    { type: "chips", chips: [{ id: 1, kind: "file", label: "cart.ts" }] },
    { type: "meter", meter: { limit: 4096, used: 2900, reserved: 1024, leftOut: ["The 2 oldest messages."] } },
  );
  await chat.page.getByRole("button", { name: /^Context/ }).click();
  await chat.page.getByRole("button", { name: "Speed and time" }).click();
}

/** When the model in use does not answer questions, the page shows the way to one that does. */
const NO_CHAT: ToPage = {
  type: "state",
  note: "The model only completes code.",
  chooseModel: true,
  offer: "Download Big (1.2 GB)",
  canAsk: false,
  alive: true,
};

async function openOffers(chat: ChatPage): Promise<void> {
  await chat.page.locator("#input").fill("");
  await chat.page.locator("#input").pressSequentially("@");
  await chat.waitFor(() => chat.sent.at(-1)?.type === "complete");
  const asked = chat.sent.at(-1);
  assert.ok(asked?.type === "complete");
  const offers = ["selection", "file", "problems"].map((id) => ({ id, label: `@${id}`, detail: `the ${id}` }));
  await chat.receive({ type: "offers", request: asked.request, offers });
}

async function violations(chat: ChatPage): Promise<string[]> {
  await chat.page.evaluate(AXE);
  const result = await chat.page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

describe("the chat page for everybody", () => {
  const context = withBrowser();
  let chat: ChatPage;
  afterEach(() => chat.page.close());

  for (const theme of THEMES) {
    for (const width of [320, 200]) {
      it(`has nothing that axe complains about: ${theme}, ${width} px`, async () => {
        chat = await ChatPage.open(context(), { theme, width, height: 900 });
        assert.deepEqual(await violations(chat), [], "empty");
        await everything(chat);
        assert.deepEqual(await violations(chat), [], "full");
        await savePicture(chat.page, `chat-${theme}-${width}`);
        await openOffers(chat);
        assert.deepEqual(await violations(chat), [], "with offers");
        await chat.page.getByRole("button", { name: "Edit and ask again" }).click();
        assert.deepEqual(await violations(chat), [], "editing");
        await chat.receive(NO_CHAT);
        await chat.page.getByRole("button", { name: "All models" }).waitFor();
        assert.deepEqual(await violations(chat), [], "without a model that answers");
        const overflow = await chat.page.evaluate(() => {
          const log = document.querySelector("#log");
          return [document.documentElement.scrollWidth, log ? log.scrollWidth - log.clientWidth : -1];
        });
        assert.deepEqual(overflow, [width, 0], "nothing is wider than the page");
      }).timeout(40_000);
    }
  }

  it("reaches every control by Tab, each with a name and a visible focus, and leaves none", async () => {
    chat = await ChatPage.open(context());
    const { page } = chat;
    await everything(chat);
    const all = await page.evaluate(() => {
      const controls = [...document.querySelectorAll<HTMLElement>("button, textarea, a[data-address], [tabindex]")];
      const shown = controls.filter((element) => element.checkVisibility() && !(element as HTMLButtonElement).disabled);
      for (const [index, element] of shown.entries()) element.dataset.control = String(index);
      return shown.map((element) => element.outerHTML.slice(0, 120));
    });
    assert.ok(all.length >= 20, String(all.length));
    const reached = new Map<string, { name: string; outline: string }>();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let i = 0; i < all.length + 5; i++) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (element === null || element === document.body) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const name = element.getAttribute("aria-label") ?? (element.textContent?.trim() || element.title);
        return {
          control: element.dataset.control ?? element.outerHTML,
          name,
          outline: `${outlineStyle} ${outlineWidth}`,
        };
      });
      if (found !== undefined) reached.set(found.control, found);
    }
    const missed = all.filter((_, index) => !reached.has(String(index)));
    assert.deepEqual(missed, [], "not reached by Tab");
    for (const { name, outline } of reached.values()) {
      assert.notEqual(name, "");
      assert.match(outline, /^(solid|auto) [1-9]/, name);
    }
  });

  it("announces what it does: an answer once it is whole, notes, and what is wrong", async () => {
    chat = await ChatPage.open(context());
    const { page } = chat;
    const status = page.locator("p[role=status]");
    await chat.receive(READY, { type: "turn", turn: answer(2, "", { state: "writing" }) });
    assert.equal(await status.textContent(), "Sterna is answering");
    await chat.receive({ type: "text", turn: 2, text: "Because." });
    assert.equal(await status.textContent(), "Sterna is answering");
    assert.equal(await page.locator("article").getAttribute("aria-busy"), "true");
    await chat.receive({ type: "turn", turn: answer(2, "Because.") });
    assert.equal(await status.textContent(), "Sterna: Because.");
    await chat.receive({ type: "problem", text: "The disk is full." });
    assert.match((await page.locator("#note[role=status]").textContent()) ?? "", /The disk is full/);
  });

  it("moves nothing when less motion is wanted", async () => {
    chat = await ChatPage.open(context());
    await chat.receive(READY, { type: "turn", turn: answer(2, "", { state: "writing" }) });
    const animation = () =>
      chat.page.locator(".waiting").evaluate((element) => getComputedStyle(element).animationName);
    assert.equal(await animation(), "breathe");
    await chat.page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await animation(), "none");
    await chat.page.emulateMedia({ reducedMotion: "no-preference" });
    await chat.page.evaluate(() => document.body.classList.add("vscode-reduce-motion"));
    assert.equal(await animation(), "none");
  });

  it("has the theme's colours, not its own, in high contrast", async () => {
    const colours = async (theme: Theme) => {
      chat = await ChatPage.open(context(), { theme });
      const value = await chat.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      if (theme !== "highContrast") await chat.page.close();
      return value;
    };
    assert.deepEqual(
      [await colours("highContrastLight"), await colours("highContrast")],
      ["rgb(255, 255, 255)", "rgb(0, 0, 0)"],
    );
  });
});
