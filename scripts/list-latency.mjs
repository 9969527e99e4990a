/**
 * Measures how long VS Code's own list of suggestions takes after a key, with and without Sterna:
 *
 *   node scripts/list-latency.mjs [--vsix FILE] [--runs N] [--only TEXT]
 *
 * It types member accesses, half words and names inside imports, in TypeScript and Python, in a VS Code server with
 * Chromium. The two settings alternate, each is first in every second run, and each place is typed at N times (default
 * 8); --only keeps the places whose row has a text. By its own default (editor.quickSuggestions,
 * "offWhenInlineCompletions") VS Code opens no list where ghost text stands. The last columns say what ghost text stood
 * at the end where no list came, and beside the list, and how often ghost text went away without having been typed.
 * What was on the screen, frame by frame, is written to artifacts/list-latency.json.
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { launchChromium } from "./lib/chromium.mjs";
import { root, step, temporaryFolder, whenStarted } from "./lib/process.mjs";
import { installServer, startServer } from "./lib/vscode-server.mjs";
import { GHOST_TEXT, Workbench } from "./lib/workbench.mjs";
import { packageExtension } from "./package.mjs";

/** Text typed at the end of a line; the last key is the one that is measured. */
const PLACES = [
  { kind: "member access", file: "src/cart.ts", line: 25, type: "\nthis." },
  { kind: "half word", file: "src/cart.ts", line: 25, type: "\nite" },
  { kind: "half word", file: "src/cart.ts", line: 25, type: "\nsum += this.tot" },
  { kind: "half word", file: "src/format.ts", line: 12, type: "\nreturn tex" },
  { kind: "half word", file: "src/format.ts", line: 12, type: "\nif (len" },
  { kind: "name in an import", file: "src/cart.ts", line: 1, type: "\nimport { trun" },
  { kind: "name in an import", file: "src/cart.ts", line: 1, type: "\nimport { formatPr" },
  { kind: "member access", file: "stock.py", line: 20, type: "\nself." },
  { kind: "half word", file: "stock.py", line: 20, type: "\nprod" },
  { kind: "half word", file: "stock.py", line: 31, type: "\nself.prod" },
  { kind: "half word", file: "stock.py", line: 13, type: "\nreturn Val" },
  { kind: "name in an import", file: "stock.py", line: 2, type: "\nfrom dataclasses import dat" },
  { kind: "name in an import", file: "stock.py", line: 2, type: "\nfrom dataclasses import fie" },
  { kind: "name in an import", file: "stock.py", line: 2, type: "\nfrom datacl" },
];

/** @param {{kind: string, file: string, type: string}} place */
function rowOf({ kind, file, type }) {
  return `${path.extname(file).slice(1)}, ${kind}: \`${type.trim()}\``;
}

/**
 * What stood on the screen from a frame on.
 *
 * @typedef {{ms: number, list: boolean, ghost: string}} Frame
 *
 * What came of one key: the milliseconds to the list (Infinity when it did not come), and all that changed on the screen.
 *
 * @typedef {{ms: number, frames: Frame[]}} Outcome
 */
/** Longer than VS Code waits for inline completions. */
const WATCHED_MS = 1500;

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      vsix: { type: "string" },
      runs: { type: "string", default: "8" },
      only: { type: "string", default: "" },
    },
  });
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
      for (const place of PLACES.filter((one) => rowOf(one).includes(values.only))) {
        // What one window still computes after a place falls on the other one: each is first in every second run.
        for (const window of run % 2 === 0 ? windows : windows.toReversed()) {
          const key = rowOf(place);
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
    const outcomes = windows.map(({ name, times }) => ({ name, outcomes: Object.fromEntries(times) }));
    writeFileSync(path.join(root, "artifacts/list-latency.json"), `${JSON.stringify(outcomes, null, 1)}\n`);
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
  await workbench.closeEditor();
  await workbench.openAt(file, line);
  await page.keyboard.type(type.slice(0, -1), { delay: 120 });
  await page.waitForTimeout(400);
  // If the list is open before the key, it says nothing about this key.
  const isOpen = await page.locator(".suggest-widget.visible").isVisible();
  if (isOpen) await page.keyboard.press("Escape");
  await page.waitForTimeout(150);
  const watch = await page.evaluateHandle(
    ({ limit, ghostText }) => {
      const seen = { frames: /** @type {Frame[]} */ ([]), isOver: false };
      let pressed = 0;
      addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
      const end = performance.now() + limit;
      const look = () => {
        const now = performance.now();
        const list = document.querySelector(".suggest-widget.visible .monaco-list-row") !== null;
        const parts = [...document.querySelectorAll(ghostText)].map(({ textContent }) => textContent ?? "");
        const ghost = parts.join("").replaceAll("\u00a0", " ").replaceAll("\u200c", "");
        const last = seen.frames.at(-1);
        if (pressed > 0 && (last === undefined || last.list !== list || last.ghost !== ghost)) {
          seen.frames.push({ ms: Math.round(now - pressed), list, ghost });
        }
        seen.isOver = now > end;
        if (!seen.isOver) requestAnimationFrame(look);
      };
      look();
      return seen;
    },
    { limit: WATCHED_MS, ghostText: GHOST_TEXT },
  );
  await page.keyboard.type(type.slice(-1));
  for (;;) {
    const { frames, isOver } = await watch.jsonValue();
    if (isOver) return { ms: frames.find(({ list }) => list)?.ms ?? Number.POSITIVE_INFINITY, frames };
    await page.waitForTimeout(50);
  }
}

/** @param {{name: string, times: Map<string, Outcome[]>}[]} windows */
function reportOf(windows) {
  const lines = [
    `| Place | ${windows.map(({ name }) => `${name}: median, p95, opened`).join(" | ")} | ghost text instead | beside | went away |`,
    `| --- |${" --- |".repeat(windows.length + 3)}`,
  ];
  for (const key of windows[0]?.times.keys() ?? []) {
    const cells = windows.map(({ times }) => cellOf(times.get(key) ?? []));
    const outcomes = windows.at(-1)?.times.get(key) ?? [];
    const without = outcomes.filter(({ ms }) => !Number.isFinite(ms));
    const beside = outcomes.filter(({ ms }) => Number.isFinite(ms));
    const gone = outcomes.reduce((sum, { frames }) => sum + goneOf(frames), 0);
    lines.push(`| ${key} | ${cells.join(" | ")} | ${ghostsOf(without)} | ${ghostsOf(beside)} | ${gone} |`);
  }
  return lines.join("\n");
}

/** @param {Outcome[]} outcomes */
function cellOf(outcomes) {
  const opened = outcomes
    .map(({ ms }) => ms)
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  const middle = (opened.length - 1) / 2;
  const median = Number(opened[Math.floor(middle)]) / 2 + Number(opened[Math.ceil(middle)]) / 2;
  const p95 = Number(opened[Math.min(opened.length - 1, Math.floor(0.95 * opened.length))]);
  const text = (/** @type {number} */ time) => (Number.isNaN(time) ? "-" : `${Math.round(time)} ms`);
  return `${text(median)}, ${text(p95)}, ${opened.length} of ${outcomes.length}`;
}

/**
 * The ghost texts that stood at the end, and how often.
 *
 * @param {Outcome[]} outcomes
 */
function ghostsOf(outcomes) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { frames } of outcomes) {
    const ghost = frames.at(-1)?.ghost.trim() ?? "";
    if (ghost !== "") counts.set(ghost, (counts.get(ghost) ?? 0) + 1);
  }
  return [...counts].map(([ghost, count]) => `${count} \`${ghost.replaceAll("|", "\\|")}\``).join(", ") || "-";
}

/**
 * How often ghost text that the key did not type went away or became another text.
 *
 * @param {Frame[]} frames
 */
function goneOf(frames) {
  return frames.filter(({ ghost }, index) => {
    const before = frames[index - 1]?.ghost ?? "";
    return before !== "" && (ghost === "" || !(ghost.startsWith(before) || before.endsWith(ghost)));
  }).length;
}
