/**
 * The remote backend against llama.cpp's own server: STERNA_LLAMA_SERVER names its executable. The model is made of random
 * weights; what counts is how the server answers.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { type Activity, ServerClient } from "../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../engine/net/request.ts";
import type { ChatMessage } from "../../engine/protocol/chat.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { writeTinyModel } from "./tinyModel.ts";

const { STERNA_LLAMA_SERVER: executable } = process.env;
const PORT = 18_312;
const KEY = "a-secret";
const CONTEXT = 1024;

const question = (content: string): ChatMessage[] => [
  { role: "system", content: "Be brief." },
  { role: "user", content },
];

(executable === undefined ? describe.skip : describe)("llama.cpp's server", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let server: ChildProcess | undefined;

  before(async () => {
    await writeTinyModel(folder.path("tiny.gguf"));
    start();
  });
  after(() => server?.kill("SIGKILL"));

  function start(): void {
    const args = ["-m", folder.path("tiny.gguf"), "--alias", "tiny", "--host", "127.0.0.1", "--port", String(PORT)];
    args.push("-c", String(CONTEXT), "-np", "1", "-t", "1", "--api-key", KEY, "--no-webui");
    server = spawn(executable ?? "", args, { stdio: "ignore" });
  }

  const client = (change: object = {}) =>
    new ServerClient({
      settings: { address: `http://127.0.0.1:${PORT}`, model: "", key: KEY, ...change },
      net: DIRECT,
    });
  const request = (change: object = {}) => ({
    maxTokens: 12,
    temperature: 0,
    stop: [] as string[],
    signal: new AbortController().signal,
    onText: () => {},
    ...change,
  });

  async function connected(change: object = {}): Promise<ServerClient> {
    const made = client(change);
    for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      try {
        await made.connect(new AbortController().signal);
        return made;
      } catch (error) {
        // It is started, and then says that it is loading its model.
        const isStarting = /Nothing answers|still loading its model/.test(String(error));
        if (!isStarting || Date.now() > end) throw error;
      }
    }
  }

  it("is found by its address alone, with its model and the context that it was started with", async () => {
    const found = await connected();
    assert.deepEqual([found.model, found.contextTokens], ["tiny", CONTEXT]);
  });

  it("is found where its own interface's address was given", async () => {
    const found = await connected({ address: `http://127.0.0.1:${PORT}/completion` });
    assert.equal(found.model, "tiny");
  });

  it("refuses a wrong key in one line", async () => {
    await connected();
    const made = client({ key: "wrong" });
    await made.connect(new AbortController().signal).catch(() => {});
    const asked = made.chat(() => question("Why?"), { text: "", isContinued: false }, request());
    await assert.rejects(asked, /^ServerError: [^\n]*does not accept the key \(401\)[^\n]*$/);
  });

  it("completes, piece by piece, up to a stop", async () => {
    const made = await connected();
    const pieces: string[] = [];
    const whole = await made.complete("def add(a, b):", request({ onText: (piece: string) => pieces.push(piece) }));
    assert.ok(whole.text.length > 0 && pieces.join("") === whole.text, JSON.stringify(whole));
    assert.equal(whole.end, "length");
    assert.ok(whole.promptTokens === 0 || whole.promptTokens > 3, JSON.stringify(whole));
    const stop = whole.text.slice(3, 6);
    const stopped = await made.complete("def add(a, b):", request({ stop: [stop] }));
    assert.equal(stopped.text, whole.text.slice(0, whole.text.indexOf(stop)));
  });

  it("is found not to read what follows the cursor, and completes all the same", async () => {
    const made = await connected();
    await made.learnFillIn(new AbortController().signal);
    assert.equal(made.fillsIn, false);
    assert.ok((await made.complete("def add(a, b):", request(), "print(1)")).text.length > 0);
  });

  it("chats, with instructions and what was said before", async () => {
    const made = await connected();
    let streamed = "";
    const onText = (piece: string) => {
      streamed += piece;
    };
    const messages: ChatMessage[] = [
      ...question("What is a tern?"),
      { role: "assistant", content: "A bird." },
      { role: "user", content: "And a gull?" },
    ];
    const answer = await made.chat(() => messages, { text: "", isContinued: false }, request({ onText }));
    assert.ok(answer.text.length > 0 && streamed === answer.text, JSON.stringify(answer));
  });

  it("goes on with an answer that was begun", async () => {
    const made = await connected();
    const answer = await made.chat(() => question("Write code."), { text: "```ts\n", isContinued: false }, request());
    assert.ok(!answer.text.startsWith("```ts"), answer.text);
  });

  it("is asked again in as much as its context holds", async () => {
    // As with a server that does not tell: the setting says more than it has.
    const made = await connected({ contextTokens: 100_000 });
    const reported: (number | undefined)[] = [];
    const messages = (context: number | undefined) => {
      reported.push(context);
      return question("word ".repeat(Math.min(4_000, Math.floor((context ?? 4_000) / 8))));
    };
    const answer = await made.chat(messages, { text: "", isContinued: false }, request());
    assert.ok(answer.text.length > 0);
    assert.deepEqual(reported, [100_000, CONTEXT]);
  });

  it("hears at once that an answer is not wanted any more", async () => {
    const made = await connected();
    const controller = new AbortController();
    const long = request({ maxTokens: 800, signal: controller.signal, onText: () => controller.abort() });
    const asked = made.chat(() => question("Tell a story."), { text: "", isContinued: false }, long);
    await assert.rejects(asked, { name: "AbortError" });
    // It has one place for answers: this one would wait for the other's end.
    assert.ok((await made.complete("x", request({ maxTokens: 1 }))).text.length >= 0);
  });

  it("is waited for while it loads its model, when it was started anew", async () => {
    const made = await connected();
    const ended = new Promise((resolve) => server?.once("exit", resolve));
    server?.kill("SIGKILL");
    await ended;
    await assert.rejects(made.complete("x", request()), /Nothing answers at 127\.0\.0\.1/);
    start();
    const seen: Activity[] = [];
    for (const end = Date.now() + 60_000; ; ) {
      try {
        const answer = await made.chat(
          () => question("Why?"),
          { text: "", isContinued: false },
          request({ onActivity: (activity: Activity) => seen.push(activity) }),
        );
        assert.ok(answer.text.length > 0);
        return;
      } catch (error) {
        if (!/Nothing answers/.test(String(error)) || Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
});
