import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, utimesSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { listenAlone } from "../../../engine/process/socketLock.ts";
import { temporaryFolder } from "../models/folder.ts";

describe("listening on the socket that all windows share", () => {
  const folder = temporaryFolder();
  let path = "";
  let runs = 0;
  let servers: Server[] = [];

  beforeEach(function () {
    // A named pipe has no file.
    if (process.platform === "win32") this.skip();
    path = folder.path(`${runs++}.sock`);
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    assert.equal(existsSync(path), false, "the socket's file stays");
    assert.equal(existsSync(`${path}.lock`), false, "the lock stays");
  });

  function attempt(): Promise<"listening" | "taken"> {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    return listenAlone(server, path);
  }

  /** Leaves what a process leaves that is killed while it listens. */
  function leaveSocket(): void {
    const script = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    assert.throws(() => execFileSync(process.execPath, ["-e", script, path]), /SIGKILL|Command failed/);
    assert.ok(statSync(path).isSocket());
  }

  it("is granted to one of several at once, and to no later one", async () => {
    const verdicts = await Promise.all([attempt(), attempt(), attempt(), attempt()]);
    assert.deepEqual(verdicts.sort(), ["listening", "taken", "taken", "taken"]);
    assert.equal(await attempt(), "taken");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is granted to one of several at once where a killed process has left its socket", async () => {
    leaveSocket();
    const verdicts = await Promise.all([attempt(), attempt(), attempt()]);
    assert.deepEqual(verdicts.sort(), ["listening", "taken", "taken"]);
  });

  it("does not wait for a lock that a killed process has left", async () => {
    mkdirSync(`${path}.lock`);
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(`${path}.lock`, longAgo, longAgo);
    assert.equal(await attempt(), "listening");
  });

  it("fails where no socket can be made, and lets the next one try", async () => {
    mkdirSync(`${path}.d`);
    path = `${path}.d/missing/x.sock`;
    await assert.rejects(attempt(), /ENOENT/);
  });
});
