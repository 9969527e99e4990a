import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { bundleSterna } from "../unit/support/sterna.ts";

const TOKEN = "a-token";
const BEFORE =
  "export function add(first: number, second: number) {\n  return first + second;\n}\n\nexport function sub(first: number, second: number) {\n  return ";

describe("sterna serve", function () {
  this.timeout(90_000);
  const folder = temporaryFolder();
  let child: ChildProcessWithoutNullStreams;
  let address = "";
  let output = "";

  before(async () => {
    await bundleSterna();
    const args = ["serve", "--port", "0", "--token", TOKEN, "--threads", "1", "--storage", folder.path("storage")];
    child = spawn(process.execPath, [join(root, "dist", "sterna.mjs"), ...args]);
    address = await new Promise((resolve, reject) => {
      child.stdout.on("data", (data) => {
        output += data;
        const found = /at (http:\S+)\/v1/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", () => reject(new Error(output)));
    });
  });

  after(async () => {
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    assert.equal(await exit, 0);
  });

  async function ask(
    path: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ) {
    const response = await fetch(address + path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: () => JSON.parse(text) };
  }

  it("fills in between a prompt and a suffix, and names what it took", async () => {
    const { status, json } = await ask("/v1/completions", { prompt: BEFORE, suffix: "\n}\n", max_tokens: 12 });
    const { object, choices, usage } = json();
    assert.deepEqual([status, object], [200, "text_completion"]);
    assert.match(choices[0].text, /^first/);
    assert.ok(!choices[0].text.includes("\n}\n"));
    assert.ok(usage.prompt_tokens > 0);
    const marked = `<|fim_prefix|>${BEFORE}<|fim_suffix|>\n}\n<|fim_middle|>`;
    const other = await ask("/v1/completions", { prompt: marked, max_tokens: 12 });
    assert.equal(other.json().choices[0].text, choices[0].text);
    const infill = await ask("/infill", { input_prefix: BEFORE, input_suffix: "\n}\n", prompt: "", n_predict: 12 });
    assert.equal(infill.json().content, choices[0].text);
  });

  it("streams a completion as events, and ends it at a stop", async () => {
    const body = { prompt: BEFORE, max_tokens: 12, stream: true, stop: ["rst"] };
    const { text } = await ask("/v1/completions", body);
    const events = text.trimEnd().split("\n\n");
    assert.equal(events.at(-1), "data: [DONE]");
    const [choice] = JSON.parse(events[0]?.slice("data: ".length) ?? "").choices;
    assert.deepEqual([choice.text, choice.finish_reason], ["fi", "stop"]);
  });

  it("says that a completion was cut off at its limit, and how many tokens it has", async () => {
    const body = { prompt: BEFORE, suffix: "\n}\n", max_tokens: 2 };
    const { choices, usage } = (await ask("/v1/completions", body)).json();
    assert.notEqual(choices[0].text, "");
    assert.deepEqual([choices[0].finish_reason, usage.completion_tokens], ["length", 2]);
    const infill = { input_prefix: BEFORE, input_suffix: "\n}\n", n_predict: 2 };
    assert.equal((await ask("/infill", infill)).json().tokens_predicted, 2);
  });

  it("names the model", async () => {
    const { data } = (await ask("/v1/models")).json();
    assert.equal(data.length, 1);
    assert.equal(data[0].object, "model");
  });

  it("says that the built-in model answers no questions", async () => {
    const { status, json } = await ask("/v1/chat/completions", { messages: [{ role: "user", content: "Hello" }] });
    assert.equal(status, 400);
    assert.match(json().error.message, /only completes code/);
  });

  for (const [title, path, body, headers, expected] of [
    ["without a token", "/v1/models", undefined, {}, 401],
    ["with another token", "/v1/models", undefined, { authorization: "Bearer b" }, 401],
    ["for what is not there", "/v1/embeddings", {}, undefined, 404],
    ["by another method", "/v1/completions", undefined, undefined, 405],
    ["that is no JSON", "/v1/completions", "{", undefined, 400],
    ["without a prompt", "/v1/completions", {}, undefined, 400],
    ["for two answers", "/v1/completions", { prompt: "a", n: 2 }, undefined, 400],
    [
      "with a picture",
      "/v1/chat/completions",
      { messages: [{ role: "user", content: [{ type: "image_url" }] }] },
      undefined,
      400,
    ],
    ["without a message", "/v1/chat/completions", { messages: [] }, undefined, 400],
    ["that is too long", "/v1/completions", { prompt: "x".repeat(5 << 20) }, undefined, 413],
  ] as const) {
    it(`refuses a request ${title}`, async () => {
      const { status, json } = await ask(path, body, headers);
      assert.equal(status, expected);
      assert.ok(json().error.message.length > 5);
    });
  }

  it("refuses a request that a page sends in the name of another host", async () => {
    const { port } = new URL(address);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "evil.example", authorization: `Bearer ${TOKEN}` };
      request({ host: "127.0.0.1", port, path: "/v1/models", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    assert.equal(status, 403);
  });

  it("goes on after a client that has gone away", async () => {
    const leaving = new AbortController();
    const gone = fetch(`${address}/v1/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ prompt: `${BEFORE.repeat(8)}// `, max_tokens: 128 }),
      signal: leaving.signal,
    });
    setTimeout(() => leaving.abort(), 20);
    await assert.rejects(gone, { name: "AbortError" });
    const { json } = await ask("/v1/completions", { prompt: BEFORE, max_tokens: 12 });
    assert.match(json().choices[0].text, /^first/);
  });
});
