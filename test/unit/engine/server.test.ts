import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { CancellationTokenSource } from "vscode-jsonrpc";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import * as protocol from "../../../engine/protocol.ts";
import { serve } from "../../../engine/server.ts";
import { FakeModel, fakeAddon } from "../support/fakeModel.ts";

const SETTINGS: protocol.EngineSettings = {
  model: "",
  threads: 0,
  cacheMegabytes: 0,
  maxTokens: 16,
  debounceMs: 0,
  mode: "eager",
  onBattery: true,
  chatModel: "",
  unloadMinutes: 0,
  server: { address: "", model: "", key: "" },
  download: { mirror: "", proxy: "", noProxy: [], strictSsl: true },
};
const INITIALIZE: protocol.InitializeParams = {
  protocolVersion: protocol.PROTOCOL_VERSION,
  root: "/root",
  storage: "/storage",
  conversations: "/conversations",
  settings: SETTINGS,
};
const URI = "untitled:1";

/** Client and server joined by two streams. */
function setup(script: (prompt: string) => string = () => "x", pieceMs = 0) {
  const up = new PassThrough();
  const down = new PassThrough();
  const client = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const server = createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  const model = new FakeModel(script, { pieceMs });
  const calls = { root: "", shutdowns: 0 };
  serve(server, {
    loadAddon: (root) => {
      calls.root = root;
      return fakeAddon(() => model);
    },
    resolvePack: async (path) => path,
    log: () => {},
    onShutdown: () => calls.shutdowns++,
  });
  const states: string[] = [];
  const ready = new Promise<protocol.Status>((resolve) => {
    client.onNotification(protocol.status, (status) => {
      states.push(status.state);
      if (status.state === "ready") {
        resolve(status);
      }
    });
  });
  server.listen();
  client.listen();
  return { client, model, calls, states, ready };
}

describe("the engine's server", () => {
  it("answers initialize at once and says when the model is ready", async () => {
    const { client, calls, ready } = setup();
    const result = await client.sendRequest(protocol.initialize, INITIALIZE);
    assert.deepEqual(result, { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid });
    assert.equal((await ready).model?.name, "built-in model");
    assert.equal(calls.root, "/root");
  });

  it("refuses another protocol version with advice", async () => {
    const { client } = setup();
    const request = client.sendRequest(protocol.initialize, { ...INITIALIZE, protocolVersion: 999 });
    await assert.rejects(request, /version 999.*Reload the window.*reinstall/);
  });

  it("refuses requests before initialize", async () => {
    const { client } = setup();
    const request = client.sendRequest(protocol.complete, { uri: URI, version: 1, offset: 0, trigger: "manual" });
    await assert.rejects(request, /initialize/);
  });

  it("completes in a mirrored document after incremental changes", async () => {
    const { client, model, ready, states } = setup(() => "value;\n");
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    await client.sendNotification(protocol.documentOpened, {
      uri: URI,
      path: "a.ts",
      languageId: "typescript",
      version: 1,
      text: "return ",
    });
    await client.sendNotification(protocol.documentChanged, {
      uri: URI,
      baseVersion: 1,
      version: 2,
      changes: [{ offset: 7, length: 0, text: "the" }],
    });
    const result = await client.sendRequest(protocol.complete, { uri: URI, version: 2, offset: 10, trigger: "manual" });
    assert.ok(result.kind === "shown" && result.text === "value;", JSON.stringify(result));
    assert.equal(model.jobs[0]?.request.forcedPrefix, " the");
    assert.match(model.jobs[0]?.prompt ?? "", /return<5>$/);
    assert.deepEqual(states.slice(-3), ["ready", "working", "ready"]);
  });

  it("passes a cancelled request on to the arithmetic", async () => {
    const { client, model, ready } = setup(() => "word ".repeat(300), 5);
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const open = { uri: URI, path: "a.ts", languageId: "typescript", version: 1, text: "" };
    await client.sendNotification(protocol.documentOpened, open);
    const source = new CancellationTokenSource();
    const params: protocol.CompleteParams = { uri: URI, version: 1, offset: 0, trigger: "manual" };
    const running = client.sendRequest(protocol.complete, params, source.token);
    while (model.jobs.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    source.cancel();
    const result = await running;
    assert.ok(result.kind === "silent" && result.reason === "cancelled");
    // The next keystroke may take it up; when none comes, it ends.
    while (model.jobs[0]?.reason === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(model.jobs[0]?.reason, "cancelled");
  });

  it("streams the chat on the asked progress token, before the result", async () => {
    const { client, ready } = setup(() => "some words of an answer");
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const pieces: string[] = [];
    client.onProgress(protocol.chatText, 7, (text) => {
      pieces.push(text);
    });
    const result = await client.sendRequest(protocol.chat, {
      messages: [{ role: "user", content: "Why?" }],
      maxTokens: 50,
      progressToken: 7,
    });
    assert.equal(result.text, "some words of an answer");
    assert.equal(pieces.join(""), result.text);
  });

  it("closes the model at shutdown", async () => {
    const { client, model, ready, calls } = setup();
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    await client.sendRequest(protocol.shutdown);
    assert.equal(model.closed, true);
    assert.equal(calls.shutdowns, 1);
  });
});
