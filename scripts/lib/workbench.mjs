/** Drives VS Code's workbench in a browser page. The selectors are those of VS Code 1.139. */
import { ScriptError } from "./process.mjs";

/**
 * @typedef {import("playwright-core").Page} Page
 * @typedef {{file: string, line: number, column: number}} Place A place in a file of the folder, counted from 1.
 */

/**
 * The address of a workbench with a folder, and optionally a file of it with the cursor at a place.
 *
 * @param {string} origin The server's.
 * @param {string} folder
 * @param {Place} [place]
 */
export function workbenchAddress(origin, folder, place) {
  const query = new URLSearchParams({ folder });
  if (place) {
    const { host } = new URL(origin);
    const file = `vscode-remote://${host}${encodeURI(`${folder}/${place.file}`)}:${place.line}:${place.column}`;
    query.set(
      "payload",
      JSON.stringify([
        ["openFile", file],
        ["gotoLineMode", "true"],
      ]),
    );
  }
  return `${origin}/?${query}`;
}

const STATUS_ITEM = '.statusbar-item[id$="sterna.status"]';
/** Ghost text at the cursor, and its following lines. */
const GHOST_TEXT =
  ".ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text .ghost-text, .ghost-text";
const EDITOR = ".editor-instance .monaco-editor";
const INPUT = ".quick-input-widget input.input";

export class Workbench {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * Opens a folder.
   *
   * @param {import("playwright-core").BrowserContext} context
   * @param {string} origin The server's.
   * @param {string} folder
   * @param {Place} [place] A file to open with it.
   */
  static async open(context, origin, folder, place) {
    const page = await context.newPage();
    await page.goto(workbenchAddress(origin, folder, place));
    await page.waitForSelector(".monaco-workbench .statusbar", { timeout: 60_000 });
    return new Workbench(page);
  }

  get status() {
    return this.page.locator(STATUS_ITEM);
  }

  /** The label of the status item without icons, for example "Sterna: ready". */
  async statusLabel() {
    return (await this.status.getByRole("button").first().getAttribute("aria-label")) ?? "";
  }

  /**
   * Waits until the status item shows a state; a failed engine ends the wait.
   *
   * @param {RegExp} state
   * @param {number} timeoutMs
   */
  async waitForStatus(state, timeoutMs = 60_000) {
    let label = "";
    for (const end = Date.now() + timeoutMs; Date.now() < end; await this.page.waitForTimeout(50)) {
      label = (await this.status.count()) > 0 ? await this.statusLabel() : "";
      if (state.test(label)) return label;
      if (/failed/.test(label)) break;
    }
    throw new ScriptError(`The status item says "${label}", not ${state}.`);
  }

  /**
   * Watches the status item from now on.
   *
   * @returns {Promise<() => Promise<string[]>>} Returns all labels since then; successive equal ones count once.
   */
  async watchStatus() {
    const watch = await this.page.evaluateHandle((item) => {
      const seen = /** @type {string[]} */ ([]);
      const look = () => {
        const label = document.querySelector(`${item} [role=button]`)?.getAttribute("aria-label") ?? "";
        if (label !== "" && label !== seen.at(-1)) seen.push(label);
      };
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
      return seen;
    }, STATUS_ITEM);
    return () => watch.jsonValue();
  }

  /**
   * The lines of the status item's hover.
   *
   * @param {{keep?: boolean}} [options] `keep` leaves the hover on the screen.
   */
  async statusTooltip({ keep = false } = {}) {
    await this.status.hover();
    const hover = this.page.locator(".workbench-hover .hover-contents, .monaco-hover .hover-contents").last();
    await hover.waitFor({ state: "visible" });
    // innerText keeps the line breaks, unlike textContent.
    const text = await hover.innerText();
    if (!keep) await this.page.mouse.move(600, 300);
    return text
      .split("\n")
      .map((line) => line.replaceAll("\u00a0", " ").trim())
      .filter(Boolean);
  }

  /**
   * Runs a command by its title in the command palette.
   *
   * @param {string} title
   */
  async command(title) {
    await this.page.keyboard.press("F1");
    await this.#pick(`>${title}`);
  }

  /**
   * Runs a command that continues in the palette's own box with a list of its own, so that the box never disappears.
   *
   * @param {string} title
   * @param {string} placeholder The placeholder of the list's box.
   */
  async commandWithList(title, placeholder) {
    await this.page.keyboard.press("F1");
    await this.#enter(`>${title}`);
    await this.page.locator(`${INPUT}[placeholder="${placeholder}"]`).waitFor();
  }

  /**
   * Opens a file and puts the cursor at the end of a line.
   *
   * @param {string} file
   * @param {number} line From 1.
   */
  async openAt(file, line) {
    await this.page.keyboard.press("Control+P");
    await this.#pick(`${file}:${line}`);
    await this.waitForEditor(file);
    await this.page.keyboard.press("End");
  }

  /**
   * Waits until a file is shown and has the cursor.
   *
   * @param {string} file
   */
  async waitForEditor(file) {
    const name = file.split("/").at(-1) ?? file;
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator(`${EDITOR}.focused`).first().waitFor();
  }

  /** @param {string} text */
  async #pick(text) {
    await this.#enter(text);
    await this.page.locator(INPUT).waitFor({ state: "hidden" });
  }

  /** @param {string} text */
  async #enter(text) {
    const input = this.page.locator(INPUT);
    await input.waitFor({ state: "visible" });
    await input.fill(text);
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    // The list is filtered a moment after the text has changed.
    await this.page.waitForTimeout(300);
    await this.page.keyboard.press("Enter");
  }

  /**
   * The content of the webview that contains an element. Webviews are frames inside frames.
   *
   * @param {string} selector
   */
  async webview(selector) {
    const content = this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await content.locator(selector).waitFor({ state: "attached" });
    return content;
  }

  /** The ghost text on the screen, "" when there is none. */
  async ghostText() {
    const parts = await this.page.locator(EDITOR).locator(GHOST_TEXT).allInnerTexts();
    return parts.join("").replaceAll("\u00a0", " ").replaceAll("\u200c", "");
  }

  /**
   * Waits for ghost text.
   *
   * @param {number} timeoutMs
   * @returns {Promise<string>} "" when none has appeared in time.
   */
  async waitForGhostText(timeoutMs) {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await this.page.waitForTimeout(5)) {
      const text = await this.ghostText();
      if (text.trim() !== "") return text;
    }
    return "";
  }

  /** The editor's line with the cursor. */
  async cursorLine() {
    return await this.page.evaluate((editor) => {
      const cursor = document.querySelector(`${editor} .cursor`)?.getBoundingClientRect();
      const lines = [...document.querySelectorAll(`${editor} .view-line`)];
      const line = lines.find((candidate) => {
        const box = candidate.getBoundingClientRect();
        return cursor && Math.abs(box.top - cursor.top) < box.height / 2;
      });
      return (line?.textContent ?? "").replaceAll("\u00a0", " ");
    }, EDITOR);
  }

  /**
   * Watches the line with the cursor, ghost text included, on every frame from now on.
   *
   * @returns {Promise<() => Promise<{count: number, lines: string[]}>>} Ends it, and returns the number of frames and
   * the different lines that were seen.
   */
  async watchCursorLine() {
    const watch = await this.page.evaluateHandle((editor) => {
      const seen = { count: 0, lines: /** @type {string[]} */ ([]), isOver: false };
      const look = () => {
        if (seen.isOver) return;
        const cursor = document.querySelector(`${editor} .cursor`)?.getBoundingClientRect();
        const line = [...document.querySelectorAll(`${editor} .view-line`)].find((candidate) => {
          const box = candidate.getBoundingClientRect();
          return cursor && Math.abs(box.top - cursor.top) < box.height / 2;
        });
        const text = (line?.textContent ?? "").replaceAll("\u00a0", " ");
        seen.count++;
        if (!seen.lines.includes(text)) seen.lines.push(text);
        requestAnimationFrame(look);
      };
      look();
      return seen;
    }, EDITOR);
    return () =>
      watch.evaluate((seen) => {
        seen.isOver = true;
        return { count: seen.count, lines: seen.lines };
      });
  }
}
