import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  CancellationTokenSource,
  CompletionRequest,
  ErrorCodes,
  ExecuteCommandRequest,
  InlineCompletionRequest,
  LSPErrorCodes,
} from "vscode-languageserver-protocol/node";
import { temporaryFolder } from "../unit/models/folder.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { alive, Harness, poll } from "./harness.ts";
import { LspClient, type LspOptions } from "./lspClient.ts";

const TEXT = "export function add(first: number, second: number) {\n  return first + second;\n}\n";
const SETTINGS = { threads: 1, inline: { maxTokens: 12, debounceMs: 0 } };

describe("sterna lsp", function () {
  this.timeout(90_000);
  const folder = temporaryFolder();
  const clients: LspClient[] = [];
  const storage = () => folder.path("storage");
  const workspace = (name: string) => join(folder.path("workspace"), name);
  const addressOf = (name: string) => pathToFileURL(workspace(name)).href;

  before(bundleSterna);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(quit));
  });

  async function quit(client: LspClient): Promise<void> {
    if (client.child.exitCode === null && client.child.signalCode === null) assert.equal(await client.stop(), 0);
    assert.equal(client.stderr, "");
  }

  async function start(options: LspOptions = {}): Promise<LspClient> {
    mkdirSync(folder.path("workspace"), { recursive: true });
    const client = new LspClient(storage(), options);
    clients.push(client);
    await client.initialize({ settings: SETTINGS, folder: pathToFileURL(folder.path("workspace")).href, ...options });
    await client.ready();
    return client;
  }

  /** Asks until the model is loaded. */
  async function suggestion(client: LspClient, name: string, position: { line: number; character: number }) {
    return await pollAsync(async () => (await client.suggest(addressOf(name), position))[0]);
  }

  it("completes what is typed, by hand and while typing, and follows the changes of the document", async () => {
    const client = await start();
    const uri = addressOf("add.ts");
    await client.open(uri, "typescript", `${TEXT}export function sub(first: number, second: number) {\n  return `);
    const item = await suggestion(client, "add.ts", { line: 4, character: 9 });
    assert.match(String(item.insertText), /^first/);
    assert.deepEqual(item.range, { start: { line: 4, character: 9 }, end: { line: 4, character: 9 } });
    await client.type(uri, 2, { line: 4, character: 9 }, "fi");
    const [typed] = await client.suggest(uri, { line: 4, character: 11 }, 2);
    assert.match(`fi${typed?.insertText}`, /^first/);
  });

  it("covers the item that is selected in the client's list", async () => {
    const client = await start();
    const uri = addressOf("selected.ts");
    await client.open(uri, "typescript", `${TEXT}export function sub(first: number, second: number) {\n  return fi`);
    await suggestion(client, "selected.ts", { line: 4, character: 11 });
    const range = { start: { line: 4, character: 9 }, end: { line: 4, character: 11 } };
    const answer = await client.connection.sendRequest(InlineCompletionRequest.type, {
      textDocument: { uri },
      position: range.end,
      context: { triggerKind: 1, selectedCompletionInfo: { range, text: "first" } },
    });
    assert.ok(answer !== null && !Array.isArray(answer));
    assert.match(String(answer.items[0]?.insertText), /^first/);
    assert.deepEqual(answer.items[0]?.range?.start, range.start);
  });

  it("gives a client without inline completion an item of its list", async () => {
    const client = await start({ capabilities: {} });
    const uri = addressOf("list.ts");
    await client.open(uri, "typescript", `${TEXT}export function sub(first: number, second: number) {\n  return fi`);
    const position = { line: 4, character: 11 };
    const list = await pollAsync(async () => {
      const found = await client.connection.sendRequest(CompletionRequest.type, { textDocument: { uri }, position });
      return found !== null && !Array.isArray(found) && found.items.length > 0 ? found : undefined;
    });
    const [item] = list.items;
    assert.ok(item?.textEdit && "range" in item.textEdit);
    assert.match(item.textEdit.newText, /^first/);
    assert.deepEqual(item.textEdit.range.start, { line: 4, character: 9 });
  });

  it("reads nothing that is excluded or that git ignores", async () => {
    const client = await start();
    writeFileSync(workspace(".gitignore"), "secret.ts\n");
    const text = `${TEXT}export function sub(first: number, second: number) {\n  return `;
    for (const name of ["secret.ts", ".env", "seen.ts"]) await client.open(addressOf(name), "typescript", text);
    const place = { line: 4, character: 9 };
    assert.ok(await suggestion(client, "seen.ts", place));
    assert.deepEqual(await client.suggest(addressOf("secret.ts"), place), []);
    assert.deepEqual(await client.suggest(addressOf(".env"), place), []);
    const args = [{ uri: addressOf("secret.ts"), range: { start: place, end: place }, task: "document" }];
    const command = client.connection.sendRequest(ExecuteCommandRequest.type, {
      command: "sterna.edit",
      arguments: args,
    });
    await assert.rejects(command, /does not read secret\.ts: git ignores it/);
  });

  it("cancels: the request ends at once, and the next one is answered", async () => {
    const client = await start();
    const uri = addressOf("cancel.ts");
    await client.open(uri, "typescript", `${TEXT}export function sub(first: number, second: number) {\n  return `);
    await suggestion(client, "cancel.ts", { line: 4, character: 9 });
    const source = new CancellationTokenSource();
    const params = { textDocument: { uri }, position: { line: 1, character: 9 }, context: { triggerKind: 1 as const } };
    const answer = client.connection.sendRequest(InlineCompletionRequest.type, params, source.token);
    source.cancel();
    await assert.rejects(answer, { code: LSPErrorCodes.RequestCancelled });
    assert.ok(await suggestion(client, "cancel.ts", { line: 4, character: 9 }));
  });

  it("shares one engine with another editor and with VS Code's client, and it ends with the last", async () => {
    const one = await start();
    const two = await start();
    const window = new Harness(storage(), "", { isShared: true });
    window.client.start();
    await window.until("ready");
    assert.equal(one.enginePid, two.enginePid);
    assert.equal(window.client.pid, one.enginePid);
    await window.client.stop();
    await two.stop();
    const uri = addressOf("shared.ts");
    await one.open(uri, "typescript", `${TEXT}export function sub(first: number, second: number) {\n  return `);
    assert.ok(await suggestion(one, "shared.ts", { line: 4, character: 9 }));
    const { enginePid } = one;
    assert.ok(alive(enginePid));
    await one.stop();
    await poll(() => (alive(enginePid) ? undefined : true));
  });

  it("answers errors by the specification", async () => {
    const client = new LspClient(storage());
    clients.push(client);
    const ask = (method: string, params?: unknown) => client.connection.sendRequest(method, params);
    const params = {
      textDocument: { uri: "file:///a.ts" },
      position: { line: 0, character: 0 },
      context: { triggerKind: 1 },
    };
    await assert.rejects(ask("textDocument/inlineCompletion", params), { code: ErrorCodes.ServerNotInitialized });
    await assert.rejects(ask("initialize", { capabilities: 3 }), { code: ErrorCodes.InvalidParams });
    await client.initialize({ settings: SETTINGS });
    await assert.rejects(ask("initialize", { capabilities: {} }), { code: ErrorCodes.InvalidRequest });
    await assert.rejects(ask("textDocument/inlineCompletion", { position: 1 }), { code: ErrorCodes.InvalidParams });
    await assert.rejects(ask("sterna/unknown", {}), { code: ErrorCodes.MethodNotFound });
    await assert.rejects(ask("workspace/executeCommand", { command: "rm" }), { code: ErrorCodes.InvalidParams });
    assert.deepEqual(await ask("textDocument/inlineCompletion", params), { items: [] });
    await ask("shutdown");
    await assert.rejects(ask("textDocument/inlineCompletion", params), { code: ErrorCodes.InvalidRequest });
    await client.connection.sendNotification("exit");
    assert.equal(await client.exit, 0);
  });
});

/** Asks again and again until there is an answer. */
async function pollAsync<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    assert.ok(performance.now() < end, "waited too long");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
