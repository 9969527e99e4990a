import assert from "node:assert/strict";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { type StubReply, StubServer } from "./stubServer.ts";

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const delta = (value: unknown, finish: unknown = null) => event({ choices: [{ delta: value, finish_reason: finish }] });
const END = `${delta({}, "stop")}data: [DONE]\n\n`;
const HELLO = delta({ content: "Hel" }) + delta({ content: "lo" });
const packed = (encoding: string, body: Buffer | string): StubReply => ({
  headers: { "content-encoding": encoding },
  body,
});

/** What gateways and servers make of a stream whose answer is Hello. */
const UNDERSTOOD: [what: string, reply: string | StubReply][] = [
  ["a role alone", delta({ role: "assistant", content: null }) + HELLO + END],
  ["a reason of the end before the text", delta({}, "stop") + HELLO + END],
  ["two ends", HELLO + END + END],
  ["a second answer beside the first", HELLO + event({ choices: [{ index: 1, delta: { content: "no" } }] }) + END],
  ["words that keep it alive", `data: ping\n\n${HELLO}event: keep-alive\ndata: keep-alive\n\n${END}`],
  ["numbers that keep it alive", `event: heartbeat\ndata: 1712345678\n\n${HELLO}data: true\n\n${END}`],
  ["null, an empty object and an empty list", `data: null\n\n${HELLO}data: {}\n\ndata: []\n\n${END}`],
  ["no blank lines between events", (HELLO + END).replaceAll("\n\n", "\n")],
  ["the field's name twice", (HELLO + END).replaceAll("data: ", "data: data: ")],
  ["blanks before the field's name", (HELLO + END).replaceAll("data: ", "  data: ")],
  ["the field's name in other letters", (HELLO + END).replaceAll("data: ", "Data: ")],
  ["NUL bytes in front", `\0\0${HELLO}${END}`],
  ["the mark of the end in quotes", `${HELLO}data: "[DONE]"\n\n`],
  ["the mark of the end in other letters", `${HELLO}data: [done]\n\n`],
  ["the mark of the end without brackets", `${HELLO}event: done\ndata: DONE\n\n`],
  [
    "the whole answer repeated at its end",
    HELLO + event({ choices: [{ finish_reason: "stop", message: { content: "Hello" } }] }),
  ],
  ["the text under two names", event({ choices: [{ text: "Hello", delta: { content: "Hello" } }] }) + END],
  ["text in place of content", delta({ text: "Hello" }) + END],
  ["a delta that is a text", delta("Hello") + END],
  ["a content that is one part", delta({ content: { type: "text", text: "Hello" } }) + END],
  ["a part whose text is an object", delta({ content: [null, { type: "text", text: { value: "Hello" } }] }) + END],
  ["a choice that is none", event({ choices: [null, { index: 0, delta: { content: "Hello" } }] }) + END],
  ["an error that is none: false", event({ error: false, choices: [{ delta: { content: "Hello" } }] }) + END],
  ["an error that is none: nothing in it", event({ error: {}, choices: [{ delta: { content: "Hello" } }] }) + END],
  ["details that are none", event({ detail: null, choices: [{ delta: { content: "Hello" } }] }) + END],
  ["a word about success", event({ msg: "ok", success: true, choices: [{ delta: { content: "Hello" } }] }) + END],
  ["a list of one whole answer", '[{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}]'],
  [
    "thoughts as a list of details",
    delta({ reasoning_details: [{ type: "reasoning.text", text: "hm" }] }) + HELLO + END,
  ],
  ["the mark of a sentence's end", HELLO + delta({ content: "</s>" }) + END],
  ["the mark of another turn", HELLO + delta({ content: "<|eom" }) + delta({ content: "_id|>\n" }) + END],
  ["a compression that it does not have", packed("gzip", HELLO + END)],
  ["a compression of an unknown name that it does not have", packed("aws-chunked", HELLO + END)],
  ["two compressions", packed("gzip, gzip", gzipSync(gzipSync(HELLO + END)))],
  ["a compression beside none", packed("gzip, identity", gzipSync(HELLO + END))],
  ["deflate with its head", packed("deflate", deflateSync(HELLO + END))],
  ["deflate without its head", packed("deflate", deflateRawSync(HELLO + END))],
];

const TEXTS: [what: string, reply: string, text: string][] = [
  ["an HTML text that ends like a mark", delta({ content: "<s>old" }) + delta({ content: "</s>" }) + END, "<s>old</s>"],
  [
    "messages in place of deltas that are alike",
    event({ choices: [{ message: { content: "ha" } }] }).repeat(2) + END,
    "haha",
  ],
  ["a list that ends in a bracket", delta({ content: "a[" }) + delta({ content: "0]" }) + END, "a[0]"],
];

const FAILED: [what: string, reply: string, error: RegExp][] = [
  ["a text as the last event", `${HELLO}data: upstream connect error\n\n`, /: upstream connect error$/],
  ["a text that is called an error", `${HELLO}event: error\ndata: gone\n\n`, /: gone$/],
  ["an error that is only called one", `${HELLO}event: error\ndata: {"code":"rate_limit"}\n\n`, /: rate_limit$/],
  [
    "an error with its reason deep inside",
    '{"success":false,"errors":[{"code":7,"message":"No route"}]}',
    /: No route$/,
  ],
  ["an error in a gateway's envelope", '{"code":1301,"msg":"not safe","success":false}', /: not safe$/],
  [
    "an error as a state",
    '{"choices":null,"base_resp":{"status_code":1004,"status_msg":"login fail"}}',
    /: login fail$/,
  ],
  ["plain text", "Internal Server Error", /: Internal Server Error$/],
  [
    "the form of another interface",
    '{"message":{"content":"Hel"},"done":false}\n{"done":true}\n',
    /OpenAI-compatible server/,
  ],
  [
    "the events of another interface",
    'event: a\ndata: {"type":"text_delta","delta":{"text":"Hi"}}\n\n',
    /OpenAI-compatible/,
  ],
  ["a call of a tool", delta({ tool_calls: [{}] }) + delta({}, "tool_calls"), /wants to call a tool/],
  [
    "an end for want of resources",
    HELLO + delta({}, "insufficient_system_resource"),
    /too early \(insufficient_system/,
  ],
  ["an end because of the network", HELLO + delta({}, "network_error"), /ended the answer too early \(network_error\)/],
  ["an end by a limit of requests", HELLO + delta({}, "rate_limit"), /ended the answer too early/],
  ["an answer that is withheld in other words", delta({}, "sensitive"), /withholds the answer \(sensitive\)/],
];

describe("a stream in an unusual form", () => {
  let server: StubServer;

  before(async () => {
    server = await StubServer.start(() => undefined);
  });
  after(() => server.stop());
  beforeEach(() => {
    server.asked.length = 0;
  });

  const ask = (client: ServerClient) =>
    client.chat(
      () => [{ role: "user", content: "Say hello." }],
      { text: "", isContinued: false },
      { maxTokens: 16, temperature: 0, stop: ["END"], signal: new AbortController().signal, onText: () => {} },
    );
  const open = () => new ServerClient({ settings: { address: server.address, model: "m", key: "" }, net: DIRECT });
  const answering = (reply: string | StubReply) => {
    server.handler = () => (typeof reply === "string" ? { body: reply } : reply);
    return ask(open());
  };

  for (const [what, reply] of UNDERSTOOD) {
    it(`is understood: ${what}`, async () => assert.equal((await answering(reply)).text, "Hello"));
  }
  for (const [what, reply, text] of TEXTS) {
    it(`keeps ${what}`, async () => assert.equal((await answering(reply)).text, text));
  }
  for (const [what, reply, error] of FAILED) {
    it(`is an error in one line: ${what}`, async () => {
      await assert.rejects(
        answering(reply),
        (thrown: Error) => error.test(thrown.message) && !/\n/.test(thrown.message),
      );
    });
  }

  it("says which compression cannot be read", async () => {
    await assert.rejects(
      answering(packed("zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]))),
      /"zstd", which was not asked for/,
    );
  });

  it("that fails for a passing cause changes nothing in later requests", async () => {
    await assert.rejects(answering('event: error\ndata: {"error":{"message":"Overloaded"}}\n\n'), /: Overloaded$/);
    const client = open();
    await assert.rejects(ask(client), /: Overloaded$/);
    server.handler = () => ({ body: HELLO + END });
    await ask(client);
    const { temperature, stop } = server.bodies.at(-1) ?? {};
    assert.deepEqual([temperature, stop], [0, ["END"]]);
  });
});
