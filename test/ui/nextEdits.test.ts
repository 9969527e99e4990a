/**
 * Next edits in the workbench, by the keyboard alone: what is seen, where Tab goes, and to whom else Tab belongs.
 */
import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import type { Workbench } from "../../scripts/lib/workbench.mjs";
import { type Session, savePicture, startSession } from "./vscodeSession.ts";

const NAMES = ["first", "second", "third", "fourth", "fifth"];
const CALLS = NAMES.map((name) => `load(${name}, retry);\n`).join("\n");
const MANY = Array.from({ length: 10 }, (_, index) => `reach(item${index}, retry);\n`).join("\n");
const WIDTHS = [480, 640, 800, 1100, 1500];
const NEXT_EDIT = '.statusbar-item[id$="sterna.nextEdit"] [role=button]';
/** The list and ghost text come only when a test asks for them. */
const QUIET = {
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.inlineSuggest.enabled": false,
  "editor.autoClosingBrackets": "never",
};

describe("next edits in the workbench", function () {
  this.timeout(90_000);
  let session: Session;
  let workbench: Workbench;
  let folder: string;
  let settingsWritten = 0;

  before(async function () {
    this.timeout(180_000);
    session = await startSession();
    folder = path.join(temporaryFolder("next-edits"), "project");
    mkdirSync(path.join(folder, ".vscode"), { recursive: true });
    writeSettings({});
    write("calls.js", CALLS);
    write("escape.js", CALLS.replaceAll("load", "open"));
    write("ghost.js", `${CALLS.replaceAll("load", "send")}\nconst one = zebrafish.soup.kitchen;\n`);
    write("list.js", CALLS.replaceAll("load", "take"));
    write("snippet.js", CALLS.replaceAll("load", "make"));
    write("contrast.js", CALLS.replaceAll("load", "draw"));
    write("many.js", MANY);
    write("src/unopened.js", "// nothing here\nreach(elsewhere, retry);\n");
    write("ignored.js", "reach(ignored, retry);\n");
    write("excluded.js", "reach(excluded, retry);\n");
    write(".gitignore", "ignored.js\n");
    workbench = await session.openWindow(folder);
  });
  after(() => session?.close());

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }

  /** @returns the window's title once the settings are in force. */
  function writeSettings(settings: Record<string, unknown>): string {
    const title = `settings ${++settingsWritten}`;
    const fixed = { "sterna.inline.exclude": { "**/excluded.js": true }, "window.title": title };
    const file = path.join(folder, ".vscode/settings.json");
    // In one step, because the workbench may read the file at any time.
    writeFileSync(`${file}.new`, JSON.stringify({ ...QUIET, ...fixed, ...settings }));
    renameSync(`${file}.new`, file);
    return title;
  }

  /** Changes the settings, and waits until the workbench goes by them. */
  async function configure(settings: Record<string, unknown>): Promise<void> {
    const title = writeSettings(settings);
    await eventually(() => workbench.page.title(), new RegExp(`^${title}$`));
  }

  const keyboard = () => workbench.page.keyboard;
  const picture = (name: string) => savePicture(workbench.page, `next-edit-${name}`);

  /** Writes another word over the first one of a line. */
  async function replaceFirstWord(file: string, line: number, word: string): Promise<void> {
    await workbench.openAt(file, line);
    await keyboard().press("Home");
    await keyboard().press("Control+Shift+ArrowRight");
    await keyboard().type(word, { delay: 20 });
  }

  async function replaceThree(file: string, word: string): Promise<void> {
    await workbench.openAt(file, 1);
    // The engine must have the text before its first change.
    await workbench.page.waitForTimeout(1_000);
    for (const line of [1, 3, 5]) await replaceFirstWord(file, line, word);
  }

  /** What the status bar reads aloud of the next edit, "" without one. */
  async function announced(): Promise<string> {
    // In one step, because the entry may go away at any time.
    return await workbench.page.locator(NEXT_EDIT).evaluateAll(([item]) => item?.getAttribute("aria-label") ?? "");
  }

  /** Waits until a text on the screen is what is wanted. */
  async function eventually(read: () => Promise<string>, wanted: RegExp): Promise<void> {
    let seen = "";
    for (const end = Date.now() + 20_000; Date.now() < end; await workbench.page.waitForTimeout(50)) {
      seen = await read();
      if (wanted.test(seen)) return;
    }
    throw new Error(`it says "${seen}", not ${wanted}`);
  }

  const waitFor = (wanted: RegExp) => eventually(announced, wanted);
  const waitForCursorLine = (wanted: RegExp) => eventually(() => workbench.cursorLine(), wanted);

  /** The texts beside the code, and where they are. */
  async function beside(): Promise<{ text: string; right: number }[]> {
    return await workbench.page.evaluate(() =>
      [...document.querySelectorAll(".editor-instance .view-lines span")].flatMap((element) => {
        const { content } = getComputedStyle(element, "::after");
        const text = content.replace(/^"|"$/g, "").replaceAll("\u00a0", " ");
        const { right } = element.getBoundingClientRect();
        return ["none", "normal", ""].includes(text) ? [] : [{ text, right }];
      }),
    );
  }

  const lineOf = async (line: number) =>
    await workbench.page.evaluate((index) => {
      const lines = [...document.querySelectorAll<HTMLElement>(".editor-instance .view-line")];
      lines.sort((one, other) => Number.parseInt(one.style.top, 10) - Number.parseInt(other.style.top, 10));
      return (lines[index]?.textContent ?? "").replaceAll("\u00a0", " ");
    }, line - 1);

  it("three of five calls changed by hand: Tab goes to the fourth, Tab makes it, and so the fifth; Ctrl+Z takes one back", async () => {
    await replaceThree("calls.js", "fetchAll");
    await waitFor(/^Next edit: Replace “load” by “fetchAll”, line 7\. Tab goes there/);
    const texts = (await beside()).map(({ text }) => text);
    assert.ok(texts.includes("Tab: next edit, line 7"), texts.join("|"));
    assert.ok(texts.includes("fetchAll"), texts.join("|"));
    await picture("elsewhere");
    await keyboard().press("Tab");
    await waitFor(/line 7\. Tab makes the edit/);
    await picture("here");
    await keyboard().press("Tab");
    await waitFor(/line 9\. Tab goes there/);
    assert.equal(await lineOf(7), "fetchAll(fourth, retry);");
    await keyboard().press("Tab");
    await waitFor(/line 9\. Tab makes the edit/);
    await keyboard().press("Tab");
    await eventually(() => lineOf(9), /^fetchAll\(fifth, retry\);$/);
    await keyboard().press("Control+Z");
    await eventually(() => lineOf(9), /^load\(fifth, retry\);$/);
    assert.equal(await lineOf(7), "fetchAll(fourth, retry);");
    assert.equal(await announced(), "", "what was taken back is not proposed at once again");
  });

  it("Escape hides it, and Tab is a tab again", async () => {
    await replaceThree("escape.js", "close");
    await waitFor(/line 7\. Tab goes there/);
    await keyboard().press("Escape");
    await waitFor(/^$/);
    await keyboard().press("Tab");
    await waitForCursorLine(/^close\s+\(third, retry\);/);
  });

  it("the list keeps Tab", async () => {
    await replaceThree("list.js", "give");
    await waitFor(/line 7\. Tab goes there/);
    await keyboard().press("End");
    await keyboard().type(" fou", { delay: 20 });
    await waitFor(/line 7\. Tab goes there/);
    await keyboard().press("Control+Space");
    await workbench.page.locator(".suggest-widget.visible .monaco-list-row").first().waitFor();
    await picture("list");
    await keyboard().press("Tab");
    await waitForCursorLine(/^give\(third, retry\); fourth$/);
  });

  it("a snippet keeps Tab", async () => {
    await replaceThree("snippet.js", "build");
    await waitFor(/line 7\. Tab goes there/);
    await keyboard().press("End");
    await keyboard().press("Enter");
    await workbench.commandWithList("Snippets: Insert Snippet", "Select a snippet");
    await workbench.page.locator(".quick-input-widget input.input").fill("for loop");
    await workbench.page.waitForTimeout(500);
    await keyboard().press("Enter");
    await workbench.page.locator(".snippet-placeholder, .finish-snippet-placeholder").first().waitFor();
    await keyboard().type("position", { delay: 20 });
    await workbench.page.waitForTimeout(500);
    const line = await workbench.cursorLine();
    await keyboard().press("Tab");
    await keyboard().type("items", { delay: 20 });
    assert.match(line, /position/);
    // Tab has gone to the next place of the snippet.
    await waitForCursorLine(/position = 0; position < items/);
  });

  it("ghost text keeps Tab", async () => {
    await replaceThree("ghost.js", "post");
    await configure({ "editor.inlineSuggest.enabled": true });
    try {
      await workbench.openAt("ghost.js", 11);
      await keyboard().press("Enter");
      await keyboard().type("const two = zeb", { delay: 40 });
      const ghost = (await workbench.waitForGhostText(10_000)).trim();
      assert.ok("rafish.soup.kitchen;".startsWith(ghost) && ghost.length > 4, `"${ghost}"`);
      await waitFor(/line 7\. Tab goes there/);
      await picture("ghost-text");
      await keyboard().press("Tab");
      await waitForCursorLine(new RegExp(`^const two = zeb${ghost}`));
    } finally {
      // Ghost text in the other tests would take Tab.
      await configure({});
    }
  });

  it("a file that is not open is named, Tab opens it, and Tab makes the edit there; ignored and excluded ones never", async () => {
    for (let index = 0; index < 10; index++) await replaceFirstWord("many.js", 2 * index + 1, "arrive");
    await waitFor(/unopened\.js, line 2\. Tab goes there/);
    const texts = (await beside()).map(({ text }) => text);
    assert.ok(texts.includes("Tab: next edit, unopened.js, line 2"), texts.join("|"));
    await picture("other-file");
    await keyboard().press("Tab");
    await workbench.waitForEditor("src/unopened.js");
    await waitFor(/line 2\. Tab makes the edit/);
    await picture("other-file-here");
    await keyboard().press("Tab");
    await eventually(() => lineOf(2), /^arrive\(elsewhere, retry\);$/);
    await workbench.page.waitForTimeout(2_000);
    assert.equal(await announced(), "", "no other file may be read");
  });

  it("is readable in high contrast and at five widths", async () => {
    await replaceThree("contrast.js", "paint");
    await waitFor(/line 7\. Tab goes there/);
    const { page } = workbench;
    for (const [name, theme] of [
      ["dark", "Default High Contrast"],
      ["light", "Default High Contrast Light"],
    ] as const) {
      await configure({ "workbench.colorTheme": theme });
      await page.waitForTimeout(1_500);
      await picture(`contrast-${name}`);
      const edges = await page.evaluate(() =>
        [...document.querySelectorAll(".editor-instance .view-lines span")].flatMap((element) => {
          const style = getComputedStyle(element, "::after");
          return style.content === '"paint"' ? [style.borderTopWidth, style.color === style.backgroundColor] : [];
        }),
      );
      assert.deepEqual(edges, ["1px", false], "the new text has a frame and is not the colour of its ground");
    }
    await configure({});
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 600 });
      await page.waitForTimeout(700);
      await picture(`width-${width}`);
      const item = await page.locator(NEXT_EDIT).first().boundingBox();
      assert.ok(item !== null && item.x >= 0 && item.x + item.width <= width, `the status item at ${width}`);
      const places = await beside();
      assert.ok(
        places.some(({ text, right }) => text === "paint" && right <= width),
        `the new text at ${width}: ${JSON.stringify(places)}`,
      );
    }
    assert.match(await announced(), /line 7\. Tab goes there/);
  });
});
