import assert from "node:assert/strict";
import { type GenerateRequest, GREEDY, Priority } from "../../../engine/native.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { FakeModel } from "../support/fakeModel.ts";

const never = new AbortController().signal;

function setup() {
  const model = new FakeModel((prompt) => `answer to ${prompt}`, { pieceMs: 1 });
  const start =
    (prompt: string, priority: Priority = Priority.inline) =>
    () =>
      model.generate({
        tokens: model.tokenizer.encode(prompt),
        maxTokens: 99,
        sampling: GREEDY,
        stop: [],
        stopTokens: new Uint32Array(),
        priority,
      } satisfies GenerateRequest);
  return { model, start };
}

describe("the scheduler", () => {
  it("runs the newest inline request and cancels the older ones, running or waiting", async () => {
    const { model, start } = setup();
    const scheduler = new Scheduler();
    const outcomes = await Promise.all(["a", "b", "c"].map((prompt) => scheduler.inline(start(prompt), never)));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind),
      ["cancelled", "cancelled", "done"],
    );
    assert.deepEqual(
      model.jobs.map(({ prompt, reason }) => [prompt, reason]),
      [
        ["a", "cancelled"],
        ["c", "stop-token"],
      ],
    );
    assert.equal(model.mostAtOnce, 1);
  });

  it("cancels the arithmetic of an aborted request", async () => {
    const { model, start } = setup();
    const controller = new AbortController();
    const outcome = new Scheduler().inline(start("a"), controller.signal);
    controller.abort();
    assert.equal((await outcome).kind, "cancelled");
    assert.equal(model.jobs[0]?.reason, "cancelled");
  });

  it("never starts a request that was aborted while it waited", async () => {
    const { model, start } = setup();
    const scheduler = new Scheduler();
    const controller = new AbortController();
    const first = scheduler.chat(start("a", Priority.chat), never);
    const second = scheduler.chat(start("b", Priority.chat), controller.signal);
    controller.abort();
    assert.deepEqual(await second, { kind: "cancelled" });
    assert.equal((await first).kind, "done");
    assert.equal(model.jobs.length, 1);
  });

  it("runs chat requests one after another and lets inline requests pass", async () => {
    const { model, start } = setup();
    const scheduler = new Scheduler();
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    await Promise.all([
      scheduler.chat(start("a a a a a a a a", Priority.chat), never).then(note("chat 1")),
      scheduler.chat(start("b", Priority.chat), never).then(note("chat 2")),
      scheduler.inline(start("c"), never).then(note("inline")),
    ]);
    assert.deepEqual(ended, ["inline", "chat 1", "chat 2"]);
    assert.equal(model.mostAtOnce, 2);
  });

  it("says when work begins and ends", async () => {
    const { start } = setup();
    const states: boolean[] = [];
    const scheduler = new Scheduler((busy) => states.push(busy));
    await Promise.all([scheduler.inline(start("a"), never), scheduler.inline(start("b"), never)]);
    assert.equal(states.at(0), true);
    assert.equal(states.at(-1), false);
  });

  it("goes on after a job that cannot start", async () => {
    const { start } = setup();
    const scheduler = new Scheduler();
    const broken = () => {
      throw new Error("the prompt is too long");
    };
    await assert.rejects(scheduler.inline(broken, never), /too long/);
    assert.equal((await scheduler.inline(start("a"), never)).kind, "done");
  });
});
