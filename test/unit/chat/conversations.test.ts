import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setup as setupIn } from "../support/conversationSetup.ts";
import { turn, until } from "../support/until.ts";

type Rest = [script: Parameters<typeof setupIn>[1], options?: Parameters<typeof setupIn>[2]];

/** An answer without repetition. */
const LONG = Array.from({ length: 300 }, (_, i) => `word${i} `).join("");

describe("conversations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sterna-chat-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const setup = (...[script, options]: Rest) => setupIn(folder, script, options);

  it("show what the answer waits for while it does, and do not keep that", async () => {
    const waiting = "The server is reading your prompt.";
    const { open, ask, events, onDisk, texts } = setup(() => "Because.", {
      // Like a server whose first word takes long.
      chat: (backend) => {
        const chat = backend.chat.bind(backend);
        return (request) => {
          const start = chat(request);
          return (onText = () => {}) => {
            request.onActivity?.(waiting);
            return start((text) => {
              request.onActivity?.("");
              onText(text);
            });
          };
        };
      },
    });
    const id = open("new");
    await ask(id, "Why?");
    const notes = events.flatMap((event) =>
      event.type === "turn" && event.turn.role === "assistant" ? [event.turn.note] : [],
    );
    assert.deepEqual(notes, ["", waiting, "", ""]);
    assert.deepEqual(texts(), ["Why?", "Because."]);
    assert.ok(!JSON.stringify(onDisk(id)).includes(waiting));
  });

  it("keep what the model thinks apart from its answer, and do not tell it the model again", async () => {
    const { open, ask, page, events, onDisk, native } = setup(() => "Because.", {
      chat: (backend) => {
        const chat = backend.chat.bind(backend);
        return (request) => {
          const start = chat(request);
          return (onText) => {
            for (const piece of ["The sky ", "is blue?"]) request.onThought?.(piece);
            return start(onText);
          };
        };
      },
    });
    const id = open("new");
    await ask(id, "Why?");
    const thoughts = events.flatMap((event) => (event.type === "thought" ? [event.text] : []));
    assert.deepEqual(thoughts, ["The sky ", "is blue?"]);
    for (const shown of [page().turns[1], onDisk(id)?.turns[1]]) {
      assert.deepEqual([shown?.text, shown?.thoughts], ["Because.", "The sky is blue?"]);
    }
    await ask(id, "And?");
    assert.match(native.jobs[1]?.prompt ?? "", /Because\./);
    assert.doesNotMatch(native.jobs[1]?.prompt ?? "", /sky/);
  });

  it("stream the answer to the page, and keep it", async () => {
    const { open, ask, texts, page, events, onDisk } = setup((question) => `You ask ${question}`);
    const id = open("new");
    await ask(id, "Why?");
    assert.deepEqual(texts(), ["Why?", "You ask Why?"]);
    assert.deepEqual(
      page().turns.map(({ state }) => state),
      ["done", "done"],
    );
    assert.equal(page().title, "Why?");
    assert.ok(events.filter(({ type }) => type === "text").length > 2);
    assert.deepEqual(
      onDisk(id)?.turns.map(({ text }) => text),
      texts(),
    );
    assert.ok((page().turns[1]?.stats?.decodedTokens ?? 0) > 0);
  });

  it("have everything that was shown on disk before it is shown", async () => {
    const { open, ask, page, onDisk, conversations } = setup(() => "one two three four five six", { pieceMs: 1 });
    const id = open("new");
    const running = ask(id, "Count");
    let checks = 0;
    while (page().turns[1]?.state !== "done") {
      await turn();
      const before = page().turns[1]?.text ?? "";
      assert.ok((onDisk(id)?.turns[1]?.text ?? "").startsWith(before));
      checks++;
    }
    await running;
    assert.ok(checks > 3);
    await conversations.close();
  });

  it("tell the model what was said before, with the same beginning each time", async () => {
    const { open, ask, native } = setup((question) => `${question}!`);
    const id = open("new");
    await ask(id, "One");
    await ask(id, "Two");
    const [one, two] = native.jobs.map(({ prompt }) => prompt);
    assert.ok(two?.startsWith(`${one}One!`), two);
  });

  it("keep what was written when an answer is stopped, and go on with it when asked", async () => {
    const { open, ask, page, conversations, native } = setup((_, written) => (written ? " and the rest." : LONG), {
      pieceMs: 1,
    });
    const id = open("new");
    const asking = ask(id, "Why?");
    await until(() => (page().turns[1]?.text.length ?? 0) >= 20);
    await conversations.act(id, { type: "stop" });
    await asking;
    const kept = page().turns[1];
    assert.ok(kept?.state === "stopped" && kept.text.length >= 19 && kept.text.length < 900);
    await conversations.act(id, { type: "continue", turn: 2 });
    assert.equal(page().turns[1]?.text, `${kept.text} and the rest.`);
    assert.equal(page().turns[1]?.state, "done");
    assert.ok(native.jobs[1]?.prompt.endsWith(`Assistant: ${kept.text}`));
  });

  it("offer an answer whose engine has died as interrupted, and continue it in a new engine", async () => {
    const dying = setup(() => "The answer is long", { pieceMs: 2 });
    const id = dying.open("new");
    void dying.ask(id, "Why?");
    await until(() => (dying.page().turns[1]?.text ?? "") !== "");
    // The process is gone, so only what it has written is left.
    const reborn = setup((_, written) => `<${written}>`);
    const opened = reborn.open("");
    assert.equal(opened, id);
    const kept = reborn.page().turns[1]?.text ?? "";
    assert.ok("The answer is long".startsWith(kept) && kept.length > 0);
    assert.equal(reborn.page().turns[1]?.state, "interrupted");
    await reborn.conversations.act(id, { type: "continue", turn: 2 });
    assert.equal(reborn.page().turns[1]?.text, `${kept}<${kept}>`);
    await dying.conversations.close();
  });

  it("write an answer anew", async () => {
    let count = 0;
    const { open, ask, texts, conversations, onDisk } = setup(() => `answer ${++count}`);
    const id = open("new");
    await ask(id, "One");
    await ask(id, "Two");
    await conversations.act(id, { type: "regenerate", turn: 2 });
    assert.deepEqual(texts(), ["One", "answer 3"]);
    assert.deepEqual(
      onDisk(id)?.turns.map(({ text }) => text),
      texts(),
    );
  });

  it("ask in other words, with what was attached", async () => {
    const { open, texts, conversations, native } = setup((question) => question.slice(-4));
    const id = open("new");
    const attachments = [
      { kind: "file", label: "a.ts", path: "a.ts", languageId: "typescript", text: "let a;" } as const,
    ];
    await conversations.act(id, { type: "ask", text: "What?", attachments });
    await conversations.act(id, { type: "edit", turn: 1, text: "And why?" });
    assert.deepEqual(texts(), ["And why?", "why?"]);
    assert.match(native.jobs[1]?.prompt ?? "", /User: File a\.ts:\n```typescript\nlet a;\n```\nAnd why\?<2>/);
  });

  it("delete a question with its answer, from either", async () => {
    const { open, ask, texts, conversations, onDisk } = setup((question) => `${question}!`);
    const id = open("new");
    for (const text of ["One", "Two", "Three"]) await ask(id, text);
    await conversations.act(id, { type: "delete", turn: 3 });
    assert.deepEqual(texts(), ["One", "One!", "Three", "Three!"]);
    await conversations.act(id, { type: "delete", turn: 2 });
    assert.deepEqual(texts(), ["Three", "Three!"]);
    assert.deepEqual(
      onDisk(id)?.turns.map(({ text }) => text),
      texts(),
    );
  });

  it("fold their oldest turns when they grow long, and say so on the meter", async () => {
    const { open, ask, page, native, events } = setup((question) => `answer to ${question}`, { contextLength: 400 });
    const id = open("new");
    for (let i = 0; i < 12; i++) await ask(id, `question number ${i} ${"and so on ".repeat(8)}`);
    const { foldedUpTo, turns } = page();
    assert.ok(foldedUpTo > 0 && foldedUpTo % 2 === 0, String(foldedUpTo));
    assert.equal(turns.length, 24);
    const last = native.jobs.at(-1)?.prompt ?? "";
    assert.ok(last.includes("question number 11") && !last.includes("question number 0 "));
    for (const { request } of native.jobs) assert.ok(request.tokens.length + request.maxTokens <= 400);
    const meter = events.findLast((event) => event.type === "meter");
    assert.ok(meter?.type === "meter" && meter.meter.used <= 300 && meter.meter.limit === 400);
    assert.match(meter.meter.leftOut[0] ?? "", new RegExp(`The ${foldedUpTo} oldest messages`));
    // Rarely: in between, prompts are only appended to.
    assert.ok(events.filter(({ type }) => type === "fold").length < 6);
  });

  it("say what of an attached file the model does not see", async () => {
    const { open, conversations, page, native } = setup(() => "Yes.", { contextLength: 600 });
    const id = open("new");
    const text = Array.from({ length: 400 }, (_, i) => `line ${i}`).join("\n");
    const attachments = [{ kind: "file", label: "long.txt", path: "long.txt", languageId: "", text } as const];
    await conversations.act(id, { type: "ask", text: "Is it long?", attachments });
    assert.match(page().turns[0]?.note ?? "", /does not see the last \d+ of 400 lines of long\.txt/);
    assert.match(native.jobs[0]?.prompt ?? "", /line 0\n[\s\S]*Is it long\?<2>/);
  });

  it("stop an answer that goes round in circles", async () => {
    const { open, ask, page } = setup(() => "I am good. ".repeat(300), { contextLength: 4096 });
    const id = open("new");
    await ask(id, "How are you?");
    assert.equal(page().turns[1]?.state, "loop");
    assert.ok((page().turns[1]?.text.length ?? 0) < 600);
  });

  it("say why there is no answer, and leave the question out of the next one", async () => {
    const broken = setup(() => "", { missing: "The file is missing." });
    const id = broken.open("new");
    await broken.ask(id, "One");
    assert.deepEqual([broken.page().turns[1]?.state, broken.page().turns[1]?.note], ["failed", "The file is missing."]);
    const whole = setup((question) => question);
    whole.open(id);
    await whole.ask(id, "Two");
    assert.ok(!whole.native.jobs[0]?.prompt.includes("One"), whole.native.jobs[0]?.prompt);
  });

  it("end the running answer when something else is asked", async () => {
    const { open, ask, page } = setup((question) => (question === "long" ? LONG : "short"), {
      pieceMs: 1,
    });
    const id = open("new");
    await Promise.all([ask(id, "long"), ask(id, "next")]);
    assert.deepEqual(
      page().turns.map(({ state }) => state),
      ["done", "stopped", "done", "done"],
    );
  });

  it("are listed, searched, renamed, exported and removed", async () => {
    const { open, ask, conversations } = setup((question) => `About ${question}:\n\`\`\`ts\nlet a;`);
    const one = open("new");
    await ask(one, "Pears");
    const two = open("new");
    await ask(two, "Apples");
    assert.deepEqual(
      conversations.list("").map(({ title }) => title),
      ["Apples", "Pears"],
    );
    const [found, ...others] = conversations.list("pears ABOUT");
    assert.deepEqual([found?.id, found?.turns, others.length], [one, 2, 0]);
    assert.match(found?.excerpt ?? "", /Pears/);
    await conversations.act(one, { type: "rename", title: "Fruit" });
    assert.equal(conversations.list("fruit")[0]?.id, one);
    assert.equal(
      conversations.export(one),
      "# Fruit\n\n## You\n\nPears\n\n## Sterna\n\nAbout Pears:\n```ts\nlet a;\n```\n",
    );
    await conversations.remove(two);
    assert.deepEqual(
      conversations.list("").map(({ id }) => id),
      [one],
    );
    assert.throws(() => open(two), /does not exist any more/);
  });

  it("expand a word after a slash into what it asks for", async () => {
    const { open, ask, native, page } = setup(() => "Yes.");
    const id = open("new");
    await ask(id, "/tests with mocha");
    assert.match(native.jobs[0]?.prompt ?? "", /User: Write unit tests for this code\. with mocha<2>/);
    assert.equal(page().turns[0]?.text, "/tests with mocha");
    await ask(id, "/etc/passwd is what?");
    assert.match(native.jobs[1]?.prompt ?? "", /User: \/etc\/passwd is what\?<2>/);
  });
});
