import assert from "node:assert/strict";
import type { CompletionRequest } from "../../../../engine/backend/backend.ts";
import { DONE, events } from "../../../../engine/backend/remote/eventStream.ts";
import { RemoteBackend } from "../../../../engine/backend/remote/remoteBackend.ts";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { estimateTokens } from "../../../../engine/backend/remote/tokenEstimate.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
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
      for await (const event of events(parts())) {
        if (event === DONE) break;
        found.push(event.data);
      }
      assert.deepEqual(found, ['{"a":"é漢"}', "two", "three"], `pieces of ${size}`);
    }
  });
});
