/**
 * Faulty clients: whatever they send, each request gets one answer, as the specification demands, and nothing breaks.
 */
import assert from "node:assert/strict";
import { temporaryFolder } from "../unit/models/folder.ts";
import { mutateJson } from "../unit/support/mutate.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { Random } from "../unit/support/testRandom.ts";
import { RawLanguageServer } from "./rawLanguageServer.ts";

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
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { processId: null, rootUri: null, capabilities: {} },
};
/** This client does not support what the server asks for, such as the configuration. */
const UNKNOWN = { error: { code: -32601, message: "?" } };

describe("sterna lsp and a client that is wrong", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  let server: RawLanguageServer;

  before(bundleSterna);
  beforeEach(() => {
    server = new RawLanguageServer(folder.path("storage"), () => UNKNOWN);
  });
  afterEach(() => server.child.kill("SIGKILL"));

  it(`answers each of ${MESSAGES} messages whose parts are others than they should be`, async () => {
    const random = new Random(26);
    server.send(INITIALIZE);
    server.send({ jsonrpc: "2.0", method: "initialized", params: {} });
    const open = NOTIFICATIONS[0];
    const asked: number[] = [];
    for (let id = 1; id <= MESSAGES; id++) {
      const isRequest = random.below(2) === 0;
      const [method, params] = random.pick((isRequest ? REQUESTS : NOTIFICATIONS) as [[string, unknown]]);
      const changed = mutateJson(random, params);
      const message = { jsonrpc: "2.0", method, params: changed };
      if (isRequest) {
        server.send({ ...message, id });
        asked.push(id);
      } else {
        server.send(message);
      }
      // The document is open most of the time.
      if (id % 10 === 0) server.send({ jsonrpc: "2.0", method: open?.[0], params: open?.[1] });
      if (id % 500 === 0) await server.answerTo(asked.at(-1) ?? 0);
    }
    for (const id of asked) await server.answerTo(id);
    const ids = server.answers.map(({ id }) => id).filter((id) => typeof id === "number");
    assert.equal(new Set(ids).size, ids.length, "a request was answered twice");
    for (const { error } of server.answers) {
      if (error !== undefined) assert.ok(Number.isInteger(error.code) && error.message !== "", JSON.stringify(error));
    }
    // Afterwards the server works as before.
    server.send({
      jsonrpc: "2.0",
      id: MESSAGES + 1,
      method: "textDocument/inlineCompletion",
      params: REQUESTS[1]?.[1],
    });
    assert.ok((await server.answerTo(MESSAGES + 1)).result !== undefined);
    server.send({ jsonrpc: "2.0", id: MESSAGES + 2, method: "shutdown" });
    assert.equal((await server.answerTo(MESSAGES + 2)).error, undefined);
    server.send({ jsonrpc: "2.0", method: "exit" });
    assert.equal(await server.exit, 0);
    assert.equal(server.stderr, "");
  });

  it("goes on after bodies that are no JSON, or no message", async () => {
    server.send(INITIALIZE);
    await server.answerTo(0);
    for (const body of ["{", "", "null", "[]", "3", '"x"', '{"jsonrpc":"2.0"}', '{"id":{}}', "\u0000", "[1,2,3]"]) {
      server.sendText(body);
    }
    server.send({ jsonrpc: "2.0", id: 1, method: "textDocument/inlineCompletion", params: REQUESTS[1]?.[1] });
    assert.deepEqual((await server.answerTo(1)).result, { items: [] });
  });

  it("ends with one sentence where it cannot tell the messages apart, and when the client has gone", async () => {
    server.send({ jsonrpc: "2.0", id: 0, method: "initialize", params: { rootUri: null, capabilities: {} } });
    await server.answerTo(0);
    server.child.stdin.write("Foo: bar\r\n\r\n");
    assert.equal(await server.exit, 1);
    assert.match(server.stderr, /without a Content-Length: the language server ends\.\n$/);
    const other = new RawLanguageServer(folder.path("storage"), () => UNKNOWN);
    other.child.stdin.end();
    assert.equal(await other.exit, 1);
  });
});
