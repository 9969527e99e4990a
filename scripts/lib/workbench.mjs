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
export const GHOST_TEXT =
  ".ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text .ghost-text, .ghost-text";
const EDITOR = ".editor-instance .monaco-editor";
const INPUT = ".quick-input-widget input.input";
const ROW = ".quick-input-list .monaco-list-row";

/** How long the palette may take to show what was typed before it is opened anew, and how often that is tried. */
const PALETTE_MS = 7_000;
const ATTEMPTS = 4;

/**
 * The last part of a path, by which tabs and lists name a file.
 *
 * @param {string} path
 */
function nameOf(path) {
  return path.split("/").at(-1) ?? path;
}

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
    // Hovers of the editor stay in the page when they are hidden.
    const hovers = this.page.locator(".workbench-hover .hover-contents, .monaco-hover .hover-contents");
    const hover = hovers.filter({ visible: true }).last();
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
    await this.#choose("F1", `>${title}`, title);
    await this.page.locator(INPUT).waitFor({ state: "hidden" });
  }

  /**
   * Runs a command that continues in the palette's own box with a list of its own, so that the box never disappears.
   *
   * @param {string} title
   * @param {string} placeholder The placeholder of the list's box.
   */
  async commandWithList(title, placeholder) {
    await this.#choose("F1", `>${title}`, title);
    await this.page.locator(`${INPUT}[placeholder="${placeholder}"]`).waitFor();
  }

  /** Closes the editor that is shown, if there is one, without saving. */
  async closeEditor() {
    if ((await this.page.locator(".tab.active").count()) > 0) await this.command("View: Revert and Close Editor");
  }

  /**
   * Opens a file and puts the cursor at the end of a line.
   *
   * @param {string} file
   * @param {number} line From 1.
   */
  async openAt(file, line) {
    await this.#choose("Control+P", `${file}:${line}`, nameOf(file));
    await this.page.locator(INPUT).waitFor({ state: "hidden" });
    await this.waitForEditor(file);
    await this.page.keyboard.press("End");
  }

  /**
   * Waits until a file is shown and has the cursor.
   *
   * @param {string} file
   */
  async waitForEditor(file) {
    await this.page.locator(`.tab.active[data-resource-name="${nameOf(file)}"]`).waitFor();
    await this.page.locator(`${EDITOR}.focused`).first().waitFor();
  }

  /**
   * Opens the palette, enters a text and accepts a row. VS Code closes the palette whenever something else takes the
   * focus, such as an editor that is still being closed: then it is opened again.
   *
   * @param {string} key The key that opens the palette.
   * @param {string} text
   * @param {string} label How the label of the row begins.
   */
  async #choose(key, text, label) {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press(key);
      try {
        await this.#select(text, label);
        break;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await this.page.keyboard.press("Escape");
      }
    }
    await this.page.keyboard.press("Enter");
  }

  /**
   * @param {string} text
   * @param {string} label
   */
  async #select(text, label) {
    const input = this.page.locator(INPUT);
    await input.fill(text, { timeout: PALETTE_MS });
    // The list is filtered a moment after the text has changed, and on a busy machine files are found later than that:
    // until then Enter would choose what the list showed before.
    const row = this.page.locator(`${ROW}[aria-label^="${label}"]`).first();
    await row.waitFor({ timeout: PALETTE_MS });
    await this.page.waitForTimeout(300);
    // The best match is not always the first row. The pointer is not used, because where it stays it shows hovers.
    const index = await row.evaluate((found, all) => [...document.querySelectorAll(all)].indexOf(found), ROW, {
      timeout: PALETTE_MS,
    });
    for (let step = 0; step < index; step++) await this.page.keyboard.press("ArrowDown");
    if (!(await input.isVisible())) throw new Error(`The palette closed before "${label}" was chosen.`);
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
