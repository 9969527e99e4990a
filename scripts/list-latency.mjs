/**
 * Measures how long VS Code's own list of suggestions takes after a key, with and without Sterna:
 *
 *   node scripts/list-latency.mjs [--vsix FILE] [--runs N]
 *
 * It types member accesses, half words and names inside imports, in TypeScript and Python, in a VS Code server with
 * Chromium. The two settings alternate, and each place is typed at N times (default 8). By its own default
 * (editor.quickSuggestions, "offWhenInlineCompletions") VS Code opens no list where ghost text stands; the last column
 * says how often that was so, and how long the ghost text was that the list gave way to.
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { launchChromium } from "./lib/chromium.mjs";
import { root, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { installServer, startServer } from "./lib/vscode-server.mjs";
import { Workbench } from "./lib/workbench.mjs";
import { packageExtension } from "./package.mjs";

/** Text typed at the end of a line; the last key is the one that is measured. */
const PLACES = [
  { kind: "member access", file: "src/cart.ts", line: 25, type: "\nthis." },
  { kind: "half word", file: "src/cart.ts", line: 25, type: "\nite" },
  { kind: "half word", file: "src/format.ts", line: 12, type: "\nreturn tex" },
  { kind: "name in an import", file: "src/cart.ts", line: 1, type: "\nimport { trun" },
  { kind: "member access", file: "stock.py", line: 20, type: "\nself." },
  { kind: "half word", file: "stock.py", line: 20, type: "\nprod" },
  { kind: "name in an import", file: "stock.py", line: 2, type: "\nfrom dataclasses import dat" },
];
/**
 * What came of one key: the milliseconds to the list (Infinity when it did not come), and the ghost text that stood
 * there at the end.
 *
 * @typedef {{ms: number, ghost: string}} Outcome
 */
/** Longer than VS Code waits for inline completions. */
const GIVE_UP_MS = 1500;

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { vsix: { type: "string" }, runs: { type: "string", default: "8" } } });
  await installServer();
  const vsix = values.vsix ?? (await packageExtension());
  const settings = [
    { name: "without Sterna", vsix: undefined },
    { name: "with Sterna", vsix },
  ];
  const windows = [];
  for (const { name, vsix: installed } of settings) {
    step(`starting VS Code ${name}`);
    windows.push({ name, ...(await openWindow(installed)), times: /** @type {Map<string, Outcome[]>} */ (new Map()) });
  }
  try {
    for (let run = 0; run < Number(values.runs); run++) {
      for (const place of PLACES) {
        for (const window of windows) {
          const key = `${path.extname(place.file).slice(1)}, ${place.kind}`;
          const times = window.times.get(key) ?? [];
          times.push(await keyToList(window.workbench, place));
          window.times.set(key, times);
        }
      }
    }
    const report = reportOf(windows);
    console.log(report);
    mkdirSync(path.join(root, "artifacts"), { recursive: true });
    writeFileSync(path.join(root, "artifacts/list-latency.md"), `${report}\n`);
  } finally {
    for (const { close } of windows) await close();
  }
});

/** @param {string | undefined} vsix */
async function openWindow(vsix) {
  const work = temporaryFolder("list");
  const sample = path.join(work, "sample");
  cpSync(path.join(root, "test/fixtures/sample"), sample, { recursive: true });
  const server = await startServer({ dataFolder: path.join(work, "server"), ...(vsix && { vsix }) });
  const context = await launchChromium();
  // On a busy machine everything takes longer.
  context.setDefaultTimeout(120_000);
  const workbench = await Workbench.open(context, server.origin, sample);
  if (vsix) await workbench.waitForStatus(/ready/, 180_000);
  // The language service starts with the first file.
  await workbench.openAt("src/cart.ts", 1);
  await workbench.page.waitForTimeout(8000);
  const close = async () => {
    await context.browser()?.close();
    await server.stop();
  };
  return { workbench, close };
}

/**
 * Types at a place, and waits for the list after the last key.
 *
 * @param {Workbench} workbench
 * @param {{file: string, line: number, type: string}} place
 * @returns {Promise<Outcome>}
 */
async function keyToList(workbench, { file, line, type }) {
  const { page } = workbench;
  await workbench.command("View: Revert and Close Editor").catch(() => {});
  await workbench.openAt(file, line);
  await page.keyboard.type(type.slice(0, -1), { delay: 120 });
  await page.waitForTimeout(400);
  // If the list is open before the key, it says nothing about this key.
  const isOpen = await page.locator(".suggest-widget.visible").isVisible();
  if (isOpen) await page.keyboard.press("Escape");
  await page.waitForTimeout(150);
  const watch = await page.evaluateHandle((limit) => {
    const seen = { time: -1, isOver: false };
    let pressed = 0;
    addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
    const end = performance.now() + limit;
    const look = () => {
      const list = document.querySelector(".suggest-widget.visible .monaco-list-row");
      const now = performance.now();
      if (pressed > 0 && list !== null) seen.time = now - pressed;
      seen.isOver = seen.time >= 0 || now > end;
      if (!seen.isOver) requestAnimationFrame(look);
    };
    look();
    return seen;
  }, GIVE_UP_MS);
  await page.keyboard.type(type.slice(-1));
  for (;;) {
    const { time, isOver } = await watch.jsonValue();
    if (isOver) return { ms: time < 0 ? Number.POSITIVE_INFINITY : time, ghost: await workbench.ghostText() };
    await page.waitForTimeout(50);
  }
}

/** @param {{name: string, times: Map<string, Outcome[]>}[]} windows */
function reportOf(windows) {
  const lines = [
    `| Place | ${windows.map(({ name }) => `${name}: median, p95, opened`).join(" | ")} | ghost text instead |`,
    `| --- |${" --- |".repeat(windows.length + 1)}`,
  ];
  for (const key of windows[0]?.times.keys() ?? []) {
    const cells = windows.map(({ times }) => cellOf(times.get(key) ?? []));
    const last = windows.at(-1)?.times.get(key) ?? [];
    lines.push(`| ${key} | ${cells.join(" | ")} | ${ghostsOf(last)} |`);
  }
  return lines.join("\n");
}

/** @param {Outcome[]} outcomes */
function cellOf(outcomes) {
  const opened = outcomes
    .map(({ ms }) => ms)
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  const at = (/** @type {number} */ share) => opened[Math.min(opened.length - 1, Math.floor(share * opened.length))];
  const text = (/** @type {number | undefined} */ time) => (time === undefined ? "-" : `${Math.round(time)} ms`);
  return `${text(at(0.5))}, ${text(at(0.95))}, ${opened.length} of ${outcomes.length}`;
}

/** @param {Outcome[]} outcomes */
function ghostsOf(outcomes) {
  const lengths = outcomes
    .filter(({ ms, ghost }) => !Number.isFinite(ms) && ghost !== "")
    .map(({ ghost }) => ghost.length);
  return lengths.length === 0 ? "-" : `${lengths.length}, at least ${Math.min(...lengths)} characters`;
}
