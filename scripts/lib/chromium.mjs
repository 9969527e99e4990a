/** Finds and starts the Chromium that the browser tests and `npm start -- --check` drive. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { isExecutable, root, ScriptError, which } from "./process.mjs";

const PLACES = {
  linux: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  darwin: [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/** The path of a Chromium: STERNA_CHROMIUM, else the system's, else the one that Playwright has downloaded. */
export function findChromium() {
  const named = process.env.STERNA_CHROMIUM;
  if (named) {
    if (!isExecutable(named)) throw new ScriptError(`STERNA_CHROMIUM names no program: ${named}`);
    return named;
  }
  const places = PLACES[/** @type {keyof typeof PLACES} */ (process.platform)] ?? [];
  return which("chromium") ?? places.find(isExecutable) ?? playwrightChromium();
}

function playwrightChromium() {
  if (!existsSync(`${root}/node_modules/playwright-core`)) return undefined;
  const { chromium } = createRequire(import.meta.url)("playwright-core");
  const file = chromium.executablePath();
  return file && isExecutable(file) ? file : undefined;
}

/**
 * Starts Chromium without a window. Its pages can reach only this machine.
 *
 * @returns {Promise<import("playwright-core").BrowserContext>} Closing its browser ends Chromium.
 */
export async function launchChromium({ width = 1280, height = 800 } = {}) {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new ScriptError("No Chromium was found: install chromium, or set STERNA_CHROMIUM to its path.");
  }
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-US" });
  context.setDefaultTimeout(30_000);
  await context.route("**/*", (route) => {
    const { protocol, hostname } = new URL(route.request().url());
    const local = hostname === "127.0.0.1" || hostname === "" || protocol === "file:";
    return local ? route.continue() : route.abort();
  });
  return context;
}
