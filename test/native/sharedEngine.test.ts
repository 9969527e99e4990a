/** Several windows that share one engine process, with the built-in model. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { socketPath } from "../../engine/client/socketPath.ts";
import { root } from "../unit/root.ts";
import { alive, askChat, Harness, NONE, poll, SCRIPT } from "./harness.ts";

const MIB = 1 << 20;
/** What the second window may cost: its documents and its share of the JavaScript heap. */
const MORE_THAN_ONE = 1.15;
const QUESTION = { messages: [{ role: "user" as const, content: "def add(a, b):" }], maxTokens: 200 };

describe("windows that share an engine", function () {
  this.timeout(60_000);
  const before = process.env.XDG_RUNTIME_DIR;
  let folder: string;
  let windows: Harness[] = [];
  let processes: ChildProcess[] = [];

  beforeEach(async function () {
    // These tests use files and processes of POSIX systems.
    if (process.platform === "win32") this.skip();
    folder = await mkdtemp(join(tmpdir(), "sterna-shared-"));
    process.env.XDG_RUNTIME_DIR = folder;
  });

  afterEach(async () => {
    for (const child of processes) child.kill("SIGKILL");
    const pids = windows.flatMap(({ client }) => client.pid ?? []);
    await Promise.all(windows.map(({ client }) => client.stop()));
    await poll(() => (pids.some(alive) ? undefined : true));
    windows = [];
    processes = [];
    await rm(folder, { recursive: true, force: true });
  });

  after(() => {
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = before;
  });

  function open(model = ""): Harness {
    const window = new Harness(folder, model, { isShared: true });
    windows.push(window);
    window.client.start();
    return window;
  }

  async function ready(window: Harness, from = 0): Promise<number> {
    await window.until("ready", from);
    const { pid } = window.client;
    assert.ok(pid !== undefined);
    return pid;
  }

  const place = () => socketPath({ script: SCRIPT, root, storage: folder });

  it("is one process behind a socket that only this user can open", async () => {
    const pid = await ready(open());
    assert.equal(await ready(open()), pid);
    assert.notEqual(pid, process.pid);
    const { mode } = statSync(place());
    assert.ok(statSync(place()).isSocket());
    assert.equal(mode & 0o777, 0o600);
    assert.equal(statSync(join(place(), "..")).mode & 0o777, 0o700);
    assert.deepEqual(portsOf(pid), []);
  });

  it("can be asked as soon as it is ready, and knows the documents then", async () => {
    await ready(open());
    const second = new Harness(folder, "", { isShared: true });
    windows.push(second);
    const asked = new Promise<Awaited<ReturnType<Harness["complete"]>>>((resolve, reject) => {
      second.onReady = () => second.complete().then(resolve, reject);
    });
    second.client.start();
    const answer = await asked;
    assert.ok(answer.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
  });

  it("is one process when four windows open at once", async () => {
    const pids = await Promise.all([open(), open(), open(), open()].map((window) => ready(window)));
    assert.equal(new Set(pids).size, 1, String(pids));
    assert.equal(windows.flatMap(({ lines }) => lines).filter((line) => line.includes("has ended")).length, 0);
  });

  it("finishes the answer of one window when the window that has started it leaves", async () => {
    const first = open();
    const pid = await ready(first);
    const second = open();
    await ready(second);
    const expected = await askChat(second.client, QUESTION, () => {}, NONE);
    let streamed = "";
    let left: Promise<void> | undefined;
    const answer = await askChat(
      second.client,
      QUESTION,
      (text) => {
        streamed += text;
        left ??= first.client.stop();
      },
      NONE,
    );
    await left;
    assert.equal(answer.text, expected.text);
    assert.equal(streamed, expected.text);
    assert.equal(second.client.pid, pid);
    const completion = await second.complete();
    assert.ok(completion.timings && completion.timings.promptTokens > 0, JSON.stringify(completion));
  });

  it("outlives the window that has started it, also when that is killed", async () => {
    const { child, pid } = await startProcess(folder);
    processes.push(child);
    const second = open();
    assert.equal(await ready(second), pid);
    let killed: Promise<unknown> | undefined;
    const answer = await askChat(
      second.client,
      QUESTION,
      () => {
        if (killed === undefined) {
          killed = once(child, "exit");
          child.kill("SIGKILL");
        }
      },
      NONE,
    );
    await killed;
    assert.ok(answer.decodedTokens > 0 && answer.reason !== "cancelled", JSON.stringify(answer));
    assert.equal(second.client.pid, pid);
    // The pipe for its log is closed; messages still reach the windows that are connected.
    second.settings = { ...second.settings, model: join(folder, "missing.gguf") };
    second.client.configure();
    await poll(() => second.lines.find((line) => line.includes("missing.gguf")));
    assert.equal(second.client.pid, pid);
  });

  it("ends with its last window and leaves no file", async () => {
    const pid = await ready(open());
    await ready(open());
    const path = place();
    await windows[0]?.client.stop();
    assert.ok(alive(pid) && existsSync(path));
    await windows[1]?.client.stop();
    await poll(() => (alive(pid) ? undefined : true));
    assert.deepEqual(readdirSync(join(path, "..")), []);
  });

  it("is the same for a window that comes while the last one leaves", async () => {
    const pid = await ready(open());
    const leaving = windows[0]?.client.stop();
    assert.equal(await ready(open()), pid);
    await leaving;
    const answer = await windows[1]?.complete();
    assert.ok(answer?.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
  });

  it("makes room for another one for a window that comes while it ends", async () => {
    const pid = await ready(open());
    await windows[0]?.client.stop();
    process.kill(pid, "SIGTERM");
    const again = await ready(open());
    assert.notEqual(again, pid);
    await poll(() => (alive(pid) ? undefined : true));
    assert.ok(existsSync(place()), "the old one has taken the new one's socket along");
    assert.equal(await ready(open()), again);
  });

  it("ends the connection that sends what is no message, and no other", async () => {
    const pid = await ready(open());
    for (const nonsense of ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "Content-Length: 5\r\n\r\n{{{{{"]) {
      const socket = connect(place());
      const closed = once(socket, "close");
      socket.write(nonsense);
      await closed;
    }
    const socket = connect(place());
    try {
      let received = "";
      socket.on("data", (data) => {
        received += data;
      });
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: null });
      socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
      await poll(() => received.match(/"error":\{/) ?? undefined);
    } finally {
      socket.destroy();
    }
    const answer = await windows[0]?.complete();
    assert.ok(answer?.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
    assert.ok(alive(pid));
    assert.equal(windows[0]?.starts, 1);
  });

  it("ends when its only window is killed", async () => {
    const { child, pid } = await startProcess(folder);
    child.kill("SIGKILL");
    await poll(() => (alive(pid) ? undefined : true));
    assert.deepEqual(readdirSync(join(place(), "..")), []);
  });

  it("comes back as one process for all when it is killed", async () => {
    const [first, second] = [open(), open()];
    const pid = await ready(first);
    await ready(second);
    const marks = windows.map(({ statuses }) => statuses.length);
    process.kill(pid, "SIGKILL");
    const pids = await Promise.all(windows.map((window, index) => ready(window, marks[index])));
    assert.equal(new Set(pids).size, 1, String(pids));
    assert.notEqual(pids[0], pid);
    for (const window of windows) {
      const answer = await window.complete();
      assert.ok(answer.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
    }
  });

  it("starts where a killed process has left its socket", async () => {
    const first = open();
    const pid = await ready(first);
    const path = place();
    // Suspended first, so that it does not bring the engine back.
    process.kill(pid, "SIGSTOP");
    await first.client.stop();
    process.kill(pid, "SIGKILL");
    await poll(() => (alive(pid) ? undefined : true));
    assert.ok(existsSync(path));
    const again = await ready(open());
    assert.notEqual(again, pid);
    assert.ok(windows[1]?.lines.every((line) => !line.includes("engine of its own")));
  });

  it("is started anew for all windows when one asks for that, as often as it likes", async () => {
    const [first, second] = [open(), open()];
    let pid = await ready(first);
    await ready(second);
    // More often than an engine may crash within a minute.
    for (let restarts = 1; restarts <= 5; restarts++) {
      const marks = windows.map(({ statuses }) => statuses.length);
      await first.client.restart();
      const pids = await Promise.all(windows.map((window, index) => ready(window, marks[index])));
      assert.equal(new Set(pids).size, 1, String(pids));
      assert.notEqual(pids[0], pid);
      pid = pids[0] ?? 0;
    }
    const reports = second.statuses.filter(({ detail }) => detail === "Another window has restarted the engine");
    assert.equal(reports.length, 5);
    assert.deepEqual(
      second.statuses.filter(({ state }) => state === "failed"),
      [],
    );
    const answer = await second.complete();
    assert.ok(answer.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
  });

  it("ends a request of another window with a sentence when one restarts it, and also where a window hangs", async () => {
    const first = open();
    const pid = await ready(first);
    const { child } = await startProcess(folder);
    processes.push(child);
    const second = open();
    await ready(second);
    child.kill("SIGSTOP");
    let restarted: Promise<void> | undefined;
    const mark = second.statuses.length;
    const answer = askChat(second.client, QUESTION, () => (restarted ??= first.client.restart()), NONE);
    await assert.rejects(answer, /^Error: The engine has stopped \(another window restarts it\)\.$/);
    await restarted;
    assert.notEqual(await ready(second, mark), pid);
    await poll(() => (alive(pid) ? undefined : true));
  });

  it("costs the memory of one", async function () {
    if (process.platform !== "linux") this.skip();
    const first = open();
    const pid = await ready(first);
    await first.complete();
    const one = proportionalBytes(pid);
    const second = open();
    assert.equal(await ready(second), pid);
    await second.complete();
    const two = proportionalBytes(pid);
    console.log(`      one window ${(one / MIB).toFixed(1)} MiB, two ${(two / MIB).toFixed(1)} MiB`);
    assert.ok(two < one * MORE_THAN_ONE, `${one} bytes with one window, ${two} with two`);
  });

  describe("cannot, and have one each,", () => {
    const sentence = /This window has an engine of its own: /;

    async function isAlone(reason: RegExp): Promise<void> {
      const [first, second] = [open(), open()];
      const pids = await Promise.all([ready(first), ready(second)]);
      assert.notEqual(pids[0], pids[1]);
      for (const { lines } of windows) {
        const line = lines.find((line) => sentence.test(line)) ?? "";
        assert.match(line, reason);
      }
      const answer = await second.complete();
      assert.ok(answer.timings && answer.timings.promptTokens > 0, JSON.stringify(answer));
      await Promise.all(windows.map(({ client }) => client.stop()));
      assert.ok(pids.every((pid) => !alive(pid)));
    }

    it("where the path is too long for a socket", async () => {
      const long = join(folder, "x".repeat(100));
      mkdirSync(long);
      process.env.XDG_RUNTIME_DIR = long;
      await isAlone(/too long/);
    });

    it("where something else stands in the folder's place", async () => {
      writeFileSync(join(folder, `sterna-${process.getuid?.()}`), "");
      await isAlone(/EEXIST|no folder/);
    });

    it("where the folder is a link, which might be another user's", async () => {
      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere);
      symlinkSync(elsewhere, join(folder, `sterna-${process.getuid?.()}`));
      await isAlone(/is not a folder/);
      assert.deepEqual(readdirSync(elsewhere), []);
    });

    it("where no socket can be made", async () => {
      mkdirSync(join(place(), "inside"), { recursive: true });
      await isAlone(/no engine can listen/);
      rmSync(place(), { recursive: true });
    });
  });
});

/** A window in a process of its own, with its engine ready. */
async function startProcess(storage: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, [join(root, "dist/test/native/window.mjs"), storage, ""], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok(child.stdout !== null);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  assert.match(line, /^\d+$/);
  return { child, pid: Number(line) };
}

/** Memory of a process in bytes; memory shared with other processes is divided among them. */
function proportionalBytes(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  assert.ok(kibibytes !== undefined);
  return Number(kibibytes) * 1024;
}

/** TCP sockets at which a process listens, from Linux. */
function portsOf(pid: number): string[] {
  if (process.platform !== "linux") return [];
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
  });
  assert.ok(inodes.length > 0, "the engine has no sockets at all");
  const lines = ["tcp", "tcp6"].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, "utf8").split("\n").slice(1),
  );
  return lines.filter((line) => inodes.includes(line.trim().split(/\s+/)[9] ?? ""));
}
