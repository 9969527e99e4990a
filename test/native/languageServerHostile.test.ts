/**
 * Faulty clients: whatever they send, each request gets one answer, as the specification demands, and nothing breaks.
 */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { mutateJson } from "../unit/support/mutate.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { Random } from "../unit/support/testRandom.ts";

const MESSAGES = 10_000;
const URI = "file:///workspace/a.ts";
const range = { start: { line: 0, character: 0 }, end: { line: 1, character: 2 } };
const at = { textDocument: { uri: URI }, position: { line: 0, character: 5 } };
/** Correct messages by method; requests among them have an answer. */
const REQUESTS: [method: string, params: unknown][] = [
  // Without a process id, because the server ends when that process does, and a changed number names a process that is
  // not there.
  ["initialize", { rootUri: null, capabilities: {} }],
  ["textDocument/inlineCompletion", { ...at, context: { triggerKind: 2 } }],
  ["textDocument/completion", at],
  [
    "textDocument/codeAction",
    { textDocument: { uri: URI }, range, context: { diagnostics: [{ range, message: "m" }] } },
  ],
  ["codeAction/resolve", { title: "t", data: { task: "fix", uri: URI, range, instruction: "i" } }],
  ["workspace/executeCommand", { command: "sterna.dismissed", arguments: [{ uri: URI }] }],
  ["workspace/executeCommand", { command: "sterna.edit", arguments: [{ uri: URI, range }] }],
  ["sterna/unknown", { a: [1, 2] }],
];
const NOTIFICATIONS: [method: string, params: unknown][] = [
  [
    "textDocument/didOpen",
    { textDocument: { uri: URI, languageId: "typescript", version: 1, text: "const a = 1;\n" } },
  ],
  ["textDocument/didChange", { textDocument: { uri: URI, version: 2 }, contentChanges: [{ range, text: "b" }] }],
  ["textDocument/didChange", { textDocument: { uri: URI, version: 3 }, contentChanges: [{ text: "const b = 2;\n" }] }],
  ["textDocument/didSave", { textDocument: { uri: URI } }],
  ["textDocument/didClose", { textDocument: { uri: URI } }],
  ["workspace/didChangeConfiguration", { settings: { sterna: { inline: { maxTokens: 3 } } } }],
  ["workspace/didChangeWatchedFiles", { changes: [{ uri: URI, type: 2 }] }],
  ["workspace/didChangeWorkspaceFolders", { event: { added: [{ uri: "file:///b", name: "b" }], removed: [] } }],
  ["$/cancelRequest", { id: 3 }],
  ["$/setTrace", { value: "verbose" }],
];
interface Answer {
  id?: number | string | null;
  result?: unknown;
  error?: { code: number; message: string };
}

describe("sterna lsp and a client that is wrong", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  let child: ChildProcessWithoutNullStreams;
  let answers: Answer[];
  let stderr: string;

  before(bundleSterna);
  beforeEach(() => {
    answers = [];
    stderr = "";
    child = spawn(process.execPath, [join(root, "dist/sterna.mjs"), "lsp", "--storage", folder.path("storage")]);
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    let buffer = Buffer.alloc(0);
    child.stdout.on("data", (data: Buffer) => {
      buffer = Buffer.concat([buffer, data]);
      for (;;) {
        const end = buffer.indexOf("\r\n\r\n");
        const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("latin1", 0, Math.max(0, end)))?.[1]);
        if (end === -1 || buffer.length < end + 4 + length) return;
        const message = JSON.parse(buffer.toString("utf8", end + 4, end + 4 + length)) as Answer & { method?: string };
        buffer = buffer.subarray(end + 4 + length);
        if (message.method === undefined) answers.push(message);
        // A request from the server, for example for the configuration, which this client does not support.
        else if (message.id !== undefined) {
          send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "?" } });
        }
      }
    });
  });
  afterEach(() => child.kill("SIGKILL"));

  function sendText(body: string): void {
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  function send(message: unknown): void {
    sendText(JSON.stringify(message));
  }

  async function answerTo(id: number): Promise<Answer> {
    const end = performance.now() + 60_000;
    for (;;) {
      const found = answers.find((answer) => answer.id === id);
      if (found !== undefined) return found;
      assert.equal(child.exitCode, null, stderr);
      assert.ok(performance.now() < end, `no answer to ${id}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it(`answers each of ${MESSAGES} messages whose parts are others than they should be`, async () => {
    const random = new Random(26);
    send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
    send({ jsonrpc: "2.0", method: "initialized", params: {} });
    const open = NOTIFICATIONS[0];
    const asked: number[] = [];
    for (let id = 1; id <= MESSAGES; id++) {
      const isRequest = random.below(2) === 0;
      const [method, params] = random.pick((isRequest ? REQUESTS : NOTIFICATIONS) as [[string, unknown]]);
      const changed = mutateJson(random, params);
      const message = { jsonrpc: "2.0", method, params: changed };
      if (isRequest) {
        send({ ...message, id });
        asked.push(id);
      } else {
        send(message);
      }
      // The document is open most of the time.
      if (id % 10 === 0) send({ jsonrpc: "2.0", method: open?.[0], params: open?.[1] });
      if (id % 500 === 0) await answerTo(asked.at(-1) ?? 0);
    }
    for (const id of asked) await answerTo(id);
    const ids = answers.map(({ id }) => id).filter((id) => typeof id === "number");
    assert.equal(new Set(ids).size, ids.length, "a request was answered twice");
    for (const { error } of answers) {
      if (error !== undefined) assert.ok(Number.isInteger(error.code) && error.message !== "", JSON.stringify(error));
    }
    // Afterwards the server works as before.
    send({ jsonrpc: "2.0", id: MESSAGES + 1, method: "textDocument/inlineCompletion", params: REQUESTS[1]?.[1] });
    assert.ok((await answerTo(MESSAGES + 1)).result !== undefined);
    send({ jsonrpc: "2.0", id: MESSAGES + 2, method: "shutdown" });
    assert.equal((await answerTo(MESSAGES + 2)).error, undefined);
    const exit = new Promise((resolve) => child.once("exit", resolve));
    send({ jsonrpc: "2.0", method: "exit" });
    assert.equal(await exit, 0);
    assert.equal(stderr, "");
  });

  it("goes on after bodies that are no JSON, or no message", async () => {
    send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
    await answerTo(0);
    for (const body of ["{", "", "null", "[]", "3", '"x"', '{"jsonrpc":"2.0"}', '{"id":{}}', "\u0000", "[1,2,3]"]) {
      sendText(body);
    }
    send({ jsonrpc: "2.0", id: 1, method: "textDocument/inlineCompletion", params: REQUESTS[1]?.[1] });
    assert.deepEqual((await answerTo(1)).result, { items: [] });
  });

  it("ends with one sentence where it cannot tell the messages apart, and when the client has gone", async () => {
    send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { rootUri: null, capabilities: {} } });
    await answerTo(0);
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.write("Foo: bar\r\n\r\n");
    assert.equal(await exit, 1);
    assert.match(stderr, /without a Content-Length: the language server ends\.\n$/);
    const other = spawn(process.execPath, [join(root, "dist/sterna.mjs"), "lsp"]);
    const gone = new Promise((resolve) => other.once("exit", resolve));
    other.stdin.end();
    assert.equal(await gone, 1);
  });
});
