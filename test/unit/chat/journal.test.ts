import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { titleFrom, viewOf } from "../../../engine/chat/conversation.ts";
import { Journal } from "../../../engine/chat/journal.ts";
import { root } from "../root.ts";

const QUESTION = { id: 1, role: "user", text: "Why?", modelText: "", state: "done", note: "", attached: [] } as const;
const ANSWER = { ...QUESTION, id: 2, role: "assistant", text: "", state: "writing" } as const;

describe("the journal of conversations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sterna-journal-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function started(journal = new Journal(folder)) {
    const conversation = journal.newConversation();
    journal.append(conversation, { r: "title", title: "Why?" });
    journal.append(conversation, { r: "turn", turn: { ...QUESTION, attached: [] } });
    journal.append(conversation, { r: "turn", turn: { ...ANSWER, attached: [] } });
    const file = path.join(folder, `${conversation.id}.jsonl`);
    return { journal, conversation, file };
  }

  it("writes nothing for a conversation in which nothing was said", () => {
    new Journal(path.join(folder, "none")).newConversation();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("has every piece of an answer on disk when it is applied", () => {
    const { journal, conversation } = started();
    for (const text of ["Be", "cause", "."]) {
      journal.append(conversation, { r: "text", turn: 2, text });
      assert.equal(new Journal(folder).open(conversation.id)?.turns[1]?.text, conversation.turns[1]?.text);
    }
    assert.equal(conversation.turns[1]?.text, "Because.");
  });

  it("gives back what was written, and calls an answer without an end interrupted", () => {
    const { journal, conversation } = started();
    journal.append(conversation, { r: "text", turn: 2, text: "Be" });
    const again = new Journal(folder).open(conversation.id);
    assert.ok(again);
    assert.deepEqual(viewOf(again), {
      ...viewOf(conversation),
      turns: [conversation.turns[0], { ...conversation.turns[1], state: "interrupted" }].map((turn) => {
        const { modelText, ...shown } = turn as { modelText: string };
        void modelText;
        return shown;
      }),
    });
  });

  it("reads files in which what the model reads has its older name", () => {
    const { journal, conversation, file } = started();
    journal.append(conversation, { r: "reword", turn: 1, text: "Why not?", modelText: "The code. Why not?" });
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"modelText"', '"told"'));
    const { text, modelText, ...others } = new Journal(folder).open(conversation.id)?.turns[0] ?? QUESTION;
    assert.deepEqual([text, modelText, "told" in others], ["Why not?", "The code. Why not?", false]);
  });

  it("loses only the record that was being written, wherever the writing broke off", () => {
    const { journal, conversation, file } = started();
    journal.append(conversation, { r: "text", turn: 2, text: "one " });
    const before = statSync(file).size;
    journal.append(conversation, { r: "text", turn: 2, text: "two" });
    const whole = readFileSync(file);
    for (let size = before; size < whole.length; size++) {
      writeFileSync(file, whole.subarray(0, size));
      const fresh = new Journal(folder);
      const opened = fresh.open(conversation.id);
      assert.equal(opened?.turns[1]?.text, "one ", `cut at ${size}`);
      fresh.append(opened, { r: "text", turn: 2, text: "more" });
      assert.equal(new Journal(folder).open(conversation.id)?.turns[1]?.text, "one more", `cut at ${size}`);
    }
  });

  it("leaves out records that it does not understand", () => {
    const { conversation, file } = started();
    const strange = [
      "null",
      "7",
      "{}",
      '{"r":"turn","at":1}',
      '{"r":"turn","at":1,"turn":null}',
      '{"r":"new","at":1}',
      "{",
    ];
    appendFileSync(file, strange.map((text) => `\n${text}`).join(""));
    assert.equal(new Journal(folder).open(conversation.id)?.turns.length, 2);
  });

  it("writes a long file anew with the same meaning, and leaves nothing beside it", () => {
    const { journal, conversation, file } = started();
    for (let i = 0; i < 500; i++) {
      journal.append(conversation, { r: "text", turn: 2, text: `word${i} ` });
    }
    journal.append(conversation, { r: "end", turn: 2, state: "done", note: "" });
    journal.append(conversation, { r: "fold", upTo: 0 });
    const long = statSync(file).size;
    const opened = new Journal(folder).open(conversation.id);
    assert.ok(statSync(file).size < long / 4);
    const again = new Journal(folder).open(conversation.id);
    assert.deepEqual(again && viewOf(again), opened && viewOf(opened));
    assert.deepEqual(again && viewOf(again), viewOf(conversation));
    assert.equal(readdirSync(folder).length, 1);
  });

  it("lists the one changed last first, and sees what another process has changed", () => {
    let now = 1000;
    const journal = new Journal(folder, () => ++now);
    const first = started(journal);
    const second = started(journal);
    assert.deepEqual(journal.ids(), [second.conversation.id, first.conversation.id]);
    const other = new Journal(folder, () => ++now);
    const opened = other.open(first.conversation.id);
    assert.ok(opened);
    other.append(opened, { r: "title", title: "Renamed" });
    assert.deepEqual(
      journal.all().map(({ title }) => title),
      ["Renamed", "Why?"],
    );
  });

  it("removes a conversation, and finds none of a strange name", () => {
    const { journal, conversation } = started();
    journal.remove(conversation.id);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(journal.open(conversation.id), undefined);
    assert.equal(journal.open("../../etc/passwd"), undefined);
  });

  it("says when it cannot write, and catches up when it can", () => {
    const file = path.join(folder, "taken");
    writeFileSync(file, "");
    const journal = new Journal(file);
    const conversation = journal.newConversation();
    const append = () => journal.append(conversation, { r: "turn", turn: { ...QUESTION, attached: [] } });
    assert.throws(append, /The conversation cannot be saved: /);
    rmSync(file);
    journal.append(conversation, { r: "title", title: "Later" });
    assert.equal(new Journal(file).open(conversation.id)?.turns[0]?.text, "Why?");
  });

  it("writes what it could not once it can again, in a conversation that has a file", () => {
    const { journal, conversation, file } = started();
    const earlier = readFileSync(file);
    rmSync(file);
    mkdirSync(file);
    assert.throws(() => journal.append(conversation, { r: "text", turn: 2, text: "lost" }), /cannot be saved: EISDIR/);
    rmSync(file, { recursive: true });
    writeFileSync(file, Buffer.concat([earlier, Buffer.from('\n{"at":1,"r":"te')]));
    journal.append(conversation, { r: "text", turn: 2, text: " and found" });
    assert.equal(new Journal(folder).open(conversation.id)?.turns[1]?.text, "lost and found");
    assert.deepEqual(readdirSync(folder), [path.basename(file)]);
  });

  it("removes what a process left that was killed while it wrote a file anew", () => {
    const { file } = started();
    // Files of a running process, of the same one long ago, and of one that has ended.
    const gone = spawnSync(process.execPath, ["--version"]).pid;
    const [fresh, old, dead] = [process.pid, process.ppid, gone].map((pid) => `${file}.${pid}.new`) as [
      string,
      string,
      string,
    ];
    for (const name of [fresh, old, dead]) writeFileSync(name, "half");
    utimesSync(old, Date.now() / 1000 - 60, Date.now() / 1000 - 60);
    new Journal(folder);
    assert.deepEqual(readdirSync(folder).sort(), [file, fresh].map((name) => path.basename(name)).sort());
  });

  it("keeps the long file when the disk is too full to write it anew", function () {
    if (process.platform !== "linux") this.skip();
    const { journal, conversation, file } = started();
    const piece = "x".repeat(400);
    for (let i = 0; i < 100; i++) journal.append(conversation, { r: "text", turn: 2, text: piece });
    // Half of the new file can be written, and the write call itself does not fail.
    const script = `
      import { execFileSync } from "node:child_process";
      const room = Number(process.argv[2]);
      execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=" + room + ":"]);
      const { Journal } = await import(process.argv[1]);
      console.log(new Journal(process.argv[3]).open(process.argv[4]).turns[1].text.length);
    `;
    const bundle = path.join(folder, "..", `${path.basename(folder)}.mjs`);
    buildSync({
      entryPoints: [path.join(root, "engine/chat/journal.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: bundle,
    });
    try {
      const args = ["--input-type=module", "-e", script, bundle, "20000", folder, conversation.id];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.equal(stdout, "40000\n", stderr);
    } finally {
      rmSync(bundle);
    }
    assert.deepEqual(readdirSync(folder), [path.basename(file)]);
    assert.equal(new Journal(folder).open(conversation.id)?.turns[1]?.text.length, 40_000);
  });
});

describe("the title of a conversation", () => {
  for (const [text, title] of [
    ["  Why is\tthis?  \nMore", "Why is this?"],
    ["\n\nSecond line", "Second line"],
    ["", ""],
    [`${"word ".repeat(30)}`, `${"word ".repeat(11)}word…`],
    ["x".repeat(100), `${"x".repeat(60)}…`],
  ] as const) {
    it(`of ${JSON.stringify(text.slice(0, 20))}`, () => assert.equal(titleFrom(text), title));
  }
});
