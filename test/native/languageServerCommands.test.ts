import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  ApplyWorkspaceEditRequest,
  CancellationTokenSource,
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  ExecuteCommandRequest,
  LSPErrorCodes,
  type Range,
  ShowDocumentRequest,
  type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { temporaryFolder } from "../unit/models/folder.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { LspClient } from "./lspClient.ts";
import { type ScriptedRoot, scriptedRoot } from "./scriptedRoot.ts";

const TEXT = "function add(a, b) {\n  return a + b;\n}\n\nadd(1, 2);\n";
const FUNCTION: Range = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
const RESOLVES: ClientCapabilities = {
  textDocument: {
    inlineCompletion: {},
    codeAction: { dataSupport: true, resolveSupport: { properties: ["edit"] } },
  },
  workspace: { workspaceEdit: { documentChanges: true }, applyEdit: true },
  window: { showDocument: { support: true } },
};

describe("commands of sterna lsp", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let installed: ScriptedRoot;
  let client: LspClient;

  before(async () => {
    await bundleSterna();
    installed = scriptedRoot(folder.path("root"));
    mkdirSync(folder.path("workspace"));
  });
  afterEach(async () => {
    assert.equal(await client.stop(), 0);
    assert.equal(client.stderr, "");
  });

  const uri = () => pathToFileURL(join(folder.path("workspace"), "add.js")).href;

  async function start(capabilities: ClientCapabilities, settings: unknown = {}): Promise<void> {
    client = new LspClient(folder.path("storage"), { script: installed.script, env: installed.env });
    await client.initialize({ capabilities, settings, folder: pathToFileURL(folder.path("workspace")).href });
    await client.ready();
    await client.open(uri(), "javascript", TEXT);
  }

  async function actions(range: Range, only?: string[]): Promise<CodeAction[]> {
    const context = { diagnostics: [], ...(only && { only }) };
    const found = await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: uri() },
      range,
      context,
    });
    return (found ?? []) as CodeAction[];
  }

  async function action(title: string): Promise<CodeAction> {
    const found = (await actions(FUNCTION)).find((each) => each.title === title);
    assert.ok(found, title);
    return found;
  }

  const changed = "function add(first, second) {\n  return first + second;\n}";

  function editOf(edit: WorkspaceEdit | undefined): unknown {
    const [change] = edit?.documentChanges ?? [];
    assert.ok(change && "textDocument" in change);
    return change.edits;
  }

  it("resolve an action to an edit of the lines that were selected", async () => {
    installed.say({ when: "", say: `${changed}\n\`\`\`\n` });
    await start(RESOLVES);
    const resolved = await client.connection.sendRequest(
      CodeActionResolveRequest.type,
      await action("Refactor with Sterna"),
    );
    const end = { line: 2, character: 1 };
    assert.deepEqual(editOf(resolved.edit), [{ range: { start: FUNCTION.start, end }, newText: changed }]);
  });

  it("apply the edit for a client that resolves nothing, and say when it was not applied", async () => {
    installed.say({ when: "", say: `${changed}\n\`\`\`\n` });
    await start({ workspace: { applyEdit: true } });
    let edit: WorkspaceEdit | undefined;
    let applied = true;
    client.connection.onRequest(ApplyWorkspaceEditRequest.type, (params) => {
      edit = params.edit;
      return { applied, failureReason: "read-only" };
    });
    const { command } = await action("Refactor with Sterna");
    assert.ok(command);
    await client.connection.sendRequest(ExecuteCommandRequest.type, command);
    assert.equal(edit?.changes?.[uri()]?.[0]?.newText, changed);
    applied = false;
    await assert.rejects(client.connection.sendRequest(ExecuteCommandRequest.type, command), {
      code: LSPErrorCodes.RequestFailed,
      message: "read-only",
    });
  });

  it("write tests into a file of their own, which is made", async () => {
    installed.say({ when: "", say: 'test("adds", () => {});\n```\n' });
    await start(RESOLVES);
    const { edit } = await client.connection.sendRequest(
      CodeActionResolveRequest.type,
      await action("Write tests with Sterna"),
    );
    const [create, change] = edit?.documentChanges ?? [];
    assert.ok(create && "kind" in create && create.kind === "create");
    assert.match(create.uri, /\/workspace\/add\.test\.js$/);
    assert.ok(change && "textDocument" in change);
    assert.equal(change.textDocument.uri, create.uri);
  });

  it("explain code in a document that the client opens", async () => {
    installed.say({ when: "", say: "It adds two numbers." });
    await start(RESOLVES);
    let shown = "";
    client.connection.onRequest(ShowDocumentRequest.type, (params) => {
      shown = params.uri;
      return { success: true };
    });
    const { command } = await action("Explain with Sterna");
    assert.ok(command);
    const answer = await client.connection.sendRequest(ExecuteCommandRequest.type, command);
    assert.equal(answer, "It adds two numbers.");
    assert.equal(readFileSync(fileURLToPath(shown), "utf8"), "It adds two numbers.\n");
  });

  it("end when the client cancels", async () => {
    installed.say({ when: "", say: "word ".repeat(400), pieceMs: 20 });
    await start(RESOLVES);
    const source = new CancellationTokenSource();
    const chosen = await action("Refactor with Sterna");
    const started = performance.now();
    const answer = client.connection.sendRequest(CodeActionResolveRequest.type, chosen, source.token);
    setTimeout(() => source.cancel(), 300);
    const { edit } = await answer;
    assert.equal(edit, undefined);
    assert.ok(performance.now() - started < 4_000);
  });

  it("say in one sentence what is wrong", async () => {
    await start(RESOLVES);
    const args = [{ uri: "file:///elsewhere.js", range: FUNCTION, task: "refactor" }];
    const command = { command: "sterna.edit", arguments: args };
    await assert.rejects(client.connection.sendRequest(ExecuteCommandRequest.type, command), {
      code: LSPErrorCodes.RequestFailed,
      message: "elsewhere.js is not open.",
    });
    assert.ok(!existsSync("/elsewhere.js"));
  });

  it("propose the next edit where the last one applies again", async () => {
    await start(RESOLVES, { nextEdit: { enabled: true } });
    const lines = ["one.getName();", "two.getName();", "three.getName();", "four.getName();", ""].join("\n");
    const other = uri().replace("add.js", "names.js");
    await client.open(other, "javascript", lines);
    let version = 1;
    for (const line of [0, 1]) {
      const start = { line, character: line === 0 ? 4 : 4 };
      await client.connection.sendNotification("textDocument/didChange", {
        textDocument: { uri: other, version: ++version },
        contentChanges: [{ range: { start, end: { line, character: 11 } }, text: "getTitle" }],
      });
    }
    const found = (await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: other },
      range: { start: { line: 1, character: 12 }, end: { line: 1, character: 12 } },
      context: { diagnostics: [] },
    })) as CodeAction[];
    const [next] = found;
    assert.ok(next?.edit, JSON.stringify(found));
    assert.match(JSON.stringify(editOf(next.edit)), /getTitle|Title/);
  });
});
