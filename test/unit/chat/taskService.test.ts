import assert from "node:assert/strict";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { Answerer } from "../../../engine/chat/answer.ts";
import { Tasks } from "../../../engine/chat/taskService.ts";
import type { CodeContext, TaskProgress, TaskRequest } from "../../../engine/protocol/tasks.ts";
import { FakeModel } from "../support/fakeModel.ts";
import { chatTokenizer, type FakeTokenizer } from "../support/fakeTokenizer.ts";

const never = new AbortController().signal;
const TEXT = `import { tax } from "./tax";\n\n${"// some words about this file\n".repeat(20)}
class Cart {
  total() {
    return this.items.length * tax;
  }
}
`;
const LINE = TEXT.split("\n").findIndex((line) => line.includes("total()"));
const CODE: CodeContext = {
  path: "src/cart.ts",
  languageId: "typescript",
  text: TEXT,
  selection: { start: LINE, end: LINE + 3 },
  symbols: [{ name: "Cart", start: LINE - 1, end: LINE + 4, isBlock: true }],
  indent: 2,
};

function setup(answer: string | ((prompt: string) => string), tokenizer: FakeTokenizer = chatTokenizer()) {
  const native = new FakeModel(typeof answer === "string" ? () => answer : answer, { tokenizer, contextLength: 4096 });
  const speed = new PrefillSpeed(1000);
  const backend = new LocalBackend({ name: "fake", native, speed });
  const tasks = new Tasks(new Answerer({ scheduler: new Scheduler(), backend: () => ({ kind: "ready", backend }) }));
  const progress: TaskProgress[] = [];
  const run = (request: TaskRequest, signal = never) => tasks.run(request, (news) => progress.push(news), signal);
  return { native, speed, tasks, progress, run };
}

describe("a command on code", () => {
  it("asks for the lines with their file before them, and begins the answer as code", async () => {
    const { run, native } = setup("total() {\n  return 1;\n}");
    await run({ task: "edit", code: CODE, instruction: "return 1" });
    const prompt = native.jobs[0]?.prompt ?? "";
    assert.match(prompt, /^<0>System: [^<]*<2>User: File src\/cart\.ts:\n```typescript\nimport/);
    assert.match(
      prompt,
      /This part of it:\n```typescript\n {2}total\(\) \{[^`]*```\nChange this part: return 1\n[^<]*<2>Assistant: ```typescript\n$/,
    );
    assert.deepEqual(native.jobs[0]?.request.stop, ["\n```"]);
  });

  it("streams the new lines in the indentation of the place, then gives all of them", async () => {
    const { run, progress } = setup("total() {\n  return 1;\n}\n```\nI hope this helps.");
    const result = await run({ task: "edit", code: CODE, instruction: "return 1" });
    const target = { start: LINE, end: LINE + 3 };
    assert.deepEqual(result, { kind: "edit", target, file: "", text: "  total() {\n    return 1;\n  }" });
    assert.deepEqual(progress[0], { type: "target", target, file: "" });
    assert.deepEqual(progress.slice(1), [
      { type: "text", text: "  total() {" },
      { type: "text", text: "  total() {\n    return 1;" },
    ]);
  });

  it("shows an answer that is no edit as chat, with the reason", async () => {
    const { run } = setup("Sorry, but I cannot do that for you.");
    const result = await run({ task: "refactor", code: CODE, instruction: "" });
    assert.ok(result.kind === "chat", JSON.stringify(result));
    assert.match(result.question, /^Refactor src\/cart\.ts, lines \d+ to \d+$/);
    assert.equal(result.text, "```typescript\nSorry, but I cannot do that for you.\n```");
    assert.match(result.reason, /not code/);
  });

  it("documents with a comment above the lines", async () => {
    const { run } = setup("Counts the items.\n * @returns their number\n");
    const result = await run({ task: "document", code: CODE, instruction: "" });
    assert.deepEqual(result, {
      kind: "edit",
      target: { start: LINE, end: LINE },
      file: "",
      text: "  /**\n   * Counts the items.\n   * @returns their number\n   */",
    });
  });

  it("documents nothing in a language without comments, and says so before the model is asked", async () => {
    const { run, native, progress } = setup("Holds the total.\n");
    const document = (languageId: string) => run({ task: "document", code: { ...CODE, languageId }, instruction: "" });
    await assert.rejects(
      document("json"),
      /^TaskError: There are no comments in json, so nothing can be documented here\.$/,
    );
    await assert.rejects(document("plaintext"), /no comments in plaintext/);
    assert.deepEqual([native.jobs, progress], [[], []]);
    assert.equal((await document("jsonc")).kind, "edit");
    assert.equal((await document("json5")).kind, "edit");
  });

  it("writes tests for the file of tests", async () => {
    const { run, progress } = setup('it("adds", () => {\n  total();\n});');
    const result = await run({ task: "tests", code: CODE, instruction: "" });
    assert.ok(result.kind === "edit" && result.file === "src/cart.test.ts", JSON.stringify(result));
    assert.ok(progress[0]?.type === "target" && progress[0].file === "src/cart.test.ts");
  });

  it("suggests names", async () => {
    const { run } = setup("itemCount\n2. numberOfItems");
    assert.deepEqual(await run({ task: "name", code: CODE, name: "total" }), {
      kind: "names",
      names: ["itemCount", "numberOfItems"],
    });
  });

  it("writes a commit message from a diff", async () => {
    const { run, native } = setup("Add totals to the cart.");
    assert.deepEqual(await run({ task: "commit", diff: "diff --git a/x b/x\n+total" }), {
      kind: "message",
      text: "Add totals to the cart",
    });
    assert.match(native.jobs[0]?.prompt ?? "", /```diff\ndiff --git a\/x b\/x\n\+total\n```\nWrite the commit message/);
  });

  it("ends at once when it is cancelled", async () => {
    const { run, native } = setup("word ".repeat(500));
    const controller = new AbortController();
    const running = run({ task: "edit", code: CODE, instruction: "x" }, controller.signal);
    controller.abort();
    assert.deepEqual(await running, { kind: "cancelled" });
    assert.equal(native.jobs[0]?.reason, "cancelled");
  });

  it("refuses more lines than the model can write again, and says how many", async () => {
    const { run } = setup("x");
    const code = { ...CODE, text: "one two three\n".repeat(600), selection: { start: 0, end: 600 } };
    await assert.rejects(
      run({ task: "edit", code, instruction: "x" }),
      /have \d+ tokens, more than the 1024 .*select fewer/,
    );
  });

  it("says that a model which only completes code is not for this", async () => {
    const { fimTokenizer } = await import("../support/fakeTokenizer.ts");
    const { run } = setup("x", fimTokenizer());
    await assert.rejects(run({ task: "edit", code: CODE, instruction: "x" }), /only completes code.*Manage Models/);
  });

  it("computes little for the second command on the same file", async () => {
    const { run, native } = setup("total() {\n  return 1;\n}");
    await run({ task: "edit", code: CODE, instruction: "return 1" });
    await run({ task: "refactor", code: CODE, instruction: "" });
    await run({ task: "document", code: CODE, instruction: "" });
    const [first, ...others] = native.jobs.map(({ request }) => request.tokens);
    assert.ok(first);
    for (const tokens of others) {
      let common = 0;
      while (tokens[common] === first[common]) common++;
      assert.ok(
        tokens.length - common < first.length / 4,
        `${tokens.length - common} of ${first.length} tokens are new`,
      );
    }
  });

  it("sends the same code along though the speed wavers, and less when the machine has become slow", async () => {
    const { run, native, speed } = setup("x");
    const long = { ...CODE, text: TEXT.replace("class", `${"// more words\n".repeat(2000)}class`) };
    const code = { ...long, selection: { start: LINE + 2000, end: LINE + 2003 }, symbols: [] };
    const sizes: number[] = [];
    for (const prefillMs of [0, 6000, 6000, ...Array<number>(12).fill(60_000)]) {
      speed.observe({ prefilledTokens: 3000, prefillMs });
      await run({ task: "edit", code, instruction: "x" }).catch(() => {});
      sizes.push(native.jobs.at(-1)?.request.tokens.length ?? 0);
    }
    assert.deepEqual(sizes.slice(0, 3), [sizes[0], sizes[0], sizes[0]]);
    assert.ok((sizes.at(-1) ?? 0) < (sizes[0] ?? 0) * 0.7, String(sizes));
  });

  it("is computed ahead when it is expected", async () => {
    const { tasks, run, native } = setup("total() {\n  return 1;\n}");
    await tasks.expect(CODE, never);
    await run({ task: "edit", code: CODE, instruction: "return 1" });
    const [warmed, asked] = [native.warmed[0]?.request.tokens, native.jobs[0]?.request.tokens];
    let common = 0;
    while (warmed && asked && warmed[common] === asked[common]) common++;
    assert.ok(asked && common > asked.length * 0.75, `${common} of ${asked?.length}`);
  });
});
