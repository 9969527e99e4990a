/**
 * A recorded session of a real editor: what Neovim 0.11.4 sent while somebody typed in three files of the sample
 * project with docs/editors/sterna.lua, accepted and dismissed suggestions, undid, replaced, saved and left.
 */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Message,
  type RequestMessage,
  type ResponseMessage,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { bundleSterna } from "../unit/support/sterna.ts";
import { poll } from "./harness.ts";

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
  let child: ChildProcessWithoutNullStreams;
  let writer: StreamMessageWriter;
  let stderr = "";
  let ready = false;
  const answers = new Map<number, ResponseMessage>();
  let doubled = 0;

  before(async () => {
    await bundleSterna();
    child = spawn(process.execPath, [join(root, "dist/sterna.mjs"), "lsp", "--storage", folder.path("storage")]);
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    writer = new StreamMessageWriter(child.stdin);
    new StreamMessageReader(child.stdout).listen(receive);
  });
  after(() => child.kill("SIGKILL"));

  function receive(message: Message): void {
    const { id, method, params } = message as RequestMessage & { params?: { message?: string } };
    if (method === undefined) {
      if (answers.has(id as number)) doubled++;
      answers.set(id as number, message as ResponseMessage);
    } else if (id !== undefined) {
      const result = method === "workspace/configuration" ? [SETTINGS] : null;
      void writer.write({ jsonrpc: "2.0", id, result } as ResponseMessage);
    } else if (params?.message?.startsWith("Model ready")) {
      ready = true;
    }
  }

  const answerTo = (id: number) =>
    poll(
      () => answers.get(id),
      () => `${id} has no answer\n${stderr}`,
    );

  it("answers each request once, shows suggestions, and ends when it is told to", async () => {
    const cancelled = new Set(
      session.filter(({ method }) => method === "$/cancelRequest").map(({ params }) => params?.id),
    );
    const exit = new Promise((resolve) => child.once("exit", resolve));
    const asked: Recorded[] = [];
    for (const message of session) {
      await writer.write(message as Message);
      if (message.id === undefined) continue;
      asked.push(message);
      // Neovim had an answer to what it did not cancel before it went on.
      if (!cancelled.has(message.id)) await answerTo(message.id);
      if (message.method === "initialize") continue;
      if (!ready && asked.length === 2) {
        await poll(
          () => (ready ? true : undefined),
          () => stderr,
        );
      }
    }
    assert.equal(await exit, 0);
    assert.ok(session.length >= 900 && asked.length >= 400);
    assert.deepEqual([doubled, answers.size, stderr], [0, asked.length, ""]);
    let shown = 0;
    for (const { id, method } of asked) {
      const { error, result } = answers.get(id as number) ?? assert.fail(`${id} has no answer`);
      if (error !== undefined) {
        assert.ok(CANCELLED.includes(error.code) && cancelled.has(id), `${method}: ${error.message}`);
      } else if (method === "textDocument/inlineCompletion") {
        shown += (result as { items: unknown[] }).items.length;
      }
    }
    assert.ok(shown >= 40, `${shown} suggestions`);
  });
});
