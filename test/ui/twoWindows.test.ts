/**
 * Two windows of one VS Code on two folders share an engine, which keeps working when the other closes or restarts it.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import type { Workbench } from "../../scripts/lib/workbench.mjs";
import { type Content, endOfAnswer, openChat, stopInTheMiddle, wholeAnswer } from "./chatView.ts";
import { chatModelSettings, type Session, savePicture, startSession } from "./vscodeSession.ts";

const MIB = 1 << 20;
/** What the second window may cost: its documents and its share of the JavaScript heap. */
const MORE_THAN_ONE = 1.15;
/** More often than an engine may crash within a minute. */
const RESTARTS = 4;

describe("two windows", function () {
  this.timeout(60_000);
  let session: Session;
  let first: Workbench;
  let second: Workbench;
  let inSecond: Content;
  let expected: string;

  /** The process of the first window's extension host. */
  let firstHost: number;

  before(async function () {
    this.timeout(120_000);
    if (process.platform !== "linux") this.skip();
    session = await startSession(chatModelSettings());
    first = session.workbench;
    const [host, ...others] = session.hostPids();
    assert.ok(host !== undefined && others.length === 0);
    firstHost = host;
  });
  after(() => session?.close());

  it("have one engine, at the memory of one", async () => {
    const engine = await session.enginePid();
    await wholeAnswer(first, await openChat(first));
    const one = proportionalBytes(engine);
    const folder = path.join(temporaryFolder("second"), "project");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "notes.py"), "import math\n\n\ndef area(radius):\n    return ");
    second = await session.openWindow(folder);
    inSecond = await openChat(second);
    expected = await wholeAnswer(second, inSecond);
    assert.ok(expected.length > 20, expected);
    assert.equal(session.hostPids().length, 2);
    assert.equal(await session.enginePid(), engine);
    const two = proportionalBytes(engine);
    console.log(`      one window ${(one / MIB).toFixed(1)} MiB, two ${(two / MIB).toFixed(1)} MiB`);
    assert.ok(two < one * MORE_THAN_ONE, `${one} bytes with one window, ${two} with two`);
  });

  it("go on when one restarts the engine, as often as it likes", async () => {
    for (let restarts = 1; restarts <= RESTARTS; restarts++) {
      const old = await session.enginePid();
      const said = await Promise.all([first, second].map((window) => window.watchStatus()));
      await second.command("Sterna: Restart Engine");
      await until("both windows to have seen the restart", async () => {
        const labels = await Promise.all(said.map((all) => all()));
        return labels.every((all) => /starting/.test(all.join()) && /ready/.test(all.at(-1) ?? ""));
      });
      const labels = (await Promise.all(said.map((all) => all()))).flat();
      assert.ok(!labels.some((label) => /fail/.test(label)), labels.join());
      assert.notEqual(await session.enginePid(), old);
    }
    assert.equal(await wholeAnswer(first, await openChat(first)), expected);
  });

  it("keep the answer in the one when the other, which came first, is closed in its middle", async () => {
    const engine = await session.enginePid();
    await second.page.bringToFront();
    const shown = await stopInTheMiddle(second, inSecond, engine);
    assert.ok(shown.length < expected.length, "the answer is whole already");
    await savePicture(second.page, "two-windows-middle");
    await first.page.close();
    await until("the end of the first window", () => !isAlive(firstHost));
    process.kill(engine, "SIGCONT");
    assert.equal(await endOfAnswer(inSecond), expected);
    await savePicture(second.page, "two-windows-answer");
    assert.equal(await session.enginePid(), engine);
  });
});

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    assert.ok(Date.now() < end, `waited too long for ${what}`);
  }
}

/** Memory of a process in bytes; memory shared with other processes is divided among them. */
function proportionalBytes(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  assert.ok(kibibytes !== undefined);
  return Number(kibibytes) * 1024;
}
