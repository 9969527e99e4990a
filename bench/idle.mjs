/**
 * `npm run bench:idle -- [--minutes N] [--bare]`: measures what the extension costs while nobody types. It opens VS
 * Code with the packaged extension, types until there is a suggestion, then waits for N minutes (default 30). Minute by
 * minute it prints the processor time and the memory of the extension host (all extensions together) and of the engine.
 * With --bare the extension is not installed, which shows the cost of VS Code's own extensions. Linux only, because it
 * reads /proc.
 */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { launchChromium } from "../scripts/lib/chromium.mjs";
import { root, ScriptError, temporaryFolder, whenStarted } from "../scripts/lib/process.mjs";
import { installServer, startServer } from "../scripts/lib/vscode-server.mjs";
import { Workbench } from "../scripts/lib/workbench.mjs";
import { packageExtension } from "../scripts/package.mjs";

/** Processor time in /proc counts hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** Milliseconds to wait after typing, because warm-ups go on for a moment. */
const SETTLE_MS = 10_000;

/** @typedef {{name: string, pid: number}} Watched */

whenStarted(import.meta.url, async () => {
  if (process.platform !== "linux") throw new ScriptError("This reads /proc: run it on Linux.");
  const { values } = parseArgs({ options: { minutes: { type: "string" }, bare: { type: "boolean" } } });
  const minutes = Number(values.minutes ?? 30);
  if (!(minutes >= 1)) throw new ScriptError("--minutes must be 1 or more.");
  await installServer();
  const work = temporaryFolder("idle");
  const sample = path.join(work, "sample");
  cpSync(path.join(root, "test/fixtures/sample"), sample, { recursive: true });
  const dataFolder = path.join(work, "server");
  const server = await startServer({ dataFolder, ...(!values.bare && { vsix: await packageExtension() }) });
  const context = await launchChromium();
  try {
    const workbench = await Workbench.open(context, server.origin, sample);
    if (!values.bare) await workbench.waitForStatus(/ready/);
    await workbench.openAt("src/cart.ts", 25);
    await workbench.page.keyboard.type("\nconst names = this.", { delay: 80 });
    await workbench.page.waitForTimeout(SETTLE_MS);
    return await watch(processesOf(dataFolder), minutes);
  } finally {
    await context.browser()?.close();
    await server.stop();
  }
});

/** @param {Watched[]} watched @param {number} minutes */
async function watch(watched, minutes) {
  const start = watched.map(({ pid }) => ({ seconds: processorSeconds(pid), megabytes: megabytes(pid) }));
  const since = performance.now();
  console.log(`minute  ${watched.map(({ name }) => `${name}: % of a core, MiB`).join("   ")}`);
  /** @type {number[][]} */
  const memory = watched.map(() => []);
  let before = start.map(({ seconds }) => seconds);
  for (let minute = 1; minute <= minutes; minute++) {
    const at = performance.now();
    await sleep(since + minute * 60_000 - at);
    const took = (performance.now() - at) / 1000;
    const now = watched.map(({ pid }) => processorSeconds(pid));
    const cells = watched.map(({ pid }, index) => {
      memory[index]?.push(megabytes(pid));
      const share = (100 * ((now[index] ?? 0) - (before[index] ?? 0))) / took;
      return `${share.toFixed(2).padStart(6)} ${megabytes(pid).toFixed(1).padStart(8)}`;
    });
    console.log(`${String(minute).padStart(6)}  ${cells.join("   ")}`);
    before = now;
  }
  const seconds = (performance.now() - since) / 1000;
  for (const [index, { name, pid }] of watched.entries()) {
    const used = processorSeconds(pid) - (start[index]?.seconds ?? 0);
    const first = start[index]?.megabytes ?? 0;
    console.log(
      `${name}: ${((100 * used) / seconds).toFixed(3)} % of a core over ${Math.round(seconds)} s; ` +
        `memory ${first.toFixed(1)} MiB at first, ${megabytes(pid).toFixed(1)} at the end, ` +
        `${Math.max(...(memory[index] ?? [])).toFixed(1)} at most`,
    );
  }
  return 0;
}

/**
 * The extension host of the server with this data folder, and the engine if there is one.
 *
 * @param {string} folder
 * @returns {Watched[]}
 */
function processesOf(folder) {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      parent: Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1]),
      command: read(`/proc/${name}/cmdline`),
    }));
  const server = all.find(({ command }) => command.includes("server-main.js") && command.includes(folder));
  const host = all.find(({ parent, command }) => parent === server?.pid && command.includes("--type=extensionHost"));
  if (host === undefined) throw new ScriptError("The extension host was not found.");
  const engine = all.find(({ parent, command }) => parent === host.pid && command.includes("engine.cjs"));
  return [
    { name: "extension host", pid: host.pid },
    ...(engine === undefined ? [] : [{ name: "engine", pid: engine.pid }]),
  ];
}

/** User and system time in seconds. @param {number} pid */
function processorSeconds(pid) {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in megabytes. @param {number} pid */
function megabytes(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) / 1024;
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
