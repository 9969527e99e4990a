import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { WorkspaceSearch } from "../../../engine/chat/workspaceContext.ts";
import { lastQuestion, setup } from "../support/conversationSetup.ts";
import { turn } from "../support/until.ts";

describe("conversations with the workspace's files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sterna-chat-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const piece = (path: string, first: number, text: string, coverage = 1) => {
    return { path, languageId: "typescript", first, last: first + 1, text, coverage };
  };
  const PIECES = [piece("src/cart.ts", 3, "const cart = 1;"), piece("src/user.ts", 8, "const user = 2;")];
  const withSearch = (found = PIECES, openPaths: readonly string[] = []) => {
    const asked: [question: string, within: readonly string[]][] = [];
    const search: WorkspaceSearch = async (question, within) => {
      asked.push([question, within]);
      return found;
    };
    return { asked, ...setup(folder, (question) => `It was ${question.length}.`, { search, openPaths }) };
  };

  it("answer from the pieces that were found, which are shown with their lines", async () => {
    const { open, ask, asked, native, page, onDisk, events } = withSearch();
    const id = open("new");
    await ask(id, "@workspace where are carts made?");
    assert.deepEqual(asked, [["where are carts made?", []]]);
    const [prompt = ""] = native.jobs.map((job) => lastQuestion(job.prompt)[0]);
    assert.match(
      prompt,
      /src\/cart\.ts:3-4[\s\S]*const cart = 1;[\s\S]*src\/user\.ts:8-9[\s\S]*where are carts made\?/,
    );
    assert.doesNotMatch(prompt, /@workspace/);
    const [question] = page().turns;
    assert.deepEqual(question?.attached, ["src/cart.ts:3-4", "src/user.ts:8-9"]);
    assert.equal(question?.canDetach, true);
    assert.equal(question?.text, "@workspace where are carts made?");
    assert.deepEqual(onDisk(id)?.turns[0]?.attached, question?.attached);
    const said = events.flatMap((event) => (event.type === "turn" ? event.turn.note : []));
    assert.ok(said.includes("Sterna looks through the workspace."));
    assert.equal(page().turns[1]?.note, "");
  });

  it("read no more of what is taken out again, and the meter says so", async () => {
    const { open, ask, conversations, native, events, page, onDisk } = withSearch();
    const id = open("new");
    await ask(id, "@workspace where are carts made?");
    const used = () => events.findLast((event) => event.type === "meter")?.meter.used ?? 0;
    const before = used();
    await conversations.act(id, { type: "detach", turn: 1, index: 0 });
    assert.deepEqual(page().turns[0]?.attached, ["src/user.ts:8-9"]);
    assert.ok(used() < before, `${used()} < ${before}`);
    await conversations.act(id, { type: "regenerate", turn: 2 });
    const prompt = native.jobs.at(-1)?.prompt ?? "";
    assert.doesNotMatch(prompt, /cart = 1/);
    assert.match(prompt, /src\/user\.ts:8-9[\s\S]*user = 2[\s\S]*where are carts made/);
    await conversations.act(id, { type: "detach", turn: 1, index: 0 });
    assert.equal(onDisk(id)?.turns[0]?.modelText, "where are carts made?");
    await assert.rejects(conversations.act(id, { type: "detach", turn: 1, index: 0 }), /not attached any more/);
    await assert.rejects(conversations.act(id, { type: "detach", turn: 2, index: 0 }), /does not exist/);
  });

  it("look by themselves where a question speaks of code and names nothing open", async () => {
    const { open, ask, asked, page } = withSearch(PIECES, ["src/cart.ts"]);
    const id = open("new");
    await ask(id, "where are carts made?");
    await ask(id, "what does cart.ts hold?");
    await ask(id, "and why?");
    assert.deepEqual(asked, [
      ["where are carts made?", []],
      ["what does cart.ts hold?", ["src/cart.ts"]],
    ]);
    assert.deepEqual(page().turns[0]?.attached.length, 2);
    // What the model has read already is not read twice.
    assert.deepEqual(page().turns[2]?.attached, []);
  });

  it("say when nothing was found for a question that asked for it, and answer all the same", async () => {
    const { open, ask, page } = withSearch([]);
    const id = open("new");
    await ask(id, "@workspace where are carts made?");
    assert.match(page().turns[0]?.note ?? "", /Nothing in the workspace/);
    assert.match(page().turns[1]?.text ?? "", /^It was/);
    await ask(id, "where are carts made?");
    assert.equal(page().turns[2]?.note, "");
  });

  it("do not look where something is attached", async () => {
    const { open, conversations, asked, page } = withSearch();
    const id = open("new");
    const attachment = { kind: "file", label: "a.ts", path: "a.ts", languageId: "typescript", text: "a" } as const;
    await conversations.act(id, { type: "ask", text: "where are carts made?", attachments: [attachment] });
    assert.deepEqual(asked, []);
    assert.deepEqual([page().turns[0]?.attached, page().turns[0]?.canDetach], [["a.ts"], true]);
  });

  it("end when they are stopped while they look", async () => {
    let found = () => {};
    const search: WorkspaceSearch = () =>
      new Promise((resolve) => {
        found = () => resolve(PIECES);
      });
    const { open, ask, conversations, page, native } = setup(folder, () => "Late.", { search });
    const id = open("new");
    const asking = ask(id, "@workspace where are carts made?");
    await turn();
    const stopping = conversations.act(id, { type: "stop" });
    found();
    await Promise.all([asking, stopping]);
    assert.deepEqual(page().turns[0]?.attached, []);
    assert.equal(page().turns[1]?.state, "stopped");
    assert.equal(native.jobs.length, 0);
  });
});
