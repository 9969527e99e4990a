import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { load } from "../unit/support/load.ts";
import { closeAll, openAt, sleep, sterna, type, typeUntilSuggestion, until } from "./editor.ts";

/** More tokens than a slow model can write before it is cancelled. */
const MAX_TOKENS = 256;

describe("the engine process under VS Code", () => {
  let api: SternaApi;

  before(async function () {
    this.timeout(60_000);
    api = await sterna();
  });
  afterEach(closeAll);

  it("is back within 3 s when it is killed in mid-completion, and the editor goes on", async () => {
    const slowness = load();
    const killed = await killWhileWorking(api);
    const since = performance.now();
    const limitMs = 3_000 * slowness;
    // Watched while typing continues, so that only the engine's own time counts: about 0.5 s.
    const back = until("a new engine", () => isBack(api, killed), limitMs).then(() => performance.now() - since);
    const editor = await openAt("src/format.ts", 12);
    await type("\n// typed while the engine was away");
    assert.match(editor.document.getText(), /typed while the engine was away/);
    const milliseconds = await back;
    assert.ok(milliseconds < limitMs, String(milliseconds));
    console.log(`      back after ${Math.round(milliseconds)} ms`);
    await typeUntilSuggestion(api);
  }).timeout(60_000);

  it("gives up after crashing again and again, says so, and starts when asked to", async () => {
    // Crashes in the tests above must not count.
    await restart(api);
    for (let crashes = 1; crashes <= 3; crashes++) {
      const pid = kill(api);
      await until(`restart ${crashes}`, () => isBack(api, pid));
    }
    kill(api);
    const detail = await until("the end of the restarts", () => api.status().state === "failed" && api.status().detail);
    assert.match(detail, /stopped 4 times within a minute/);
    await sleep(500);
    assert.equal(api.enginePid(), undefined);
    await restart(api);
    await typeUntilSuggestion(api);
  }).timeout(60_000);
});

describe("a cancelled completion", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sterna-slow-"));
  let api: SternaApi;

  before(async function () {
    this.timeout(90_000);
    if (process.platform !== "linux") {
      // The processor time of another process is read from /proc.
      this.skip();
    }
    api = await sterna();
    // The model is so large that one answer takes seconds.
    const model = path.join(folder, "slow.gguf");
    const command = path.join(__dirname, "../../sterna.mjs");
    execFileSync(process.execPath, [command, "synth", "--shape", "2048x8x16x4x5632", "--type", "i2_s", model]);
    const former = api.status().model?.name;
    await configure("model", model);
    await configure("inline.maxTokens", MAX_TOKENS);
    // The previous model keeps working until the new one is loaded.
    const isSlow = () => api.status().state === "ready" && ![undefined, former].includes(api.status().model?.name);
    await until("the slow model", isSlow, 60_000);
  });
  after(async () => {
    await configure("model", undefined);
    await configure("inline.maxTokens", undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(closeAll);

  it("stops the arithmetic", async () => {
    const pid = api.enginePid();
    assert.ok(pid !== undefined && existsSync(`/proc/${pid}/stat`));
    const line = (index: number) => `\nconst value${index} = compute(${(index * 7919) % 1000}, "text");`;
    let isCancelled = false;
    for (let attempt = 0; attempt < 10 && !isCancelled; attempt++) {
      const editor = await openAt("src/cart.ts", 25);
      // A long prompt with nothing cached; a part of it is computed while the rest is typed.
      const text = Array.from({ length: 400 }, (_, index) => line(400 * attempt + index)).join("");
      const begun = clockTicks(pid);
      await editor.edit((edit) => edit.insert(editor.selection.active, text));
      // A text that cannot be copied from elsewhere.
      await type("\nqz");
      const isAtWork = () => api.status().state === "working" && (clockTicks(pid) - begun) * 10 > 100;
      if (!(await until("100 ms of processor time", isAtWork, 2_000).catch(() => false))) continue;
      const { cancelled = 0 } = api.counts().silent;
      await closeAll();
      // The work may have been a warm-up and no request.
      const isSilent = () => (api.counts().silent.cancelled ?? 0) > cancelled;
      isCancelled = await until("the cancelled request", isSilent, 1_000 * load()).catch(() => false);
    }
    assert.ok(isCancelled, "the engine was never seen at work on a request");
    await until("the end of the work", () => api.status().state === "ready", 500);
    const idle = await processorMs(pid, 500);
    assert.ok(idle < 50, `the engine was to rest, and used ${idle} ms of processor time in 500 ms`);
  }).timeout(60_000);
});

/** Types until the engine computes, and kills it at that moment. Returns its process id. */
async function killWhileWorking(api: SternaApi): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    await openAt("src/cart.ts", 25);
    // Nothing here can be copied, so the model is asked.
    await type(`\nlet zebra${attempt} = qu`);
    const isWorking = () => api.status().state === "working";
    if (await until("work", isWorking, 500).catch(() => false)) {
      return kill(api);
    }
  }
  throw new Error("the engine was never seen at work");
}

function kill(api: SternaApi): number {
  const pid = api.enginePid();
  assert.ok(pid !== undefined, "there is no engine");
  process.kill(pid, "SIGKILL");
  return pid;
}

/** Whether a new engine has its model. It may be at work at once, because somebody is typing. */
function isBack(api: SternaApi, formerPid: number): boolean {
  const pid = api.enginePid();
  return pid !== undefined && pid !== formerPid && ["ready", "working"].includes(api.status().state);
}

async function restart(api: SternaApi): Promise<void> {
  await vscode.commands.executeCommand("sterna.restart");
  await until("the restarted engine", () => api.status().state === "ready");
}

async function configure(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("sterna").update(key, value, vscode.ConfigurationTarget.Global);
}

/** The processor time in milliseconds, over all threads, that a process uses during some time. */
async function processorMs(pid: number, whileMs: number): Promise<number> {
  const before = clockTicks(pid);
  await sleep(whileMs);
  // Linux counts hundredths of a second.
  return (clockTicks(pid) - before) * 10;
}

function clockTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
