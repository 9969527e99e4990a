import assert from "node:assert/strict";
import type { ChatRequest, CompletionRequest } from "../../../../engine/backend/backend.ts";
import { RemoteBackend } from "../../../../engine/backend/remote/remoteBackend.ts";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { estimateTokens } from "../../../../engine/backend/remote/tokenEstimate.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { newestMessagesThatFit } from "../../../../engine/prompt/messagesThatFit.ts";
import type { ChatMessage } from "../../../../engine/protocol/chat.ts";
import { ManualClock } from "../../support/manualClock.ts";
import { until } from "../../support/until.ts";
import { FakeServer } from "./fakeServer.ts";

const CONTEXT = {
  path: "src/area.ts",
  languageId: "typescript",
  prefix: "const area = (r) => ",
  prefixLine: 0,
  restOfLine: ";",
  below: "log(area(2));",
};
const { signal } = new AbortController();

const place = (change: Partial<CompletionRequest> = {}): CompletionRequest => ({
  owner: {},
  context: CONTEXT,
  maxTokens: 16,
  relatedChunks: () => [],
  shape: "line",
  minimumConfidence: 0,
  isAhead: false,
  ...change,
});
const question = (messages: ChatMessage[], change: Partial<ChatRequest> = {}): ChatRequest => ({
  messages,
  opening: "",
  isContinued: false,
  maxTokens: 16,
  stop: [],
  isCode: false,
  ...change,
});

describe("a backend on a server", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  const client = (model = "small", key = "") =>
    new ServerClient({ settings: { address: server.address, model, key }, net: DIRECT });

  function complete(change: Partial<CompletionRequest> = {}, backend = new RemoteBackend(client())) {
    const pieces: string[] = [];
    const { cancel, done } = backend.complete(place(change))((text) => pieces.push(text));
    return { cancel, done, pieces };
  }

  it("completes text, streaming it", async () => {
    const { done, pieces } = complete();
    const { text, reason, pieces: confidence } = await done;
    assert.deepEqual([text, reason, pieces.join("")], ["Hello", "end", "Hello"]);
    assert.deepEqual(confidence, [{ end: 5, probability: 1 }]);
    assert.ok(pieces.length > 1);
    assert.deepEqual(server.asked[0]?.body, {
      model: "small",
      prompt: "// src/area.ts\nconst area = (r) => ",
      max_tokens: 16,
      temperature: 0,
      stream: true,
      stop: ["\n"],
    });
  });

  it("lets a block be longer than a line, and not end at a line feed", async () => {
    await complete({ shape: "block" }).done;
    assert.deepEqual([server.asked[0]?.body.max_tokens, server.asked[0]?.body.stop], [48, undefined]);
  });

  it("puts pieces of other files before the path, the newest last, as many as there is room for", async () => {
    const chunk = (name: string, text: string) => ({ path: name, languageId: "typescript", text });
    const relatedChunks = () => [chunk("old.ts", "x ".repeat(5000)), chunk("a.ts", "let a;"), chunk("b.ts", "let b;")];
    await complete({ relatedChunks }).done;
    assert.equal(
      server.asked[0]?.body.prompt,
      "// a.ts\nlet a;\n\n// b.ts\nlet b;\n\n// src/area.ts\nconst area = (r) => ",
    );
  });

  it("appends to the prompt before it while the same document is typed in", async () => {
    const backend = new RemoteBackend(client());
    const owner = {};
    const lines = Array.from({ length: 4000 }, (_, i) => `const name${i} = ${i};\n`).join("");
    const ask = (prefix: string) => complete({ owner, context: { ...CONTEXT, prefix } }, backend).done;
    await ask(lines);
    await ask(`${lines}let x`);
    const [first, second] = server.asked.map(({ body }) => String(body.prompt));
    assert.ok((first?.length ?? 0) > 1000);
    assert.equal(second, `${first}let x`);
  });

  it("sends conversations as they are, with the key", async () => {
    const backend = new RemoteBackend(client("large", "secret"));
    const messages: ChatMessage[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: 'Why "é\n\t漢"?' },
    ];
    const { text, reason } = await backend.chat(question(messages))().done;
    assert.deepEqual([text, reason], ["Hello", "end"]);
    const [asked] = server.asked;
    assert.deepEqual(
      [asked?.path, asked?.key, asked?.body.messages],
      ["/v1/chat/completions", "Bearer secret", messages],
    );
  });

  it("says that the server reads the prompt when the first word takes long, and no more when it comes", async () => {
    const clock = new ManualClock();
    const backend = new RemoteBackend(client(), clock);
    let letGo = () => {};
    server.hold = new Promise((resolve) => {
      letGo = resolve;
    });
    const said: string[] = [];
    const messages: ChatMessage[] = [{ role: "user", content: "Why?" }];
    const { done } = backend.chat(question(messages, { onActivity: (text) => said.push(text) }))();
    await clock.pass(1_000);
    assert.deepEqual(said, []);
    await clock.pass(60_000);
    assert.deepEqual(said, ["The server is reading your prompt."]);
    letGo();
    await done;
    assert.equal(said.at(-1), "");
  });

  it("leaves the oldest messages out when there is no room, and cuts the last at its beginning", () => {
    const messages = ["system", "user", "assistant", "user"].map((role, i) => ({
      role: role as ChatMessage["role"],
      content: `${"word ".repeat(20)}${i}`,
    }));
    const count = ({ content }: ChatMessage) => estimateTokens(content);
    const kept = (budget: number) =>
      newestMessagesThatFit(messages, budget, count).map(({ content }) => content.at(-1));
    assert.deepEqual(kept(1000), ["0", "1", "2", "3"]);
    assert.deepEqual(kept(70), ["0", "2", "3"]);
    assert.deepEqual(kept(45), ["0", "3"]);
    const [system, last] = newestMessagesThatFit(messages, 30, count);
    assert.equal(system?.content, messages[0]?.content);
    assert.ok(last && messages[3]?.content.endsWith(last.content) && count(last) <= 9 && last.content.length > 1);
  });

  it("cancels the request on the server's side, too", async () => {
    server.pieces = Array.from({ length: 200 }, () => "word ");
    server.pieceMs = 5;
    const { done, cancel, pieces } = complete();
    await until(() => pieces.length >= 3);
    cancel();
    const result = await done;
    assert.deepEqual([result.reason, result.text], ["cancelled", pieces.join("")]);
    await until(() => server.aborted > 0);
    assert.equal(server.aborted, 1);
  });

  it("computes nothing ahead of need", async () => {
    const backend = new RemoteBackend(client());
    assert.equal((await complete({ isAhead: true }, backend).done).text, "");
    assert.equal((await backend.warm()().done).reason, "length");
    assert.equal((await backend.warmChat()().done).reason, "length");
    assert.deepEqual(server.asked, []);
  });

  const refusals: [what: string, change: (server: FakeServer) => void, message: RegExp][] = [
    ["the key", (s) => (s.refuse = { status: 401, body: "{}" }), /does not accept the key \(401\): set it with/],
    ["the address", (s) => (s.refuse = { status: 404, body: "" }), /knows no such address \(404\)/],
    ["the rate", (s) => (s.refuse = { status: 429, body: "" }), /too many requests \(429\)/],
    ["without words", (s) => (s.refuse = { status: 500, body: "<html>" }), /answers with status 500\.$/],
    ["in the stream", (s) => (s.raw = JSON.stringify({ error: { message: "out of memory" } })), /: out of memory$/],
    ["what cannot be read", (s) => (s.raw = "<html>"), /does not answer as an OpenAI-compatible server does/],
    ["in the middle", (s) => (s.breaks = true), /broke/],
  ];
  for (const [what, change, message] of refusals) {
    it(`says in one line that the server refuses ${what}`, async () => {
      change(server);
      const error = await complete().done.catch((reason: unknown) => reason);
      assert.ok(error instanceof Error, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n|secret/);
    });
  }

  it("tells an answer that was given up from one that was broken off", async () => {
    server.finish = "";
    server.owner = "me";
    const one = client();
    await one.connect(signal);
    await assert.rejects(complete({}, new RemoteBackend(one)).done, /gave the answer up/);
    server.breaks = true;
    await assert.rejects(complete().done, /broke the/);
  });

  it("says which models there are when the named one is not", async () => {
    await assert.rejects(client("huge").connect(signal), /has no model "huge", it has small, large: check/);
  });
});
