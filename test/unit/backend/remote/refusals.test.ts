import assert from "node:assert/strict";
import { type Activity, ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import type { ChatMessage } from "../../../../engine/protocol/chat.ts";
import { ManualClock } from "../../support/manualClock.ts";
import { turn } from "../../support/until.ts";
import { type Body, CASES, message, type Refuse } from "./refusalCases.ts";
import { type StubReply, type StubRequest, StubServer, streamOf } from "./stubServer.ts";

const MESSAGES: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Say hello." },
];

describe("a server that refuses", () => {
  let server: StubServer;

  before(async () => {
    server = await StubServer.start(() => undefined);
  });
  after(() => server.stop());
  beforeEach(() => {
    server.asked.length = 0;
  });

  const open = (settings: object = {}, clock = new ManualClock()) =>
    new ServerClient({ settings: { address: server.address, model: "m", key: "", ...settings }, net: DIRECT, clock });
  const ask = (client: ServerClient, change: object = {}, messages = () => MESSAGES) =>
    client.chat(
      messages,
      { text: "```ts\n", isContinued: false },
      {
        maxTokens: 16,
        temperature: 0,
        stop: ["\n```", "\n\n\n", "END", "Q:"],
        signal: new AbortController().signal,
        onText: () => {},
        ...change,
      },
    );
  const refusing =
    (refuse: Refuse, answer = "let a = 1;\n```") =>
    (request: StubRequest): StubReply => {
      const refused = refuse(request.body as Body);
      if (refused === undefined) {
        const whole = { choices: [{ message: { content: answer }, finish_reason: "stop" }] };
        return {
          body:
            request.body.stream === true ? streamOf(...(answer.match(/[\s\S]{1,3}/g) ?? [])) : JSON.stringify(whole),
        };
      }
      const { status = 400, said } = refused;
      return { status, body: typeof said === "string" ? said : JSON.stringify(said) };
    };

  for (const { what, refuse, taken, expected, answer } of CASES) {
    it(`is asked without: ${what}; and at once the next time`, async () => {
      server.handler = refusing(refuse, answer);
      const client = open();
      assert.equal((await ask(client)).text, "let a = 1;");
      const body = server.bodies.at(-1) as Body;
      assert.deepEqual(taken(body), expected);
      const count = server.asked.length;
      assert.equal((await ask(client)).text, "let a = 1;");
      assert.equal(server.asked.length, count + 1);
    });
  }

  it("a conversation that is too long is told again in as much as there is room for", async () => {
    const contexts: (number | undefined)[] = [];
    const messages = (context: number | undefined) => {
      contexts.push(context);
      return [{ role: "user" as const, content: "x".repeat(Math.min(10_000, context ?? 10_000)) }];
    };
    server.handler = refusing(({ messages: [first] }) =>
      (first?.content.length ?? 0) > 2048
        ? {
            said: message(
              "This model's maximum context length is 2048 tokens. However, you requested 10016 tokens (10000 in the messages, 16 in the completion).",
            ),
          }
        : undefined,
    );
    const client = open();
    assert.equal((await ask(client, {}, messages as () => ChatMessage[])).text, "let a = 1;");
    assert.deepEqual(contexts, [undefined, 2048]);
    assert.equal(client.contextTokens, 2048);
  });

  it("is asked again while it loads its model, and the user hears of it", async () => {
    let times = 0;
    server.handler = (request) =>
      times++ < 3
        ? { status: 503, body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}' }
        : refusing(() => undefined)(request);
    const clock = new ManualClock();
    const activities: Activity[] = [];
    const asked = ask(open({}, clock), { onActivity: (activity: Activity) => activities.push(activity) });
    let isAnswered = false;
    void asked.finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      await turn();
      await clock.pass(1_000);
    }
    assert.equal((await asked).text, "let a = 1;");
    assert.deepEqual([server.bodies.length, activities], [4, ["loading", "loading", "loading"]]);
  });

  it("is given more room when its model thinks until there is none left for an answer", async () => {
    const thought = (finish: string) =>
      `data: ${JSON.stringify({ choices: [{ delta: { reasoning_content: "hm" }, finish_reason: finish }] })}\n\n`;
    server.handler = ({ body }) =>
      Number(body.max_tokens) < 100 ? { body: thought("length") } : { body: streamOf("let a = 1;\n```") };
    const client = open();
    assert.equal((await ask(client)).text, "let a = 1;");
    assert.equal((await ask(client)).text, "let a = 1;");
    assert.deepEqual(
      server.bodies.map((body) => body.max_tokens),
      [16, 128, 128],
    );
  });

  it("tells the thoughts of its first attempt alone when its model thinks twice for an answer", async () => {
    const event = (delta: object, finish: string) =>
      `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;
    server.handler = ({ body }) => {
      const isFirst = Number(body.max_tokens) < 100;
      const thought = event({ reasoning_content: isFirst ? "one" : "two" }, isFirst ? "length" : "");
      return { body: isFirst ? thought : thought + streamOf("let a = 1;\n```") };
    };
    const reported: string[] = [];
    const onThought = (text: string) => reported.push(text);
    const signal = new AbortController().signal;
    const request = { maxTokens: 16, temperature: 0, stop: [], signal, onText: () => {}, onThought };
    await open().chat(() => [], { text: "", isContinued: false }, request);
    assert.deepEqual([reported, server.bodies.length], [["one"], 2]);
  });

  it("is not asked for completions for a while when it has too much to do", async () => {
    server.handler = () => ({ status: 429, headers: { "retry-after": "5" }, body: '{"error":"slow down"}' });
    const clock = new ManualClock();
    const client = open({}, clock);
    const request = { maxTokens: 1, temperature: 0, stop: [], signal: new AbortController().signal, onText: () => {} };
    for (let key = 0; key < 3; key++) {
      await assert.rejects(client.complete("x", request), /too many requests \(429\): slow down/);
    }
    assert.equal(server.asked.length, 1);
    await clock.pass(5_000);
    server.handler = () => ({ body: streamOf("y") });
    await client.complete("x", request);
    await client.complete("x", request);
    assert.equal(server.asked.length, 3);
  });

  it("stops being asked when the user cancels while it loads", async () => {
    server.handler = () => ({ status: 503, body: '{"error":{"message":"Loading model"}}' });
    const controller = new AbortController();
    const asked = ask(open(), { signal: controller.signal, onActivity: () => controller.abort() });
    await assert.rejects(asked, { name: "AbortError" });
    assert.equal(server.bodies.length, 1);
  });

  it("the chat is not asked for completions again where it has the chat alone", async () => {
    server.handler = ({ path }) =>
      path.endsWith("/models")
        ? { body: '{"data":[{"id":"m"}]}' }
        : {
            status: 404,
            body: JSON.stringify(message("This is a chat model and not supported in the v1/completions endpoint.")),
          };
    const client = open();
    await client.connect(new AbortController().signal);
    const request = { maxTokens: 1, temperature: 0, stop: [], signal: new AbortController().signal, onText: () => {} };
    await assert.rejects(client.complete("x", request), /offers only chat for m, and suggestions need completions/);
    const count = server.asked.length;
    await assert.rejects(client.complete("x", request), /offers only chat/);
    assert.equal(server.asked.length, count);
  });

  const FINAL: [what: string, reply: StubReply, error: RegExp][] = [
    ["a wrong key", { status: 401, body: '{"error":"no"}' }, /does not accept the key \(401\): set it with/],
    [
      "a reason of its own",
      { status: 403, body: '{"error":{"message":"Your country is not served"}}' },
      /refuses \(403\): Your country is not served\.$/,
    ],
    [
      "payment",
      { status: 402, body: '{"error":{"message":"Insufficient credits."}}' },
      /payment \(402\): Insufficient credits\.$/,
    ],
    [
      "an unknown model",
      { status: 404, body: '{"error":{"message":"model \\"m\\" not found, try pulling it first"}}' },
      /says model "m" not found.*sterna\.server\.model/,
    ],
    [
      "another address",
      { status: 301, headers: { location: "https://new.example/v1" }, body: "" },
      /has moved to https:\/\/new\.example\/v1 \(301\)/,
    ],
    ["a body that is too large", { status: 413, body: "" }, /too large \(413\)/],
    ["a gateway", { status: 502, body: "<html>Bad Gateway</html>" }, /does not reach the server behind it \(502\)/],
    ["plain text", { status: 418, body: "I am a teapot.\nShort and stout." }, /status 418: I am a teapot\.$/],
    [
      "a list of problems",
      { status: 400, body: '[{"error":{"message":"quota exceeded","code":400}}]' },
      /status 400: quota exceeded\.$/,
    ],
    [
      "too many requests",
      { status: 429, body: '{"error":{"message":"Rate limit reached"}}' },
      /too many requests \(429\): Rate limit reached: try again later/,
    ],
  ];
  for (const [what, reply, error] of FINAL) {
    it(`says in one line what is wrong: ${what}`, async () => {
      server.handler = () => reply;
      await assert.rejects(
        ask(open()),
        (thrown: Error) => error.test(thrown.message) && !thrown.message.includes("\n"),
      );
      assert.equal(server.asked.length, 1);
    });
  }
});
