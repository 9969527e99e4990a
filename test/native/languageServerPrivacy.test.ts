/** Nothing of a file that may not be read leaves for a model by the language server, nor is it kept on disk. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type CodeAction,
  CodeActionRequest,
  CompletionRequest,
  DidSaveTextDocumentNotification,
  ExecuteCommandRequest,
  type Range,
} from "vscode-languageserver-protocol/node";
import { temporaryFolder } from "../unit/models/folder.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { alive, poll } from "./harness.ts";
import { LspClient } from "./lspClient.ts";
import { scriptedRoot } from "./scriptedRoot.ts";

const SECRET = "hunter2SecretValue";
const HIDDEN = [".env", "private/notes.js", "settings.txt"];
const OPEN = "const password = read();\nfunction publicName(a) {\n  return a;\n}\n";
const LINES: Range = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
const TASKS = ["refactor", "edit", "fix", "document", "tests"];

describe("files that sterna lsp may not read", function () {
  this.timeout(90_000);
  let client: LspClient;
  // Before the folder goes: the engine writes there.
  after(async () => {
    const engine = client.enginePid;
    await client.stop();
    await poll(() => (alive(engine) ? undefined : true));
  });
  const folder = temporaryFolder();
  const workspace = (name = "") => join(folder.path("workspace"), name);
  const uriOf = (name: string) => pathToFileURL(workspace(name)).href;

  before(async () => {
    await bundleSterna();
    mkdirSync(workspace("private"), { recursive: true });
    writeFileSync(workspace(".gitignore"), "private/\n");
    writeFileSync(workspace("open.js"), OPEN);
    for (const name of [".env", "private/notes.js"]) writeFileSync(workspace(name), `password = "${SECRET}"\n`);
    symlinkSync(workspace(".env"), workspace("settings.txt"));
    const installed = scriptedRoot(folder.path("root"));
    installed.say({ when: "", say: "function publicName(b) {\n  return b;\n}\n```\n" });
    client = new LspClient(folder.path("storage"), {
      script: installed.script,
      env: { ...installed.env, STERNA_TEST_PROMPTS: folder.path("prompts.txt") },
    });
    writeFileSync(folder.path("prompts.txt"), "");
    const settings = { nextEdit: { enabled: true }, inline: { debounceMs: 0 } };
    await client.initialize({ settings, folder: pathToFileURL(workspace()).href });
    await client.ready();
    for (const name of HIDDEN) {
      await client.open(uriOf(name), "javascript", `password = "${SECRET}"\n`);
      await client.type(uriOf(name), 2, LINES.start, `first = "${SECRET}";\n`);
      await client.connection.sendNotification(DidSaveTextDocumentNotification.type, {
        textDocument: { uri: uriOf(name) },
      });
    }
    await client.open(uriOf("open.js"), "javascript", OPEN);
  });

  const run = (command: string, name: string, task: string) =>
    client.connection.sendRequest(ExecuteCommandRequest.type, {
      command,
      arguments: [{ uri: uriOf(name), range: LINES, task, instruction: "shorter" }],
    });

  for (const name of HIDDEN) {
    it(`${name}: every command says so, and there are no actions and no suggestions`, async () => {
      const refusal = /^Sterna does not read |: Sterna does not read /;
      for (const task of TASKS) await assert.rejects(run("sterna.edit", name, task), refusal, task);
      await assert.rejects(run("sterna.explain", name, "edit"), refusal);
      const textDocument = { uri: uriOf(name) };
      const context = { diagnostics: [{ range: LINES, message: "wrong" }] };
      assert.deepEqual(
        await client.connection.sendRequest(CodeActionRequest.type, { textDocument, range: LINES, context }),
        [],
      );
      assert.deepEqual(await client.suggest(uriOf(name), { line: 1, character: 3 }), []);
      const position = { line: 1, character: 3 };
      const list = await client.connection.sendRequest(CompletionRequest.type, { textDocument, position });
      assert.ok(list === null || (Array.isArray(list) ? list : list.items).length === 0);
    });
  }

  it("are in no prompt for another file, and in nothing that is kept", async () => {
    const textDocument = { uri: uriOf("open.js") };
    const context = { diagnostics: [] };
    const range = { start: { line: 1, character: 0 }, end: { line: 4, character: 0 } };
    const found = await client.connection.sendRequest(CodeActionRequest.type, { textDocument, range, context });
    assert.ok((found as CodeAction[]).length > 0);
    for (const task of TASKS) await run("sterna.edit", "open.js", task).catch(() => {});
    await run("sterna.explain", "open.js", "edit").catch(() => {});
    await client.type(uriOf("open.js"), 2, { line: 4, character: 0 }, "const password = ");
    await client.suggest(uriOf("open.js"), { line: 4, character: 17 });
    await client.type(uriOf("open.js"), 3, { line: 4, character: 17 }, `"${SECRET.slice(0, 9)}`);
    const shown = await client.suggest(uriOf("open.js"), { line: 4, character: 27 });
    assert.ok(!JSON.stringify(shown).includes(SECRET.slice(9)), JSON.stringify(shown));
    const prompts = readFileSync(folder.path("prompts.txt"), "utf8");
    assert.match(prompts, /publicName/);
    assert.ok(!prompts.includes(SECRET), "a prompt has the secret");
    // Where nothing is kept, there is no such folder.
    const storage = folder.path("storage");
    for (const file of existsSync(storage) ? filesBelow(storage) : []) {
      assert.ok(!readFileSync(file, "latin1").includes(SECRET), file);
    }
    assert.ok(!client.lines.join("\n").includes(SECRET), "the log has the secret");
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
