import assert from "node:assert/strict";
import { isBusy, Scheduler } from "../../../engine/backend/scheduler.ts";
import { type GenerateRequest, GREEDY, Priority } from "../../../engine/native.ts";
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
    const scheduler = new Scheduler((load) => states.push(isBusy(load)));
    await Promise.all([scheduler.inline(start("a"), never), scheduler.inline(start("b"), never)]);
    assert.equal(states.at(0), true);
    assert.equal(states.at(-1), false);
  });

  it("warms up only while nothing else is to be done, stops for any other job, and reports what waits", async () => {
    const { model, start } = setup();
    const loads: string[] = [];
    const scheduler = new Scheduler(({ inline, chat, warming }) =>
      loads.push([inline, chat, warming].map(({ running, waiting }) => `${running}+${waiting}`).join(" ")),
    );
    const warm = scheduler.warm(start("ahead", Priority.warm), never);
    assert.deepEqual(scheduler.load.warming, { running: 1, waiting: 0 });
    const inline = scheduler.inline(start("now"), never);
    assert.equal((await warm).kind, "cancelled");
    const later = scheduler.warm(start("later", Priority.warm), never);
    assert.deepEqual(scheduler.load, {
      inline: { running: 1, waiting: 0 },
      chat: { running: 0, waiting: 0 },
      warming: { running: 0, waiting: 1 },
    });
    assert.equal((await inline).kind, "done");
    assert.equal((await later).kind, "done");
    assert.deepEqual(
      model.jobs.map(({ prompt, reason }) => [prompt, reason]),
      [
        ["ahead", "cancelled"],
        ["now", "stop-token"],
        ["later", "stop-token"],
      ],
    );
    assert.equal(loads.at(-1), "0+0 0+0 0+0");
    assert.ok(loads.includes("1+0 0+0 0+1"), loads.join(", "));
  });

  it("lets a warm-up wait for the chat, and replaces a waiting one by a newer one", async () => {
    const { model, start } = setup();
    const scheduler = new Scheduler();
    const chat = scheduler.chat(start("talk", Priority.chat), never);
    const first = scheduler.warm(start("first", Priority.warm), never);
    const second = scheduler.warm(start("second", Priority.warm), never);
    assert.deepEqual(await first, { kind: "cancelled" });
    await Promise.all([chat, second]);
    assert.deepEqual(
      model.jobs.map(({ prompt }) => prompt),
      ["talk", "second"],
    );
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
