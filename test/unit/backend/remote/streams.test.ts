import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Activity, ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { ManualClock } from "../../support/manualClock.ts";
import { turn } from "../../support/until.ts";
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
  /** What the model thinks. */
  thoughts?: string;
  model?: string;
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
    thoughts: "hm",
  },
  {
    what: "thoughts beside the content",
    reply: delta({ reasoning_content: "hm", content: null }) + delta({ reasoning_content: "hm" }) + HELLO + END,
    activities: ["thinking"],
    thoughts: "hmhm",
  },
  {
    what: "thoughts under another name",
    reply: delta({ reasoning: "hm" }) + HELLO + END,
    activities: ["thinking"],
    thoughts: "hm",
  },
  {
    what: "thoughts under two names",
    reply: delta({ reasoning: "hm", reasoning_content: "hm" }) + HELLO + END,
    activities: ["thinking"],
    thoughts: "hm",
  },
  {
    what: "thoughts beside the content that are blank",
    reply: delta({ reasoning_content: "\n\n", content: null }) + HELLO + END,
    activities: ["thinking"],
  },
  {
    what: "the end of thoughts beside the beginning of the content",
    reply:
      delta({ reasoning_content: "h" }) +
      delta({ reasoning_content: "m", content: "Hel" }) +
      delta({ content: "lo" }) +
      END,
    activities: ["thinking"],
    thoughts: "hm",
  },
  {
    what: "a whole answer with thoughts",
    reply: JSON.stringify({
      choices: [{ message: { reasoning_content: "\nhm", content: "Hello" }, finish_reason: "stop" }],
    }),
    thoughts: "hm",
  },
  {
    what: "thoughts in the content, cut anywhere",
    reply:
      ["<th", "ink>let me", " see</thi", "nk>", "\n\n", "Hel", "lo"].map((content) => delta({ content })).join("") +
      END,
    activities: ["thinking"],
    thoughts: "let me see",
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
  {
    what: "an error of the provider behind it",
    reply: `data: {"choices":[{"delta":{"content":""},"finish_reason":"error","error":{"message":"provider gone"}}]}\n\n`,
    error: /: provider gone$/,
  },
  {
    what: "an error as the reason of the end alone",
    reply: HELLO + END.replace("stop", "error"),
    error: /failed without a reason/,
  },
  {
    what: "an error as an object behind the events",
    reply: `${HELLO}{"error":"model runner has unexpectedly stopped"}\n`,
    error: /: model runner has unexpectedly stopped$/,
  },
  { what: "a line of no meaning behind the events", reply: `${HELLO}x-usage: 5\n\n` },
  {
    what: "an event that is cut in its middle",
    reply: HELLO + delta({ content: "more" }).slice(0, 40),
    error: /broke the answer off/,
  },
  { what: "a connection that is cut behind the end", reply: { body: HELLO + delta({}, "stop"), isCut: true } },
  {
    what: "lines that end in CR LF, cut anywhere",
    reply: { body: [...Buffer.from((HELLO + END).replaceAll("\n", "\r\n"))].map((byte) => Buffer.of(byte)) },
  },
  {
    what: "thoughts whose opening mark was in the prompt",
    model: "Qwen3-4B-Thinking-2507",
    reply: ["Let me", " see.\n</thi", "nk>", "\n\n", "Hel", "lo"].map((content) => delta({ content })).join("") + END,
    activities: ["thinking"],
    thoughts: "Let me see.\n",
  },
  {
    what: "a model that might think, whose server tells of thoughts apart",
    model: "deepseek-r1:8b",
    reply: delta({ reasoning_content: "hm" }) + HELLO + END,
    activities: ["thinking"],
    thoughts: "hm",
  },
  {
    what: "a model that might think, and does not",
    model: "deepseek-r1:8b",
    reply: HELLO + END,
    activities: ["thinking"],
  },
  {
    what: "channels of gpt-oss",
    reply:
      ["<|channel|>analysis<|mess", "age|>hm<|end|><|start|>assistant<|channel|>fin", "al<|message|>Hel", "lo"]
        .map((content) => delta({ content }))
        .join("") + END,
    activities: ["thinking"],
  },
  { what: "the last channel of gpt-oss alone", reply: delta({ content: "<|channel|>final<|message|>Hello" }) + END },
  { what: "the mark of a turn's end", reply: HELLO + delta({ content: "<|im_end|>" }) + END },
  {
    what: "the mark of a turn's end, cut",
    reply: HELLO + ["<|e", "ot_", "id|>\n"].map((content) => delta({ content })).join("") + END,
  },
  {
    what: "the mark of a turn's end that is spoken of",
    reply: delta({ content: "ChatML ends with <|im_end|>" }) + delta({ content: "." }) + END,
    text: "ChatML ends with <|im_end|>.",
  },
  { what: "what is no mark after all", reply: delta({ content: "a <|im" }) + END, text: "a <|im" },
  { what: "nothing", reply: "", error: /broke the answer off/ },
  { what: "a connection that is cut", reply: { body: HELLO, isCut: true }, error: /broke the connection off/ },
];

describe("a server's stream", () => {
  let server: StubServer;

  before(async () => {
    server = await StubServer.start(() => undefined);
  });
  after(() => server.stop());

  for (const {
    what,
    reply,
    text = "Hello",
    end = "end",
    error,
    activities = [],
    thoughts = "",
    model = "m",
  } of CASES) {
    it(`is understood: ${what}`, async () => {
      server.handler = () => (typeof reply === "string" ? { body: reply } : reply);
      const client = new ServerClient({ settings: { address: server.address, model, key: "" }, net: DIRECT });
      const seen: Activity[] = [];
      let streamed = "";
      let thought = "";
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
          onThought: (piece) => {
            thought += piece;
          },
        },
      );
      if (error !== undefined) {
        await assert.rejects(asked, error);
        return;
      }
      const result = await asked;
      assert.deepEqual([result.text, result.end, streamed], [text, end, text]);
      assert.deepEqual(seen, activities);
      assert.equal(thought, thoughts);
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

  const asking = (clock?: ManualClock) => {
    const settings = { address: server.address, model: "m", key: "" };
    const client = new ServerClient({ settings, net: DIRECT, ...(clock && { clock }) });
    let shown = "";
    const onText = (piece: string) => {
      shown += piece;
    };
    const request = { maxTokens: 16, temperature: 0, stop: [], signal: new AbortController().signal, onText };
    return { asked: client.chat(() => [], { text: "", isContinued: false }, request), textSoFar: () => shown };
  };

  it("is whole when the server has said why it ends, and leaves the connection open", async () => {
    server.handler = () => ({ body: HELLO + delta({}, "stop"), open: true });
    const clock = new ManualClock();
    const { asked, textSoFar: shown } = asking(clock);
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await turn();
      if (shown() === "Hello") await clock.pass(250);
    }
    assert.equal((await asked).text, "Hello");
  });

  it("that fails is not asked for again once text of it was shown", async () => {
    server.asked.length = 0;
    server.handler = () => ({ body: `${HELLO}data: {"error":{"message":"Context size has been exceeded."}}\n\n` });
    const { asked, textSoFar: shown } = asking();
    await assert.rejects(asked, /: Context size has been exceeded/);
    assert.deepEqual([server.asked.length, shown()], [1, "Hello"]);
  });
});
