/** The real engine process, started as the extension starts it, with a model of random weights. */
import assert from "node:assert/strict";
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
} from "vscode-jsonrpc/node";
import { readMachine } from "../../engine/machine/machine.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { root } from "../unit/root.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";
import { alive, askChat, Harness, NONE, poll, SCRIPT, TEXT, URI } from "./harness.ts";

for (const isShared of [false, true]) {
  describe(isShared ? "an engine process that windows share" : "an engine process of one window", () =>
    behavesWell(isShared),
  );
}

function behavesWell(isShared: boolean): void {
  let folder: string;
  let model: string;
  let harness: Harness;

  before(async () => {
    assert.ok(existsSync(SCRIPT), `${SCRIPT} is missing: run "npm run build" first.`);
    folder = await mkdtemp(join(tmpdir(), "sterna-process-"));
    model = join(folder, "synthetic.gguf");
    await synthesise(model, { shape: parseShape("1024x4x8x4x2816"), type: "I2_S", seed: 5 });
    await synthesise(join(folder, "chat.gguf"), { shape: parseShape("256x2x4x2x512"), type: "I2_S", seed: 6 });
  });

  beforeEach(async () => {
    harness = new Harness(folder, model, { isShared });
    harness.client.start();
    await harness.until("ready");
  });

  afterEach(() => harness.client.stop());

  after(() => rm(folder, { recursive: true, force: true }));

  it("tells its way to readiness, with the model and the kernel in use", async () => {
    const { model: loaded } = await harness.until("ready");
    assert.equal(loaded?.name, "synthetic.gguf");
    assert.ok(loaded.kernel.length > 0);
    assert.equal(loaded.threads, 1);
    assert.equal(harness.statuses[0]?.state, "starting");
  });

  it("computes a completion, and the next keystroke prefills a few tokens only", async () => {
    const first = await harness.complete();
    assert.ok(first.timings && first.timings.prefilledTokens > 200, JSON.stringify(first));
    harness.client.notify(protocol.documentChanged, {
      uri: URI,
      baseVersion: 1,
      version: 2,
      changes: [{ offset: TEXT.length - 5, length: 0, text: "e" }],
    });
    const second = await harness.complete({ version: 2, offset: TEXT.length - 4 });
    assert.ok(second.timings && second.timings.prefilledTokens <= 4, JSON.stringify(second));
  });

  it("stops the arithmetic of a cancelled request", async () => {
    const source = new CancellationTokenSource();
    const running = harness.complete({}, source.token);
    await harness.until("working");
    source.cancel();
    const result = await running;
    assert.ok(result.kind === "silent" && result.reason === "cancelled", JSON.stringify(result));
    // If it had continued, all of the prompt would be cached.
    const { timings } = await harness.complete();
    assert.ok(timings && timings.promptTokens > 200);
    assert.ok(timings.prefilledTokens > 8, JSON.stringify(timings));
  });

  it("streams a chat answer, and lets a completion pass while it does", async () => {
    // On a loaded machine the small model's answer may end before the completion is requested; then it is tried again.
    for (let hasPassed = false, tries = 0; !hasPassed; tries++) {
      assert.ok(tries < 10, "the chat ended before every completion");
      let streamed = "";
      let ended = false;
      const chatting = askChat(
        harness.client,
        { messages: [{ role: "user", content: "Why?" }], maxTokens: 200 },
        (text) => (streamed += text),
        NONE,
      ).finally(() => {
        ended = true;
      });
      await poll(() => (streamed.length > 0 ? true : undefined));
      const completion = await harness.complete();
      assert.ok(completion.timings && completion.timings.promptTokens > 0);
      hasPassed = !ended;
      const answer = await chatting;
      assert.equal(streamed, answer.text);
      assert.ok(answer.decodedTokens > 0);
    }
  });

  it("loads no second model where the memory does not suffice, says so, and keeps the first", async () => {
    const ask = () =>
      askChat(harness.client, { messages: [{ role: "user", content: "Why?" }], maxTokens: 4 }, () => {}, NONE);
    // The cache's budget counts although none of it is used yet.
    const cacheMegabytes = Math.ceil((2 * readMachine().freeMemory) / 2 ** 20);
    harness.settings = { ...harness.settings, chatModel: join(folder, "chat.gguf"), cacheMegabytes };
    harness.client.configure();
    const said = await poll(() => harness.lines.find((line) => line.startsWith("Model of the chat, failed")));
    assert.match(said, /There is no memory for chat\.gguf beside synthetic\.gguf: it needs .* are free/);
    await assert.rejects(ask(), /There is no memory for chat\.gguf/);
    const completion = await harness.complete();
    assert.ok(completion.timings && completion.timings.promptTokens > 0, JSON.stringify(completion));
    harness.settings = { ...harness.settings, cacheMegabytes: 16 };
    harness.client.configure();
    await poll(() => harness.lines.find((line) => line.startsWith("chat.gguf: kernel")));
    assert.ok((await ask()).decodedTokens > 0);
  });

  it("cancels a chat between tokens", async () => {
    const source = new CancellationTokenSource();
    let streamed = "";
    const answer = await askChat(
      harness.client,
      { messages: [{ role: "user", content: "Why?" }], maxTokens: 1000 },
      (text) => {
        streamed += text;
        source.cancel();
      },
      source.token,
    );
    assert.equal(answer.reason, "cancelled");
    assert.ok(answer.decodedTokens < 200);
    assert.ok(answer.text.startsWith(streamed.slice(0, 1)));
  });

  it("is back after being killed during a completion; the editor only sees a silence", async () => {
    const pid = harness.client.pid;
    assert.ok(pid !== undefined);
    const running = harness.complete();
    await harness.until("working");
    const before = harness.statuses.length;
    process.kill(pid, "SIGKILL");
    const lost = await running;
    assert.ok(lost.kind === "silent" && lost.reason === "failed", JSON.stringify(lost));
    const between = await harness.complete();
    assert.ok(between.kind === "silent" && between.reason === "not-ready", JSON.stringify(between));
    await harness.until("ready", before);
    assert.notEqual(harness.client.pid, pid);
    const next = await harness.complete();
    assert.ok(next.timings && next.timings.promptTokens > 200, JSON.stringify(next));
  });

  it("ends when it is asked to", async () => {
    const pid = harness.client.pid;
    assert.ok(pid !== undefined && alive(pid));
    await harness.client.stop();
    assert.equal(harness.client.pid, undefined);
    if (isShared) {
      await poll(() => (alive(pid) ? undefined : true));
      return;
    }
    assert.equal(alive(pid), false);
    assert.ok(
      harness.lines.some((line) => line.includes("exit code 0")),
      harness.lines.join("\n"),
    );
  });

  it("keeps the model that it has when another cannot be loaded, and says so", async () => {
    const before = harness.statuses.length;
    harness.settings = { ...harness.settings, model: join(folder, "missing.gguf") };
    harness.client.configure();
    const status = await poll(() => harness.statuses.slice(before).find(({ detail }) => /missing\.gguf:/.test(detail)));
    assert.equal(status.state, "ready");
    assert.match(status.detail, /synthetic\.gguf goes on working/);
    const answer = await harness.complete();
    assert.ok(answer.timings && answer.timings.promptTokens > 200, JSON.stringify(answer));
  });

  it("says what is wrong with its first model file, and goes on with another", async () => {
    await harness.client.stop();
    harness = new Harness(folder, join(folder, "missing.gguf"), { isShared });
    harness.client.start();
    const { detail } = await harness.until("failed");
    assert.match(detail, /missing\.gguf/);
    const silence = await harness.complete();
    assert.ok(silence.kind === "silent" && silence.reason === "not-ready" && silence.detail === detail);
    const before = harness.statuses.length;
    harness.settings = { ...harness.settings, model };
    harness.client.configure();
    await harness.until("ready", before);
  });
}

describe("an engine process whose parent goes away", function () {
  this.timeout(20_000);

  it("ends when the channel closes", async () => {
    const child = fork(SCRIPT, [], { execArgv: [], silent: true });
    const exit = once(child, "exit");
    child.disconnect();
    assert.deepEqual(await exit, [0, null]);
  });

  it("ends when the channel closes in the middle of a computation", async () => {
    const storage = await mkdtemp(join(tmpdir(), "sterna-orphan-"));
    const model = join(storage, "synthetic.gguf");
    await synthesise(model, { shape: parseShape("1024x4x8x4x2816"), type: "I2_S", seed: 5 });
    const child = fork(SCRIPT, [], { execArgv: [], silent: true });
    const exit = once(child, "exit");
    const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    const working = new Promise<void>((resolve) => {
      connection.onNotification(protocol.status, ({ state }) => {
        if (state === "ready") {
          connection
            .sendRequest(protocol.complete, { uri: URI, version: 1, offset: TEXT.length - 5, trigger: "manual" })
            .catch(() => {});
        } else if (state === "working") {
          resolve();
        }
      });
    });
    connection.listen();
    await connection.sendRequest(protocol.initialize, {
      protocolVersion: protocol.PROTOCOL_VERSION,
      root,
      storage,
      conversations: join(storage, "conversations"),
      settings: engineSettings({ model }),
    });
    const document = { uri: URI, path: "list.ts", languageId: "typescript", version: 1, text: TEXT };
    await connection.sendNotification(protocol.documentOpened, document);
    await working;
    connection.dispose();
    child.disconnect();
    assert.deepEqual(await exit, [0, null]);
    await rm(storage, { recursive: true, force: true });
  });

  it("ends on SIGTERM", async () => {
    const child = fork(SCRIPT, [], { execArgv: [], silent: true });
    const exit = once(child, "exit");
    // An engine that listens to its channel has installed its signal handlers.
    child.send({ jsonrpc: "2.0", id: 1, method: "complete", params: {} });
    await once(child, "message");
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
  });

  it("does nothing but explain itself when started without a channel", () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /extension, which starts it/);
  });
});

describe("an engine that cannot stay alive", function () {
  this.timeout(30_000);

  for (const isShared of [false, true]) {
    const whose = isShared ? "shared" : "of one window";
    it(`is started four times within a minute, then left alone until asked for (${whose})`, () => failsFour(isShared));
  }

  async function failsFour(isShared: boolean) {
    const harness = new Harness(tmpdir(), "", { script: join(root, "dist", "no-such-engine.cjs"), isShared });
    harness.client.start();
    const { detail } = await harness.until("failed");
    assert.match(detail, /4 times within a minute.*Restart Engine/);
    assert.equal(harness.lines.filter((line) => line.includes("has ended")).length, 4);
    const before = harness.statuses.length;
    await harness.client.restart();
    await harness.until("starting", before);
    await harness.client.stop();
  }
});
