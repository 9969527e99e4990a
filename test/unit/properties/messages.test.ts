/** Messages with any content, from a window or from the chat page: the receiver continues as before. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NotificationType, ResponseError } from "vscode-jsonrpc";
import * as protocol from "../../../engine/protocol/index.ts";
import { parseFromPage, parseToPage } from "../../../webview/messages.ts";
import { INITIALIZE, SETTINGS, setup } from "../support/engineServer.ts";
import { mutateJson, rounds } from "../support/mutate.ts";
import { Random } from "../support/testRandom.ts";

const URI = "file:///a.ts";
const DOCUMENT = { uri: URI, path: "a.ts", languageId: "typescript", version: 1, text: "return the" };
const CODE = {
  uri: URI,
  path: "a.ts",
  languageId: "typescript",
  text: "function f() {}\n",
  selection: { start: 0, end: 12 },
  start: 0,
  end: 12,
  diagnostics: [{ message: "m", line: 1 }],
};

/** The messages of a window, by method. */
const REQUESTS: [method: string, params: Record<string, unknown>][] = [
  ["complete", { uri: URI, version: 1, offset: 10, trigger: "manual", selected: "x", definitions: [] }],
  ["chat", { messages: [{ role: "user", content: "Why?" }], maxTokens: 4, progressToken: 1 }],
  ["chat/count", { text: "abc" }],
  ["chat/open", { id: "" }],
  ["chat/act", { conversation: "c", action: { type: "ask", text: "Why?", attachments: [] } }],
  ["chat/act", { conversation: "c", action: { type: "edit", turn: 1, text: "a" } }],
  ["chat/list", { query: "a" }],
  ["chat/export", { id: "c" }],
  ["chat/remove", { id: "c" }],
  ["chat/record", { conversation: "c", question: "q", answer: "a", note: "" }],
  ["task", { task: { type: "explain", code: CODE }, progressToken: 2 }],
  ["task/fit", { code: CODE, text: "x", asked: "y" }],
  ["task/insert", { code: CODE, text: "x", before: "  ", after: "" }],
  ["chat/subjects", { conversation: "c", turn: 2 }],
  ["model/list", {}],
  ["model/remove", { id: "x" }],
];
const NOTIFICATIONS: [method: string, params: Record<string, unknown>][] = [
  ["document/open", DOCUMENT],
  ["document/change", { uri: URI, baseVersion: 1, version: 2, changes: [{ offset: 1, length: 2, text: "x" }] }],
  ["document/cursor", { uri: URI, version: 1, offset: 3 }],
  ["document/save", { uri: URI }],
  ["document/close", { uri: URI }],
  ["suggestion/dismissed", { uri: URI }],
  ["context/definitions", { uri: URI, version: 1, definitions: [{ path: "b.ts", text: "x" }] }],
  ["task/expected", { code: CODE }],
  ["configure", { ...SETTINGS }],
];
const LONGEST_MS = 5_000;

describe("messages of any content", () => {
  it("from one window: every request is answered, and another window notices nothing", async function () {
    this.timeout(60_000 * rounds(1));
    const folder = mkdtempSync(join(tmpdir(), "sterna-messages-"));
    // Each of them would end the engine's process.
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.prependListener("unhandledRejection", note);
    try {
      const { client: odd, join: enter } = setup(() => "value;\n");
      const other = enter();
      await odd.sendRequest(protocol.initialize, {
        ...INITIALIZE,
        storage: folder,
        conversations: join(folder, "odd"),
      });
      await other.client.sendRequest(protocol.initialize, {
        ...INITIALIZE,
        storage: folder,
        conversations: join(folder, "other"),
      });
      await other.ready;
      await other.client.sendNotification(protocol.documentOpened, DOCUMENT);
      const random = new Random(17);
      for (let round = 0; round < rounds(1500); round++) {
        if (random.below(2) === 0) {
          const [method, params] = NOTIFICATIONS[random.below(NOTIFICATIONS.length)] ?? assert.fail();
          await odd.sendNotification(new NotificationType<unknown>(method), mutateJson(random, params));
        } else {
          const [method, valid] = REQUESTS[random.below(REQUESTS.length)] ?? assert.fail();
          const params = mutateJson(random, valid);
          const what = `round ${round}, ${method} ${JSON.stringify(params)?.slice(0, 300)}`;
          await within(odd.sendRequest(method, params), what);
        }
        if (round % 50 > 0) continue;
        const complete = { uri: URI, version: 1, offset: 10, trigger: "manual" as const };
        const answer = await within(other.client.sendRequest(protocol.complete, complete), `other window, ${round}`);
        assert.ok((answer as protocol.CompleteResult).kind === "shown", `round ${round}: ${JSON.stringify(answer)}`);
      }
      odd.dispose();
      other.client.dispose();
      assert.deepEqual(unhandled, []);
    } finally {
      process.off("unhandledRejection", note);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("from the chat's page or to it: they are taken in their shape or not at all", () => {
    const random = new Random(5);
    const turn = { id: 1, role: "user", text: "a", state: "done", note: "", attached: ["b.ts"] };
    const stats = { promptTokens: 1, cachedTokens: 0, decodedTokens: 2, prefillMs: 3, decodeMs: 4 };
    const fromPage = [
      { type: "ask", text: "Why?" },
      { type: "edit", turn: 1, text: "a" },
      { type: "complete", request: 1, trigger: "@", query: "" },
      { type: "newFile", code: "a", language: "ts" },
    ];
    const toPage = [
      { type: "conversation", conversation: { id: "c", title: "t", turns: [turn, { ...turn, stats }], foldedUpTo: 0 } },
      { type: "meter", meter: { limit: 9, used: 1, reserved: 2, leftOut: ["x"] } },
      { type: "chips", chips: [{ id: 1, kind: "file", label: "a" }] },
      { type: "offers", request: 1, offers: [{ id: "a", label: "b", detail: "c" }] },
    ];
    let taken = 0;
    for (let round = 0; round < rounds(4000); round++) {
      for (const [parse, valid] of [
        [parseFromPage, fromPage],
        [parseToPage, toPage],
      ] as const) {
        const message = mutateJson(random, valid[round % valid.length]);
        const parsed = parse(message);
        if (parsed === undefined) continue;
        taken++;
        assert.deepEqual(parse(parsed), parsed, "what was taken is in its shape");
        assert.equal((message as { type: string }).type, parsed.type);
      }
    }
    assert.ok(taken > 100, `${taken} were taken`);
  });
});

/** The answer, or undefined for an error that the server has sent. */
async function within(answer: Promise<unknown>, what: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer`)), LONGEST_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    assert.ok(error instanceof ResponseError, `${what}: ${error}`);
    assert.ok(!error.message.includes("\n"), `${what}: ${error.message}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
