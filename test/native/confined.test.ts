/** Things that the engine process cannot do. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../unit/root.ts";
import { Harness } from "./harness.ts";

const ADDON = process.env.STERNA_ADDON || join(root, "build/Release/sterna.node");

/**
 * Prints the outcome of each attempt as JSON. Listens at one socket before it is confined, and at another afterwards.
 */
const ATTEMPTS = `
const { createServer, connect } = require("node:net");
const { spawnSync } = require("node:child_process");
const { writeFileSync, readFileSync } = require("node:fs");
const [addon, folder] = process.argv.slice(1);
const found = {};
const listen = (where) => new Promise((resolve) => {
  const server = createServer((socket) => socket.end("hello"));
  server.once("error", (error) => resolve(error.code));
  server.listen(where, () => resolve("listening"));
});
const ask = (path) => new Promise((resolve) => {
  let text = "";
  connect(path).on("data", (data) => (text += data)).on("error", (e) => resolve(e.code)).on("end", () => resolve(text));
});
(async () => {
  found.before = [await listen(folder + "/a.sock"), spawnSync("true").status];
  found.problem = require(addon).confine();
  found.again = require(addon).confine();
  found.program = spawnSync("true").error?.code;
  found.shell = spawnSync("true", { shell: true }).error?.code;
  found.port = await listen({ port: 0, host: "127.0.0.1" });
  found.socket = await listen(folder + "/b.sock");
  found.windows = await ask(folder + "/a.sock");
  writeFileSync(folder + "/file", "text");
  found.file = readFileSync(folder + "/file", "utf8");
  found.thread = await new Promise((resolve, reject) => {
    const { Worker } = require("node:worker_threads");
    new Worker("require('node:worker_threads').parentPort.postMessage(" +
      "require('node:child_process').spawnSync('true').error?.code)", { eval: true }).on("message", resolve).on("error", reject);
  });
  console.log(JSON.stringify(found));
  process.exit(0);
})();
`;

describe("a confined process", function () {
  this.timeout(30_000);
  let folder: string;

  beforeEach(async function () {
    if (process.platform !== "linux") this.skip();
    folder = await mkdtemp(join(tmpdir(), "sterna-confined-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("starts no program and listens nowhere any more, and can do all else", () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", ATTEMPTS, ADDON, folder], { encoding: "utf8" });
    assert.ok(stdout.startsWith("{"), stderr);
    assert.deepEqual(JSON.parse(stdout), {
      before: ["listening", 0],
      problem: "",
      again: "",
      program: "EPERM",
      shell: "EPERM",
      port: "EPERM",
      socket: "EPERM",
      windows: "hello",
      file: "text",
      thread: "EPERM",
    });
  });

  for (const isShared of [false, true]) {
    it(`is the engine ${isShared ? "that windows share" : "of one window"}, with all its threads, and it knows no secrets`, async () => {
      const runtime = process.env.XDG_RUNTIME_DIR;
      Object.assign(process.env, { XDG_RUNTIME_DIR: folder, SOME_API_TOKEN: "secret" });
      const harness = new Harness(folder, "", { isShared });
      try {
        harness.client.start();
        await harness.until("ready");
        const { timings } = await harness.complete();
        assert.ok(timings && timings.promptTokens > 0, "the model was not asked");
        const pid = harness.client.pid;
        const tasks = readdirSync(`/proc/${pid}/task`);
        assert.ok(tasks.length > 1);
        for (const task of tasks) {
          const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
          assert.match(status, /^NoNewPrivs:\t1$/m);
          assert.match(status, /^Seccomp:\t2$/m);
        }
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        assert.ok(environment.includes("ELECTRON_RUN_AS_NODE=1") && !environment.includes("SOME_API_TOKEN"));
        assert.ok(harness.lines.every((line) => !line.includes("rights")));
      } finally {
        delete process.env.SOME_API_TOKEN;
        if (runtime === undefined) delete process.env.XDG_RUNTIME_DIR;
        else process.env.XDG_RUNTIME_DIR = runtime;
        await harness.client.stop();
      }
    });
  }
});
