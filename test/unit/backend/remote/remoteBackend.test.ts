import assert from "node:assert/strict";
import type { ChatRequest, CompletionRequest } from "../../../../engine/backend/backend.ts";
import { ModelService } from "../../../../engine/backend/modelService.ts";
import { DONE, events } from "../../../../engine/backend/remote/eventStream.ts";
import { newestMessagesThatFit } from "../../../../engine/backend/remote/messagesThatFit.ts";
import { RemoteBackend } from "../../../../engine/backend/remote/remoteBackend.ts";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { estimateTokens } from "../../../../engine/backend/remote/tokenEstimate.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import type { ChatMessage } from "../../../../engine/protocol/chat.ts";
import type { Status } from "../../../../engine/protocol/status.ts";
import { fakeAddon } from "../../support/fakeModel.ts";
import { ManualClock } from "../../support/manualClock.ts";
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
    while (pieces.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    cancel();
    const result = await done;
    assert.deepEqual([result.reason, result.text], ["cancelled", pieces.join("")]);
    for (let i = 0; i < 100 && server.aborted === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
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

describe("a server in the settings", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  const settings = { model: "", threads: 0, cacheMegabytes: 0 };

  function setup(clock = new ManualClock()) {
    const statuses: Status[] = [];
    const service = new ModelService({
      loadAddon: () => fakeAddon(() => assert.fail("no local model is loaded")),
      resolvePack: async () => assert.fail("no model is imported"),
      builtinModel: "",
      storage: "",
      onStatus: (status) => statuses.push(status),
      log: () => {},
      clock,
    });
    const ask = async () => {
      const choice = await service.awaken();
      assert.ok(choice.kind === "ready", JSON.stringify(choice));
      return (await choice.backend.complete(place())().done).text;
    };
    return { service, statuses, clock, ask };
  }

  it("is used, tells where text goes, and goes on after the server was away", async () => {
    const { service, statuses, ask } = setup();
    const at = { address: server.address, model: "", key: "secret" };
    await service.load({ ...settings, server: at });
    const status = statuses.at(-1);
    assert.deepEqual(
      [status?.state, status?.model?.name, status?.model?.destination],
      ["ready", "small", new URL(server.address).host],
    );
    assert.ok(statuses.every((one) => !JSON.stringify(one).includes("secret")));
    assert.equal(await ask(), "Hello");
    const { port } = server;
    await server.stop();
    await assert.rejects(ask(), /Nothing answers at 127\.0\.0\.1/);
    server = await FakeServer.start(port);
    assert.equal(await ask(), "Hello");
    await service.close();
  });

  it("is found by itself when it starts after the editor, and sooner when somebody asks", async () => {
    const { port, address } = server;
    await server.stop();
    const { service, statuses, clock, ask } = setup();
    await service.load({ ...settings, server: { address, model: "", key: "" } });
    assert.match(statuses.at(-1)?.detail ?? "", /Nothing answers at 127/);
    const failures = statuses.length;
    // Tried again and again, without a word each time.
    for (let i = 0; i < 4; i++) {
      await clock.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(statuses.length, failures);
    server = await FakeServer.start(port);
    assert.equal(service.current().kind, "none");
    for (let i = 0; i < 40 && service.current().kind === "none"; i++) {
      await clock.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(statuses.at(-1)?.state, "ready");
    assert.equal(await ask(), "Hello");
    await service.close();
  });

  it("is asked again while it loads its model", async () => {
    server.refuse = { status: 503, body: '{"error":{"message":"Loading model"}}' };
    const { service, statuses, clock } = setup();
    await service.load({ ...settings, server: { address: server.address, model: "", key: "" } });
    assert.match(statuses.at(-1)?.detail ?? "", /is still loading its model \(503\)/);
    server.refuse = undefined;
    for (let i = 0; i < 40 && statuses.at(-1)?.state !== "ready"; i++) {
      await clock.pass(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(statuses.at(-1)?.state, "ready");
    await service.close();
  });

  it("is not asked again where that would change nothing", async () => {
    server.refuse = { status: 401, body: "{}" };
    const { service, statuses, clock } = setup();
    await service.load({ ...settings, server: { address: server.address, model: "", key: "wrong" } });
    assert.match(statuses.at(-1)?.detail ?? "", /does not accept the key/);
    const count = server.asked.length;
    for (let i = 0; i < 20; i++) await clock.pass(10_000);
    assert.equal(server.asked.length, count);
    await service.close();
  });
});

describe("a server that is told what follows the cursor", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  async function open(suffix: FakeServer["suffix"]) {
    server.suffix = suffix;
    const client = new ServerClient({ settings: { address: server.address, model: "small", key: "" }, net: DIRECT });
    await client.connect(signal);
    await client.learnFillIn(signal);
    server.asked.length = 0;
    return { client, backend: new RemoteBackend(client) };
  }

  async function ask(backend: RemoteBackend, change: Partial<CompletionRequest> = {}) {
    const { text } = await backend.complete(place(change))().done;
    return { text, bodies: server.asked.map(({ body }) => body) };
  }

  it("fills in where it reads that, and the prompt is the same but for it", async () => {
    const { text, bodies } = await ask((await open("reads")).backend);
    assert.deepEqual([text, bodies.length], ["Hello", 1]);
    assert.equal(bodies[0]?.suffix, ";\nlog(area(2));");
    assert.equal(bodies[0]?.prompt, "// src/area.ts\nconst area = (r) => ");
  });

  it("keeps what it was told while that still says what follows", async () => {
    const { backend } = await open("reads");
    const owner = {};
    const asked = async (change: object) => (await ask(backend, { owner, context: { ...CONTEXT, ...change } })).bodies;
    await asked({});
    assert.equal((await asked({ restOfLine: ");" })).at(-1)?.suffix, ";\nlog(area(2));");
    assert.equal((await asked({ below: "other(1);" })).at(-1)?.suffix, ";\nother(1);");
  });

  for (const [what, suffix, owner] of [
    ["does not read it", "ignores", "somebody"],
    ["refuses it", "refuses", "somebody"],
    ["reads it wrongly, as llama-cpp-python's does", "reads", "me"],
  ] as const) {
    it(`continues the text where it ${what}`, async () => {
      server.owner = owner;
      const { text, bodies } = await ask((await open(suffix)).backend);
      assert.deepEqual([text, bodies.length], ["Hello", 1]);
      assert.ok(!("suffix" in (bodies[0] ?? {})));
      assert.equal(bodies[0]?.prompt, "// src/area.ts\nconst area = (r) => ");
    });
  }

  it("goes on without it when it comes to refuse it, and asks for it no more", async () => {
    const { backend } = await open("reads");
    server.suffix = "refuses";
    const { text, bodies } = await ask(backend);
    assert.equal(text, "Hello");
    assert.deepEqual(
      bodies.map((body) => "suffix" in body),
      [true, false],
    );
    server.asked.length = 0;
    assert.equal((await ask(backend)).bodies.length, 1);
  });

  it("is not taken to fill in when it cannot be asked", async () => {
    server.refuse = { status: 503, body: "" };
    const client = new ServerClient({ settings: { address: server.address, model: "small", key: "" }, net: DIRECT });
    await client.learnFillIn(signal);
    assert.equal(client.fillsIn, false);
  });
});

describe("the estimate of a text's tokens", () => {
  const CASES: [what: string, text: string, least: number, most: number][] = [
    ["nothing", "", 0, 0],
    ["code", "export function add(a: number, b: number) {\n  return a + b;\n}\n", 18, 32],
    ["Chinese", "代码".repeat(60), 100, 130],
    ["Japanese", "これはテストです。".repeat(10), 80, 100],
    ["Korean", "코드를 작성합니다 ".repeat(10), 70, 100],
    ["Russian", "функция возвращает число ".repeat(4), 40, 60],
    ["Arabic", "هذه دالة ".repeat(10), 30, 60],
    ["emoji", "🙂🚀".repeat(5), 15, 30],
    ["a comment in Chinese", "// 计算两个数的和\nconst sum = a + b;\n", 16, 26],
  ];
  for (const [what, text, least, most] of CASES) {
    it(`is honest about ${what}`, () => {
      const tokens = estimateTokens(text);
      assert.ok(tokens >= least && tokens <= most, `${tokens}`);
    });
  }
});

describe("server-sent events", () => {
  it("are found wherever the bytes are cut", async () => {
    const bytes = Buffer.from(
      ': hello\n\ndata: {"a":"é漢"}\r\n\r\ndata:two\n\nevent: x\ndata: three\n\ndata: [DONE]\n\ndata: no\n\n',
    );
    for (let size = 1; size < bytes.length; size++) {
      const found: string[] = [];
      const parts = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      for await (const data of events(parts())) {
        if (data === DONE) break;
        found.push(data);
      }
      assert.deepEqual(found, ['{"a":"é漢"}', "two", "three"], `pieces of ${size}`);
    }
  });
});
