import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Activity, ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { type StubReply, StubServer, streamOf } from "./stubServer.ts";

const delta = (value: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: value, finish_reason: finish }] })}\n\n`;
const END = `${delta({}, "stop")}data: [DONE]\n\n`;
const HELLO = delta({ content: "Hel" }) + delta({ content: "lo" });

interface Case {
  what: string;
  reply: StubReply | string;
  text?: string;
  end?: "end" | "length";
  error?: RegExp;
  activities?: Activity[];
}

/** The streams of different servers, and the answer in each: Hello, unless a case says something else. */
const CASES: Case[] = [
  { what: "the usual form", reply: HELLO + END },
  { what: "an empty data line that keeps the connection alive", reply: `data:\n\n${HELLO}data: \n\n${END}` },
  { what: "comments that keep the connection alive", reply: `: OPENROUTER PROCESSING\n\n${HELLO}:\n\n${END}` },
  { what: "events of other kinds", reply: `event: ping\ndata: {"type": "ping"}\n\n${HELLO}${END}` },
  { what: "a last event without a line end", reply: HELLO + delta({}, "stop").trimEnd() },
  {
    what: "a last event with text without a line end",
    reply: delta({ content: "Hel" }) + delta({ content: "lo" }).trim(),
  },
  { what: "[DONE] without a finish reason", reply: `${HELLO}data: [DONE]\n\n` },
  { what: "[DONE] with a blank behind it", reply: `${HELLO}data: [DONE] \n\n` },
  { what: "[DONE] with nothing behind it", reply: `${HELLO}data:[DONE]` },
  { what: "an end without [DONE] and without a finish reason", reply: HELLO },
  { what: "an event of two data lines", reply: `${HELLO.replace('"choices":', '"choices":\ndata: ')}${END}` },
  { what: "two objects in one event", reply: `${HELLO.trim().replace("\n\n", "\n")}\n\n${END}` },
  { what: "lines that end in CR LF", reply: (HELLO + END).replaceAll("\n", "\r\n") },
  { what: "lines that end in CR", reply: (HELLO + END).replaceAll("\n", "\r") },
  { what: "no blank behind the colon", reply: (HELLO + END).replaceAll("data: ", "data:") },
  { what: "a byte order mark", reply: `\ufeff${HELLO}${END}` },
  { what: "ids and retry times", reply: `id: 1\nretry: 500\n${HELLO}${END}` },
  {
    what: "characters cut between two writes",
    reply: { body: [...Buffer.from(delta({ content: "漢字é🙂" }) + END)].map((byte) => Buffer.of(byte)) },
    text: "漢字é🙂",
  },
  {
    what: "a character cut between two events",
    reply: `data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude42b"}}]}\n\n${END}`,
    text: "a🙂b",
  },
  {
    what: "an event with usage alone",
    reply: `${HELLO}${END.replace("data: [", 'data: {"choices":[],"usage":{}}\n\ndata: [')}`,
  },
  {
    what: "null in place of content, delta and usage",
    reply: `${delta({ content: null })}data: {"choices":[{"delta":null}],"usage":null}\n\n${HELLO}${END}`,
  },
  { what: "null in place of choices", reply: `data: {"choices":null}\n\n${HELLO}${END}` },
  { what: "an empty finish reason with every event", reply: `${HELLO.replaceAll("null", '""')}${END}` },
  { what: "message in place of delta", reply: (HELLO + END).replaceAll('"delta"', '"message"') },
  { what: "text in place of delta", reply: `data: {"choices":[{"text":"Hello"}]}\n\n${END}` },
  {
    what: "content as parts",
    reply:
      delta({
        content: [
          { type: "text", text: "Hel" },
          { type: "text", text: "lo" },
        ],
      }) + END,
  },
  { what: "content as a list of strings", reply: delta({ content: ["Hel", "lo"] }) + END },
  {
    what: "parts that think before they answer",
    reply: delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }) + HELLO + END,
    activities: ["thinking"],
  },
  {
    what: "thoughts beside the content",
    reply: delta({ reasoning_content: "hm", content: null }) + delta({ reasoning_content: "hm" }) + HELLO + END,
    activities: ["thinking"],
  },
  { what: "thoughts under another name", reply: delta({ reasoning: "hm" }) + HELLO + END, activities: ["thinking"] },
  {
    what: "thoughts in the content, cut anywhere",
    reply:
      ["<th", "ink>let me", " see</thi", "nk>", "\n\n", "Hel", "lo"].map((content) => delta({ content })).join("") +
      END,
    activities: ["thinking"],
  },
  { what: "empty thoughts in the content", reply: delta({ content: "<think>\n\n</think>\n\nHello" }) + END },
  {
    what: "a mark of thoughts in the middle of an answer",
    reply: delta({ content: "Use <think> here </think>." }) + END,
    text: "Use <think> here </think>.",
  },
  { what: "a refusal of the model", reply: delta({ refusal: "I will not." }) + END, text: "I will not." },
  { what: "the greatest length", reply: HELLO + END.replace("stop", "length"), end: "length" },
  { what: "the greatest length in other words", reply: HELLO + END.replace("stop", "MAX_TOKENS"), end: "length" },
  { what: "another word for the end", reply: HELLO + END.replace("stop", "eos_token") },
  {
    what: "a whole answer that is no stream",
    reply: '{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}',
  },
  {
    what: "a whole answer in many lines",
    reply: JSON.stringify({ choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] }, undefined, 2),
  },
  { what: "a compressed stream", reply: { headers: { "content-encoding": "gzip" }, body: gzipSync(HELLO + END) } },
  {
    what: "a stream compressed otherwise",
    reply: { headers: { "content-encoding": "br" }, body: brotliCompressSync(HELLO + END) },
  },
  {
    what: "thoughts alone",
    reply: delta({ reasoning_content: "hm" }) + END.replace("stop", "length"),
    error: /only thought/,
  },
  {
    what: "thoughts in the content alone",
    reply: delta({ content: "<think>hm" }) + END.replace("stop", "length"),
    error: /only thought/,
  },
  {
    what: "an answer that is withheld",
    reply: END.replace("stop", "content_filter"),
    error: /withholds the answer \(content_filter\)/,
  },
  {
    what: "an error in the stream",
    reply: `${HELLO}data: {"error":{"message":"out of memory"}}\n\n`,
    error: /: out of memory$/,
  },
  {
    what: "an error as an event",
    reply: 'event: error\ndata: {"message":"overloaded","error":"x"}\n\n',
    error: /127.*: x$/,
  },
  {
    what: "an error beside the form of events",
    reply: `${HELLO}error: {"code":500,"message":"slot gone"}\n\n`,
    error: /: slot gone$/,
  },
  {
    what: "an error as vLLM writes it",
    reply: `data: {"object":"error","message":"engine died","code":500}\n\n`,
    error: /: engine died$/,
  },
  { what: "an error as FastAPI writes it", reply: `data: {"detail":"worker gone"}\n\n`, error: /: worker gone$/ },
  {
    what: "null in place of an error",
    reply: `data: {"error":null,"choices":[{"delta":{"content":"Hello"}}]}\n\n${END}`,
  },
  {
    what: "a page",
    reply: "<!doctype html>\n<p>Please sign in</p>\n",
    error: /does not answer as an OpenAI-compatible server/,
  },
  { what: "nothing", reply: "", error: /broke the answer off/ },
  { what: "a connection that is cut", reply: { body: HELLO, cut: true }, error: /broke the connection off/ },
];

describe("a server's stream", () => {
  let server: StubServer;

  before(async () => {
    server = await StubServer.start(() => undefined);
  });
  after(() => server.stop());

  for (const { what, reply, text = "Hello", end = "end", error, activities = [] } of CASES) {
    it(`is understood: ${what}`, async () => {
      server.handler = () => (typeof reply === "string" ? { body: reply } : reply);
      const client = new ServerClient({ settings: { address: server.address, model: "m", key: "" }, net: DIRECT });
      const seen: Activity[] = [];
      let streamed = "";
      const asked = client.chat(
        () => [{ role: "user", content: "Say hello." }],
        { text: "", isContinued: false },
        {
          maxTokens: 16,
          temperature: 0,
          stop: [],
          signal: new AbortController().signal,
          onText: (piece) => {
            streamed += piece;
          },
          onActivity: (activity) => seen.push(activity),
        },
      );
      if (error !== undefined) {
        await assert.rejects(asked, error);
        return;
      }
      const result = await asked;
      assert.deepEqual([result.text, result.end, streamed], [text, end, text]);
      assert.deepEqual(seen, activities);
    });
  }

  it("ends at a stop string however it is cut, and the server hears of it", async () => {
    server.handler = () => ({ body: streamOf("one\n", "\n", "\nUs", "er: two") });
    const client = new ServerClient({ settings: { address: server.address, model: "m", key: "" }, net: DIRECT });
    const { signal } = new AbortController();
    const request = { maxTokens: 16, temperature: 0, stop: ["\n\n\nUser:"], signal, onText: () => {} };
    const result = await client.chat(() => [], { text: "", isContinued: false }, request);
    assert.deepEqual([result.text, result.isStopped], ["one", true]);
  });
});
