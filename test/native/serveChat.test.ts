import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { temporaryFolder } from "../unit/models/folder.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { type ScriptedRoot, scriptedRoot } from "./scriptedRoot.ts";

describe("sterna serve with a chat model", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let installed: ScriptedRoot;
  let child: ChildProcessWithoutNullStreams;
  let address = "";

  before(async () => {
    await bundleSterna();
    installed = scriptedRoot(folder.path("root"));
    const args = [installed.script, "serve", "--port", "0", "--token", "t", "--storage", folder.path("storage")];
    child = spawn(process.execPath, args, { env: { ...process.env, ...installed.env } });
    address = await new Promise((resolve) => {
      child.stdout.on("data", (data) => {
        const found = /at (http:\S+)/.exec(String(data))?.[1];
        if (found !== undefined) resolve(found);
      });
    });
  });

  after(() => child.kill("SIGTERM"));

  interface Answer {
    object: string;
    choices: { message: { role: string; content: string; refusal: null }; finish_reason: string }[];
    usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  }

  async function answerTo(body: object): Promise<Answer> {
    return (await (await chat(body)).json()) as Answer;
  }

  async function chat(body: object, signal?: AbortSignal) {
    return await fetch(`${address}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer t" },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  it("answers a question", async () => {
    installed.say({ when: "capital", say: "It is Paris." });
    const messages = [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "What is the capital?" },
    ];
    const answer = await answerTo({ messages });
    assert.equal(answer.object, "chat.completion");
    assert.deepEqual(answer.choices[0]?.message, { role: "assistant", content: "It is Paris.", refusal: null });
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  it("streams it piece by piece, up to a stop, with what it took", async () => {
    installed.say({ when: "count", say: "one two three four five six" });
    const body = { messages: [{ role: "user", content: "count" }], stream: true, stop: "four" };
    const response = await chat({ ...body, stream_options: { include_usage: true } });
    const events = (await response.text()).trimEnd().split("\n\n");
    assert.equal(events.pop(), "data: [DONE]");
    const chunks = events.map((event) => JSON.parse(event.slice("data: ".length)));
    const pieces = chunks.map(({ choices }) => choices[0]?.delta.content ?? "");
    assert.equal(pieces.join(""), "one two three ");
    assert.ok(pieces.filter((piece) => piece !== "").length > 1);
    assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
    assert.ok(chunks.at(-1).usage.prompt_tokens > 0);
  });

  it("stops the model when the client goes away", async () => {
    installed.say({ when: "long", say: "word ".repeat(400), pieceMs: 20 }, { when: "short", say: "Here." });
    const leaving = new AbortController();
    const response = await chat({ messages: [{ role: "user", content: "long" }], stream: true }, leaving.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    const started = performance.now();
    const answer = await answerTo({ messages: [{ role: "user", content: "short" }] });
    assert.equal(answer.choices[0]?.message.content, "Here.");
    // The long answer would have taken eight seconds.
    assert.ok(performance.now() - started < 4_000);
  });
});
