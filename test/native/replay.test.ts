/** Replays with the built-in model: what a keystroke may cost, over files of this repository and its packages. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row, Summary } from "../../engine/replay/summary.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { bundleSterna, sterna } from "../unit/support/sterna.ts";

/** Files in TypeScript, JavaScript, declarations, CSS, JSON, Python and C++. */
const FILES = [
  ...["completionService", "requestQueue", "warming"].map((name) => `engine/completion/${name}.ts`),
  ...["process/connection", "backend/scheduler", "text/cursor"].map((name) => `engine/${name}.ts`),
  ...["repository/openDocuments", "models/gguf/reader", "models/packer", "prompt/prefixWindow"].map(
    (name) => `engine/${name}.ts`,
  ),
  ...["engine/client/client.ts", "webview/main.ts", "webview/style/composer.css", "package.json"],
  ...["scripts/lib/walls.mjs", "test/unit/process/connection.test.ts"],
  ...["training/model.py", "native/src/runtime/engine.cc"],
  ...["mocha/lib/runner.js", "vscode-jsonrpc/lib/common/cancellation.js", "vscode-jsonrpc/lib/common/events.js"].map(
    (name) => `node_modules/${name}`,
  ),
];
const KEYS = [
  "keystrokes",
  "suggestionsShown",
  "sources",
  "silences",
  "prefilledPerKeystroke",
  "decodedPerKeystroke",
  "firstTokenMs",
  "textMs",
  "matchedCharacters",
  "shownCharacters",
  "savedPer100",
  "wrongPer100",
  "draftedTokens",
  "acceptedTokens",
  "hours",
  "cache",
];

interface Cache {
  mostMegabytes: number;
  budgetMegabytes: number;
}

/**
 * The keys at which a prompt that had grown to its limit was cut at its beginning and read anew while somebody typed.
 * Every long prompt needs that at some time, but seldom.
 */
function windowMoves(rows: readonly Row[]): Set<Row> {
  const lengths = new Map<number, number>();
  const moves = new Set<Row>();
  for (const row of rows) {
    if (row.promptTokens === 0) continue;
    // What is typed merges with the tokens before it, so that a prompt may be a few tokens shorter without a move.
    if (row.after === "flow" && row.promptTokens + 64 < (lengths.get(row.file) ?? 0)) moves.add(row);
    lengths.set(row.file, row.promptTokens);
  }
  return moves;
}

describe("sterna replay", function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  before(bundleSterna);

  const replay = async (...args: string[]) => {
    const trace = folder.path("trace.jsonl");
    const files = FILES.map((file) => join(root, file));
    const outcome = await sterna(folder.path("storage"), "replay", ...args, "--json", "--trace", trace, ...files);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    const rows = readFileSync(trace, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row);
    return { summary: JSON.parse(outcome.stdout) as Summary & { hours: number; cache: Cache }, rows };
  };

  it("costs a keystroke only its own tokens, and so do Enter, a return to a file, and an acceptance", async () => {
    // Prompts are sized by the speed of the machine: one that becomes slower or faster sizes them anew.
    const { summary, rows } = await replay("--limit", "8000", "--speed", "2000");
    assert.deepEqual(Object.keys(summary), KEYS);
    assert.ok(summary.keystrokes >= 5000, `${summary.keystrokes} keystrokes`);
    assert.ok(new Set(rows.map((row) => row.file)).size >= 20);
    const { p50, p90, p99 } = summary.prefilledPerKeystroke;
    assert.ok(p50 <= 2 && p90 <= 8 && p99 <= 64, JSON.stringify(summary.prefilledPerKeystroke));
    const moved = windowMoves(rows);
    assert.ok(moved.size <= rows.length / 1000, `the window moved ${moved.size} times`);
    const still = rows.filter((row) => !moved.has(row));
    const bounded = {
      enter: still.filter((row) => row.key === "enter" && row.after === "flow"),
      return: still.filter((row) => row.after === "return"),
      accept: still.filter((row) => row.key === "accept"),
    };
    for (const [name, of] of Object.entries(bounded)) {
      assert.ok(of.length >= 5, `${of.length} times ${name}`);
      const most = Math.max(...of.map((row) => row.prefilled));
      assert.ok(most <= 32, `${most} tokens prefilled at ${name}`);
    }
    assert.equal(rows.filter((row) => row.source === "none" && row.reason === undefined).length, 0);
  });

  it("stays within the memory it may take, though that is used up again and again", async () => {
    // A context of the built-in model alone takes 8 MiB.
    const { summary } = await replay("--limit", "2500", "--cache", "12");
    const { mostMegabytes, budgetMegabytes } = summary.cache;
    assert.ok(budgetMegabytes <= 12 && mostMegabytes <= budgetMegabytes, JSON.stringify(summary.cache));
    assert.ok(mostMegabytes > budgetMegabytes - 1, JSON.stringify(summary.cache));
    assert.ok(summary.hours > 0.1, `${summary.hours} hours`);
  });

  it("is the same bytes again in steps, however fast the machine is", async () => {
    const [trace, storage] = [folder.path("steps.jsonl"), folder.path("storage")];
    const files = FILES.map((file) => join(root, file));
    const steps = async (...args: string[]) => {
      const fixed = ["replay", "--limit", "120", "--clock", "steps", "--seed", "7", "--json", "--trace", trace];
      const { code, stdout, stderr } = await sterna(storage, ...fixed, ...args, ...files);
      assert.deepEqual([code, stderr], [0, ""]);
      return stdout + readFileSync(trace, "utf8");
    };
    const once = await steps();
    assert.equal(await steps(), once);
    // Warm-ups are left out, because the scalar kernels would take minutes for them.
    assert.equal(await steps("--threads", "1", "--kernel", "scalar", "--no-warming"), await steps("--no-warming"));
  });

  it("plays a recorded session, and says what is wrong with another", async () => {
    const session = folder.path("session.json");
    const play = () => sterna(folder.path("storage"), "replay", "--script", session, "--json");
    const change = { offset: 0, length: 0, text: "i" };
    const events = [
      { kind: "show", file: 0, offset: 0 },
      { kind: "key", key: "type", changes: [change], offset: 1, afterMs: 100 },
    ];
    writeFileSync(session, JSON.stringify({ files: [{ path: "a.ts", languageId: "typescript", text: "\n" }], events }));
    const good = await play();
    assert.equal((JSON.parse(good.stdout) as Summary).keystrokes, 1);
    writeFileSync(session, "{}");
    const bad = await play();
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /session\.json is no session: files is not a list\n$/);
  });
});
