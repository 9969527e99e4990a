/**
 * The engine with llama-cpp-python's server in place of a model of its own. STERNA_LLAMA_PYTHON names a Python that has
 * it; the suite creates one.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { ServerClient } from "../../engine/backend/remote/serverClient.ts";
import { serve } from "../../engine/process/connection.ts";
import { Engine } from "../../engine/process/engine.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";
import { fakeAddon } from "../unit/support/fakeModel.ts";
import { writeTinyModel } from "./tinyModel.ts";

const { STERNA_LLAMA_PYTHON: python } = process.env;
const PORT = 18_311;
const KEY = "a-secret";

describe("llama-cpp-python's server", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let server: ChildProcess | undefined;
  let windows: { close(): Promise<void> }[] = [];

  before(async () => {
    assert.ok(python, "run this with npm test -- --only server");
    await writeTinyModel(folder.path("tiny.gguf"));
    await start();
  });
  after(() => server?.kill("SIGKILL"));
  afterEach(async () => {
    // Warm-ups of one test would disturb the next.
    for (const window of windows) await window.close();
    windows = [];
  });

  async function start(): Promise<void> {
    const args = ["-m", "llama_cpp.server", "--model", folder.path("tiny.gguf"), "--model_alias", "tiny"];
    args.push("--host", "127.0.0.1", "--port", String(PORT), "--n_ctx", "1024", "--n_threads", "1", "--api_key", KEY);
    server = spawn(python ?? "", args, { stdio: "ignore" });
    for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const answer = await fetch(`http://127.0.0.1:${PORT}/v1/models`, {
        headers: { authorization: `Bearer ${KEY}` },
      }).catch(() => undefined);
      if (answer?.ok) return;
    }
    assert.fail("the server did not start");
  }

  async function kill(): Promise<void> {
    const ended = new Promise((resolve) => server?.once("exit", resolve));
    server?.kill("SIGKILL");
    await ended;
  }

  async function connect(key: string) {
    const up = new PassThrough();
    const down = new PassThrough();
    const client = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
    const engine = createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
    const shared = new Engine({
      loadAddon: () => fakeAddon(() => assert.fail("no local model is loaded")),
      resolvePack: async () => assert.fail("no model is imported"),
      log: () => {},
      onShutdown: () => {},
    });
    windows.push(serve(engine, shared));
    const settled = new Promise<protocol.Status>((resolve) => {
      client.onNotification(protocol.status, (status) => {
        if (status.state !== "starting") resolve(status);
      });
    });
    engine.listen();
    client.listen();
    await client.sendRequest(protocol.initialize, {
      protocolVersion: protocol.PROTOCOL_VERSION,
      root: "/root",
      storage: folder.path("storage"),
      conversations: folder.path("conversations"),
      settings: engineSettings({
        threads: 0,
        maxTokens: 8,
        server: { address: `http://127.0.0.1:${PORT}`, model: "tiny", key },
      }),
    });
    return { client, status: await settled };
  }

  it("refuses a wrong key, and the engine says so", async () => {
    const { status } = await connect("wrong");
    assert.equal(status.state, "failed");
    assert.match(status.detail, /does not accept the key \(401\)/);
  });

  it("completes and chats, says when the server is killed, and goes on when it is back", async () => {
    const { client, status } = await connect(KEY);
    assert.deepEqual(
      [status.state, status.model?.name, status.model?.destination],
      ["ready", "tiny", `127.0.0.1:${PORT}`],
    );
    const uri = "untitled:1";
    await client.sendNotification(protocol.documentOpened, {
      uri,
      path: "a.py",
      languageId: "python",
      version: 1,
      text: "def add(a, b):\n    return ",
    });
    const complete = () => client.sendRequest(protocol.complete, { uri, version: 1, offset: 26, trigger: "manual" });
    const chat = async (token: number) => {
      let streamed = "";
      const listener = client.onProgress(protocol.chatText, token, (text) => {
        streamed += text;
      });
      const messages = [{ role: "user" as const, content: "What is a tern?" }];
      const result = await client.sendRequest(protocol.chat, { messages, maxTokens: 12, progressToken: token });
      listener.dispose();
      return { ...result, streamed };
    };
    const first = await complete();
    // The weights are random. What counts is that the server was asked and its text passed the filters.
    assert.ok(first.kind === "shown" || !["failed", "not-ready"].includes(first.reason), JSON.stringify(first));
    assert.ok((first.timings?.decodedTokens ?? 0) > 0, JSON.stringify(first));
    const answer = await chat(1);
    assert.ok(answer.text.length > 0 && answer.streamed.trim() === answer.text.trim(), JSON.stringify(answer));

    await kill();
    const failed = await complete();
    assert.ok(failed.kind === "silent" && failed.reason === "failed", JSON.stringify(failed));
    assert.match(failed.detail ?? "", /Nothing answers at 127\.0\.0\.1:18311/);
    await assert.rejects(chat(2), /Nothing answers at 127\.0\.0\.1:18311/);

    await start();
    const again = await complete();
    assert.ok(again.kind === "shown" || again.reason !== "failed", JSON.stringify(again));
    assert.ok((await chat(3)).text.length > 0);
  });

  it("says what to do when the server gives an answer up for another request", async () => {
    const { client } = await connect(KEY);
    const chat = (content: string, maxTokens: number, progressToken: number) =>
      client.sendRequest(protocol.chat, { messages: [{ role: "user", content }], maxTokens, progressToken });
    const first = new Promise<void>((resolve) => client.onProgress(protocol.chatText, 1, () => resolve()));
    const ended = assert.rejects(
      chat("Tell a long story.", 400, 1),
      /^[^\n]*gave the answer up[^\n]*interrupt_requests/,
    );
    await Promise.race([first, ended]);
    const { client: other } = await connect(KEY);
    const messages = [{ role: "user" as const, content: "What is a tern?" }];
    const answer = await other.sendRequest(protocol.chat, { messages, maxTokens: 12, progressToken: 2 });
    assert.ok(answer.text.length > 0);
    await ended;
  });

  it("completes the same whether or not something follows: it would read that wrongly", async () => {
    const { signal } = new AbortController();
    const net = { mirror: "", proxy: "", noProxy: [], strictSsl: true };
    const settings = { address: `http://127.0.0.1:${PORT}`, model: "tiny", key: KEY };
    const client = new ServerClient({ settings, net });
    await client.connect(signal);
    await client.learnFillIn(signal);
    assert.equal(client.fillsIn, false);
    const request = { maxTokens: 8, temperature: 0, stop: [], signal, onText: () => {} };
    const alone = await client.complete("def add(a, b):", request);
    assert.equal((await client.complete("def add(a, b):", request, "print(add(1, 2))")).text, alone.text);
  });

  it("killed in the middle of an answer ends it with one line", async () => {
    const { client } = await connect(KEY);
    const messages = [{ role: "user" as const, content: "Tell a long story." }];
    let heard: () => void = () => {};
    const first = new Promise<void>((resolve) => (heard = resolve));
    client.onProgress(protocol.chatText, 9, () => heard());
    const answer = client.sendRequest(protocol.chat, { messages, maxTokens: 400, progressToken: 9 });
    const ended = assert.rejects(answer, /^[^\n]*broke[^\n]*$/m);
    await Promise.race([first, ended]);
    await kill();
    await ended;
  });
});
