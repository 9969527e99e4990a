import assert from "node:assert/strict";
import { adapt, type RequestShape, USUAL } from "../../../../engine/backend/remote/requestShape.ts";
import { type Activity, ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { refusal } from "../../../../engine/backend/remote/serverErrors.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import type { ChatMessage } from "../../../../engine/protocol/chat.ts";
import { ManualClock } from "../../support/manualClock.ts";
import { type StubReply, type StubRequest, StubServer, streamOf } from "./stubServer.ts";

type Body = StubRequest["body"] & { messages: { role: string; content: string; prefix?: boolean }[] };

/** What a server refuses, in its own words; undefined where it takes the request. */
type Refuse = (body: Body) => { status?: number; said: string | object } | undefined;

const message = (text: string) => ({ error: { message: text, type: "invalid_request_error" } });
const roles = (body: Body) => body.messages.map(({ role }) => role).join(" ");
const isBegun = (body: Body) => body.messages.at(-1)?.role === "assistant";

interface Case {
  what: string;
  refuse: Refuse;
  /** Of the request that the server took. */
  taken: (body: Body) => unknown;
  expected: unknown;
  /** What it answers; as a server that writes on by default. */
  answer?: string;
}

const CASES: Case[] = [
  {
    what: "max_tokens, where the newer name is wanted",
    refuse: (body) =>
      "max_tokens" in body
        ? {
            said: message(
              "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            ),
          }
        : undefined,
    taken: (body) => [body.max_tokens, body.max_completion_tokens],
    expected: [undefined, 16],
  },
  {
    what: "both names for the greatest length",
    refuse: (body) =>
      "max_tokens" in body || "max_completion_tokens" in body
        ? { status: 422, said: { detail: [{ loc: ["body", "max_tokens"], msg: "Extra inputs are not permitted" }] } }
        : undefined,
    taken: (body) => [body.max_tokens, body.max_completion_tokens],
    expected: [undefined, undefined],
  },
  {
    what: "a greatest length that is too large",
    refuse: (body) =>
      Number(body.max_tokens) > 8 ? { said: message("max_tokens must be less than or equal to `8`") } : undefined,
    taken: (body) => body.max_tokens,
    expected: 8,
  },
  {
    what: "a temperature of 0",
    refuse: (body) =>
      "temperature" in body
        ? {
            said: message(
              "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            ),
          }
        : undefined,
    taken: (body) => "temperature" in body,
    expected: false,
  },
  {
    what: "stop strings",
    refuse: (body) =>
      "stop" in body ? { said: message("Unsupported parameter: 'stop' is not supported with this model.") } : undefined,
    taken: (body) => "stop" in body,
    expected: false,
  },
  {
    what: "more than two stop strings",
    refuse: (body) =>
      (body.stop as string[] | undefined)?.length !== 2
        ? { said: message("Invalid 'stop': array too long. Expected an array with maximum length 2.") }
        : undefined,
    taken: (body) => body.stop,
    expected: ["\n\n\n", "END"],
  },
  {
    what: "a stop parameter as FastAPI says it",
    refuse: (body) =>
      "stop" in body
        ? { status: 422, said: { detail: [{ loc: ["body", "stop"], msg: "extra fields not permitted" }] } }
        : undefined,
    taken: (body) => "stop" in body,
    expected: false,
  },
  {
    what: "the role system, as Gemma's template says it",
    refuse: (body) =>
      roles(body).includes("system") ? { status: 500, said: message("System role not supported") } : undefined,
    taken: (body) => [roles(body), body.messages[0]?.content],
    expected: ["user assistant", "Be brief.\n\nSay hello."],
  },
  {
    what: "the role system, as OpenAI says it",
    refuse: (body) =>
      roles(body).includes("system")
        ? { said: message("Unsupported value: 'messages[0].role' does not support 'system' with this model.") }
        : undefined,
    taken: roles,
    expected: "user assistant",
  },
  {
    what: "roles that do not alternate",
    refuse: (body) =>
      roles(body) === "user assistant"
        ? undefined
        : { said: message("Conversation roles must alternate user/assistant/user/assistant/...") },
    taken: roles,
    expected: "user assistant",
  },
  {
    what: "a begun answer, as llama.cpp says it",
    refuse: (body) =>
      isBegun(body) ? { said: message("Assistant response prefill is incompatible with enable_thinking.") } : undefined,
    taken: roles,
    expected: "system user",
    answer: "Here is the code:\n```ts\nlet a = 1;\n```\nDone.",
  },
  {
    what: "a begun answer, as Anthropic says it",
    refuse: (body) =>
      isBegun(body)
        ? {
            said: message(
              "This model does not support assistant message prefill. The conversation must end with a user message.",
            ),
          }
        : undefined,
    taken: roles,
    expected: "system user",
    answer: "```typescript\nlet a = 1;\n```",
  },
  {
    what: "a begun answer, as Mistral says it",
    refuse: (body) =>
      isBegun(body) && body.messages.at(-1)?.prefix !== true
        ? {
            said: message(
              "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
            ),
          }
        : undefined,
    taken: (body) => body.messages.at(-1),
    expected: { role: "assistant", content: "```ts\n", prefix: true },
  },
  {
    what: "a begun answer, as vLLM says it",
    refuse: (body) =>
      isBegun(body) && body.continue_final_message !== true
        ? {
            said: {
              object: "error",
              message:
                "Cannot set `add_generation_prompt` to True when the last message is from the assistant. Consider using `continue_final_message` instead.",
            },
          }
        : undefined,
    taken: (body) => [roles(body), body.continue_final_message, body.add_generation_prompt],
    expected: ["system user assistant", true, false],
  },
  {
    what: "white space at the end of a begun answer",
    refuse: (body) =>
      /\s$/.test(body.messages.at(-1)?.content ?? "")
        ? { said: message("final assistant content cannot end with trailing whitespace") }
        : undefined,
    taken: (body) => body.messages.at(-1)?.content,
    expected: "```ts",
    answer: "\nlet a = 1;\n```",
  },
  {
    what: "streams",
    refuse: (body) =>
      body.stream === true ? { said: message("Streaming is not supported for this model.") } : undefined,
    taken: (body) => "stream" in body,
    expected: false,
  },
  {
    what: "something that it does not name",
    refuse: (body) =>
      "temperature" in body || "stop" in body || isBegun(body) ? { said: message("Bad Request") } : undefined,
    taken: (body) => [roles(body), "stop" in body, "temperature" in body],
    expected: ["user", false, false],
    answer: "```ts\nlet a = 1;\n```",
  },
  {
    what: "five things, one after another",
    refuse: (body) => {
      if ("max_tokens" in body) return { said: message("Use 'max_completion_tokens' instead of 'max_tokens'.") };
      if ("temperature" in body) return { said: message("temperature is not supported") };
      if ("stop" in body) return { said: message("stop: Extra inputs are not permitted") };
      if (roles(body).includes("system")) return { said: message("the system role is not supported") };
      if (isBegun(body)) return { said: message("The last message must not be from the assistant") };
      return undefined;
    },
    taken: (body) => [roles(body), Object.keys(body).sort().join(" ")],
    expected: ["user", "max_completion_tokens messages model stream"],
    answer: "```ts\nlet a = 1;\n```",
  },
];

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
      await new Promise((resolve) => setTimeout(resolve, 5));
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

describe("what a refusal changes", () => {
  const CONTEXTS: [said: string, tokens: number][] = [
    ["the request exceeds the available context size (8192 tokens), try increasing it", 8192],
    ['{"error":{"message":"exceed","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}', 8192],
    ["This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192],
    ["prompt is too long: 9000 tokens > 8192 maximum", 8192],
    ["Requested tokens (9000) exceed context window of 8192", 8192],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context length is 8192 tokens and your request has 8000 input tokens",
      8192,
    ],
    ["input too long", 16_384],
  ];
  for (const [said, tokens] of CONTEXTS) {
    it(`is the context: ${said}`, () => {
      const shape: RequestShape = { ...USUAL, contextTokens: 32_768 };
      assert.deepEqual(adapt(shape, 400, said), { ...shape, contextTokens: tokens });
    });
  }

  it("is nothing where another status, or another thing, is meant", () => {
    assert.equal(adapt(USUAL, 401, "temperature"), undefined);
    assert.equal(adapt(USUAL, 503, "temperature"), undefined);
    assert.equal(adapt(USUAL, 400, '{"error":{"message":"The model m does not exist"}}'), undefined);
    assert.equal(
      adapt({ ...USUAL, temperature: false }, 400, '{"error":{"message":"bad temperature of the_room"}}'),
      undefined,
    );
  });

  it("is said of a loading server", () => {
    assert.match(
      refusal(503, "h", '{"error":{"message":"Loading model"}}'),
      /^h is still loading its model \(503\)\.$/,
    );
  });
});
