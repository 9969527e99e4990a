/**
 * A recorded session of a real editor: what Neovim 0.11.4 sent while somebody typed in three files of the sample
 * project with docs/editors/sterna.lua, accepted and dismissed suggestions, undid, replaced, saved and left.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { poll } from "./harness.ts";
import { RawLanguageServer } from "./rawLanguageServer.ts";

interface Recorded {
  id?: number;
  method?: string;
  params?: { id?: number };
}

/** Error codes that the specification allows for a request that the client has cancelled or made outdated. */
const CANCELLED = [-32800, -32801];
const SETTINGS = { inline: { maxTokens: 24 } };

describe("sterna lsp and a recorded session of Neovim", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const lines = readFileSync(join(root, "test/fixtures/lsp/neovim.jsonl"), "utf8").trimEnd().split("\n");
  const session = lines.map((line) => JSON.parse(line) as Recorded).filter(({ method }) => method !== undefined);
  let server: RawLanguageServer;
  let ready = false;

  before(async () => {
    await bundleSterna();
    server = new RawLanguageServer(folder.path("storage"), ({ method, params }) => {
      ready ||= params?.message?.startsWith("Model ready") === true;
      return { result: method === "workspace/configuration" ? [SETTINGS] : null };
    });
  });
  after(() => server.child.kill("SIGKILL"));

  it("answers each request once, shows suggestions, and ends when it is told to", async () => {
    const cancelled = new Set(
      session.filter(({ method }) => method === "$/cancelRequest").map(({ params }) => params?.id),
    );
    const asked: Recorded[] = [];
    for (const message of session) {
      server.send(message);
      if (message.id === undefined) continue;
      asked.push(message);
      // Neovim had an answer to what it did not cancel before it went on.
      if (!cancelled.has(message.id)) await server.answerTo(message.id);
      if (message.method === "initialize") continue;
      if (!ready && asked.length === 2) {
        await poll(
          () => (ready ? true : undefined),
          () => server.stderr,
        );
      }
    }
    assert.equal(await server.exit, 0);
    assert.ok(session.length >= 900 && asked.length >= 400);
    const answers = new Map(server.answers.map((answer) => [answer.id, answer]));
    assert.deepEqual([server.answers.length, answers.size, server.stderr], [asked.length, asked.length, ""]);
    let shown = 0;
    for (const { id, method } of asked) {
      const { error, result } = answers.get(id ?? null) ?? assert.fail(`${id} has no answer`);
      if (error !== undefined) {
        assert.ok(CANCELLED.includes(error.code) && cancelled.has(id), `${method}: ${error.message}`);
      } else if (method === "textDocument/inlineCompletion") {
        shown += (result as { items: unknown[] }).items.length;
      }
    }
    assert.ok(shown >= 40, `${shown} suggestions`);
  });
});
