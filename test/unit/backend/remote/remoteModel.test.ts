import assert from "node:assert/strict";
import { ModelService } from "../../../../engine/backend/modelService.ts";
import { DONE, events } from "../../../../engine/backend/remote/eventStream.ts";
import { RemoteModel, serverChat, serverCompletion } from "../../../../engine/backend/remote/remoteModel.ts";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { TextTokens } from "../../../../engine/backend/remote/textTokens.ts";
import { type GenerateRequest, GREEDY, Priority } from "../../../../engine/native.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { promptBudget } from "../../../../engine/prompt/budget.ts";
import type { PromptState } from "../../../../engine/prompt/profile.ts";
import type { Status } from "../../../../engine/protocol/status.ts";
import { fakeAddon } from "../../support/fakeModel.ts";
import { FakeServer } from "./fakeServer.ts";

describe("a server behind the face of a model", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  const client = (model = "small", key = "") =>
    new ServerClient({ settings: { address: server.address, model, key }, net: DIRECT });
  const connect = (what: ServerClient) => what.connect(new AbortController().signal);

  function generate(change: Partial<GenerateRequest>, prompt = "def add(a, b):", model = new RemoteModel(client())) {
    const pieces: string[] = [];
    const request: GenerateRequest = {
      tokens: model.tokenizer.encode(prompt),
      maxTokens: 16,
      sampling: GREEDY,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.inline,
      ...change,
    };
    return { ...model.generate(request, (text) => pieces.push(text)), pieces };
  }

  it("completes text, streaming it", async () => {
    const { done, pieces } = generate({ stop: ["\n"] });
    const result = await done;
    assert.deepEqual([result.text, result.reason, pieces.join("")], ["Hello", "stop-text", "Hello"]);
    assert.ok(pieces.length > 1);
    assert.deepEqual(server.asked[0]?.body, {
      model: "small",
      prompt: "def add(a, b):",
      max_tokens: 16,
      temperature: 0,
      stream: true,
      stop: ["\n"],
    });
  });

  it("puts text that the answer must begin with at the end of the prompt", async () => {
    await generate({ forcedPrefix: " ret" }).done;
    assert.equal(server.asked[0]?.body.prompt, "def add(a, b): ret");
  });

  it("ends before a stop string that the server has not looked for, wherever the pieces are cut", async () => {
    server.pieces = ["one\n", "\n", "\nUs", "er: two", "three"];
    const { done, pieces } = generate({ stop: ["a", "b", "c", "d", "\n\n\nUser:"] });
    const result = await done;
    assert.deepEqual([result.text, result.reason, pieces.join("")], ["one", "stop-text", "one"]);
    assert.deepEqual(server.asked[0]?.body.stop, ["a", "b", "c", "d"]);
  });

  it("gives what was held back for a stop string when none came", async () => {
    server.pieces = ["one\n", "\n"];
    server.finish = "length";
    const { done, pieces } = generate({ stop: ["\n\n\n"] });
    assert.deepEqual([(await done).text, (await done).reason, pieces.join("")], ["one\n\n", "length", "one\n\n"]);
  });

  it("sends conversations as they are, with the key", async () => {
    const model = new RemoteModel(client("large", "secret"));
    const messages = [
      { role: "system" as const, content: "Be brief." },
      { role: "user" as const, content: 'Why "é\n\t漢"?' },
    ];
    const prompt = serverChat(model.tokenizer).build(messages, 1000);
    const { done } = generate({ tokens: prompt.tokens, priority: Priority.chat }, "", model);
    assert.equal((await done).text, "Hello");
    const [asked] = server.asked;
    assert.deepEqual(
      [asked?.path, asked?.key, asked?.body.messages],
      ["/v1/chat/completions", "Bearer secret", messages],
    );
  });

  it("leaves the oldest messages out when there is no room", () => {
    const tokenizer = new TextTokens();
    const chat = serverChat(tokenizer);
    const messages = ["system", "user", "assistant", "user"].map((role, i) => ({
      role: role as "system" | "user" | "assistant",
      content: `${"word ".repeat(20)}${i}`,
    }));
    const kept = (budget: number) => {
      const { tokens } = chat.build(messages, budget);
      return (JSON.parse(tokenizer.decode(tokens.subarray(1))) as { content: string }[]).map(({ content }) =>
        content.at(-1),
      );
    };
    assert.deepEqual(kept(1000), ["0", "1", "2", "3"]);
    assert.deepEqual(kept(70), ["0", "2", "3"]);
    assert.deepEqual(kept(5), ["0", "3"]);
  });

  it("cancels the request on the server's side, too", async () => {
    server.pieces = Array.from({ length: 200 }, () => "word ");
    server.pieceMs = 5;
    const { done, cancel, pieces } = generate({});
    while (pieces.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    cancel();
    const result = await done;
    assert.equal(result.reason, "cancelled");
    assert.equal(result.text, pieces.join(""));
    for (let i = 0; i < 100 && server.aborted === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(server.aborted, 1);
  });

  it("computes nothing ahead of need", async () => {
    assert.equal((await generate({ maxTokens: 0 }).done).reason, "length");
    assert.deepEqual(server.asked, []);
  });

  const refusals: [what: string, change: (server: FakeServer) => void, message: RegExp][] = [
    ["the key", (s) => (s.refuse = { status: 401, body: "{}" }), /does not accept the key \(401\): set it with/],
    ["the address", (s) => (s.refuse = { status: 404, body: "" }), /knows no such address \(404\)/],
    ["the rate", (s) => (s.refuse = { status: 429, body: "" }), /too many requests \(429\)/],
    [
      "a request, with a reason",
      (s) => (s.refuse = { status: 400, body: JSON.stringify({ error: { message: "max_tokens is too large\nx" } }) }),
      /status 400: max_tokens is too large\.$/,
    ],
    ["without words", (s) => (s.refuse = { status: 500, body: "<html>" }), /answers with status 500\.$/],
    ["in the stream", (s) => (s.raw = JSON.stringify({ error: { message: "out of state" } })), /: out of state$/],
    ["what cannot be read", (s) => (s.raw = "<html>"), /does not answer as an OpenAI-compatible server does/],
    ["in the middle", (s) => (s.breaks = true), /broke/],
  ];
  for (const [what, change, message] of refusals) {
    it(`says in one line that the server refuses ${what}`, async () => {
      change(server);
      const error = await generate({}).done.catch((reason: unknown) => reason);
      assert.ok(error instanceof Error, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n|secret/);
    });
  }

  it("tells an answer that was given up from one that was broken off", async () => {
    server.finish = "";
    server.owner = "me";
    const one = client();
    await connect(one);
    await assert.rejects(generate({}, "x", new RemoteModel(one)).done, /gave the answer up/);
    server.breaks = true;
    await assert.rejects(generate({}).done, /broke the/);
  });

  it("takes the first model when none is named, and an address with /v1", async () => {
    const one = new ServerClient({
      settings: { address: `${server.address}/v1/`, model: "", key: "" },
      net: DIRECT,
    });
    await connect(one);
    assert.equal(one.model, "small");
  });

  it("says which models there are when the named one is not", async () => {
    await assert.rejects(connect(client("huge")), /has no model "huge", it has small, large: check/);
  });

  it("refuses addresses that are none, or in the clear over a network", () => {
    const make = (address: string) => () =>
      new ServerClient({ settings: { address, model: "", key: "" }, net: DIRECT });
    assert.throws(make("gpu-box"), /no address of a server: put "https:\/\/" in front, or check the setting/);
    assert.throws(make("http://gpu-box:8000"), /not reached over https/);
  });

  it("is loaded by the settings, tells where text goes, and comes back after the server was away", async () => {
    const statuses: Status[] = [];
    const service = new ModelService({
      loadAddon: () => fakeAddon(() => assert.fail("no local model is loaded")),
      resolvePack: async () => assert.fail("no model is imported"),
      builtinModel: "",
      storage: "",
      onStatus: (status) => statuses.push(status),
      log: () => {},
    });
    const settings = { model: "", threads: 0, cacheMegabytes: 0 };
    const at = { address: server.address, model: "", key: "secret" };
    await service.load({ ...settings, server: at });
    const status = statuses.at(-1);
    assert.deepEqual(
      [status?.state, status?.model?.name, status?.model?.destination],
      ["ready", "small", new URL(server.address).host],
    );
    assert.ok(statuses.every((one) => !JSON.stringify(one).includes("secret")));
    const current = service.current();
    assert.ok(typeof current !== "string");
    const ask = () => generate({}, "x", current.native as RemoteModel).done;
    assert.equal((await ask()).text, "Hello");
    const { port } = server;
    await server.stop();
    await assert.rejects(ask(), /Nothing answers at 127\.0\.0\.1/);
    server = await FakeServer.start(port);
    assert.equal((await ask()).text, "Hello");
    await service.load({ ...settings, server: { ...at, address: "http://127.0.0.1:1" } });
    assert.equal(statuses.at(-1)?.state, "failed");
    await service.close();
  });
});

describe("a server that is told what follows the cursor", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  const { signal } = new AbortController();
  const context = {
    path: "src/area.ts",
    languageId: "typescript",
    prefix: "const area = (r) => ",
    prefixLine: 0,
    restOfLine: ";",
    below: "log(area(2));",
  };

  async function open(suffix: FakeServer["suffix"]) {
    server.suffix = suffix;
    const client = new ServerClient({ settings: { address: server.address, model: "small", key: "" }, net: DIRECT });
    await client.connect(signal);
    await client.learnFillIn(signal);
    server.asked.length = 0;
    const model = new RemoteModel(client);
    return { client, model, profile: serverCompletion(client, model.tokenizer) };
  }

  async function ask({ model, profile }: Awaited<ReturnType<typeof open>>, state?: PromptState) {
    const prompt = profile.build(context, promptBudget(4096, 16, 512), state);
    const request = { maxTokens: 16, sampling: GREEDY, stop: [], priority: Priority.inline };
    const { tokens, stopTokens, forced } = prompt;
    const { text } = await model.generate({ ...request, tokens, stopTokens, forcedPrefix: forced }).done;
    return { text, prompt, bodies: server.asked.map(({ body }) => body) };
  }

  it("fills in where it reads that, and the prompt is the same but for it", async () => {
    const { text, bodies } = await ask(await open("reads"));
    assert.deepEqual([text, bodies.length], ["Hello", 1]);
    assert.equal(bodies[0]?.suffix, ";\nlog(area(2));");
    assert.equal(bodies[0]?.prompt, "// src/area.ts\nconst area = (r) => ");
  });

  it("keeps what it was told while that still says what follows", async () => {
    const opened = await open("reads");
    const { state } = (await ask(opened)).prompt;
    const { profile } = opened;
    assert.ok(profile.canExtend({ ...context, restOfLine: ");" }, state));
    assert.ok(!profile.canExtend({ ...context, below: "other(1);" }, state));
    assert.ok(!profile.canExtend(context, { anchor: state.anchor }));
  });

  for (const [what, suffix, owner] of [
    ["does not read it", "ignores", "somebody"],
    ["refuses it", "refuses", "somebody"],
    ["reads it wrongly, as llama-cpp-python's does", "reads", "me"],
  ] as const) {
    it(`continues the text where it ${what}`, async () => {
      server.owner = owner;
      const opened = await open(suffix);
      const { text, bodies, prompt } = await ask(opened);
      assert.deepEqual([text, bodies.length, opened.profile.name], ["Hello", 1, "continuation"]);
      assert.ok(!("suffix" in (bodies[0] ?? {})));
      assert.equal(bodies[0]?.prompt, "// src/area.ts\nconst area = (r) => ");
      assert.ok(opened.profile.canExtend(context, prompt.state));
    });
  }

  it("goes on without it when it comes to refuse it, and asks for it no more", async () => {
    const opened = await open("reads");
    server.suffix = "refuses";
    const { text, bodies, prompt } = await ask(opened);
    assert.equal(text, "Hello");
    assert.deepEqual(
      bodies.map((body) => "suffix" in body),
      [true, false],
    );
    assert.ok(!opened.profile.canExtend(context, prompt.state));
    server.asked.length = 0;
    assert.equal((await ask(opened)).bodies.length, 1);
  });

  it("is not taken to fill in when it cannot be asked", async () => {
    server.refuse = { status: 503, body: "" };
    const client = new ServerClient({ settings: { address: server.address, model: "small", key: "" }, net: DIRECT });
    await client.learnFillIn(signal);
    assert.equal(client.fillsIn, false);
  });

  it("learns that by itself when it is loaded by the settings", async () => {
    server.suffix = "reads";
    const service = new ModelService({
      loadAddon: () => fakeAddon(() => assert.fail("no local model is loaded")),
      resolvePack: async () => assert.fail("no model is imported"),
      builtinModel: "",
      storage: "",
      onStatus: () => {},
      log: () => {},
    });
    const at = { address: server.address, model: "", key: "" };
    await service.load({ model: "", threads: 0, cacheMegabytes: 0, server: at });
    const loaded = service.current();
    assert.ok(typeof loaded !== "string");
    const isFillIn = () => loaded.completion.name === "fill-in-the-middle";
    for (let i = 0; i < 400 && !isFillIn(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(isFillIn());
    await service.close();
  });
});

describe("tokens of a server that takes text", () => {
  for (const text of ["", "a b\tc\r\nd", "  x = {é: '漢字'}\n\n", "\ud800 lone", "🙂👍🏽", "\u0000"]) {
    it(`give ${JSON.stringify(text)} back`, () => {
      const tokens = new TextTokens();
      assert.equal(tokens.decode(tokens.encode(text)), text);
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
