import assert from "node:assert/strict";
import type { CompletionAnswer, EndReason } from "../../../engine/backend/backend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { InFlightRequest } from "../../../engine/completion/inFlightRequest.ts";
import { ManualClock } from "../support/manualClock.ts";

const never = new AbortController().signal;

/** A request whose text the test supplies. */
function take(widgetText = "", stopAt: (text: string) => number | undefined = () => undefined) {
  const clock = new ManualClock();
  const scheduler = new Scheduler();
  let say = (_: string) => {};
  let end = (_: EndReason) => {};
  let isCancelled = false;
  const inFlight = new InFlightRequest({
    clock,
    key: { uri: "a", prefix: "let x = ", suffix: "\nnext" },
    widgetText,
    run: (start, signal) => scheduler.inline(start, signal),
    generate: (onText = () => {}) => {
      say = onText;
      return {
        cancel: () => {
          isCancelled = true;
          end("cancelled");
        },
        done: new Promise((resolve) => {
          end = (reason) => resolve({ reason } as CompletionAnswer);
        }),
      };
    },
    stopAt,
  });
  return {
    clock,
    inFlight,
    say: (text: string) => say(text),
    end: (reason: EndReason = "end") => end(reason),
    cancelled: () => isCancelled,
    typed: (text: string, suffix = "\nnext", uri = "a") => inFlight.typedAt({ uri, prefix: `let x = ${text}`, suffix }),
  };
}

describe("a request in flight", () => {
  it("knows what has been typed since", () => {
    const { typed, inFlight } = take();
    assert.equal(typed("li"), "li");
    assert.equal(typed(""), "");
    assert.equal(typed("f(", ")\nnext"), "f(");
    assert.equal(typed("li", "\nother"), undefined);
    assert.equal(typed("li", "\nnext", "b"), undefined);
    assert.equal(inFlight.typedAt({ uri: "a", prefix: "let x =", suffix: "\nnext" }), undefined);
  });

  it("ends with its text for a keystroke that agrees with it", async () => {
    const { inFlight, say, end } = take();
    say("li");
    const followed = inFlight.subscribe("lis", never);
    say("st");
    end();
    const outcome = await followed;
    assert.ok(outcome?.kind === "finished" && outcome.text === "list" && outcome.written === undefined);
    assert.ok(inFlight.isOver);
  });

  it("leaves a subscriber and ends when its text turns out to disagree", async () => {
    const { inFlight, say, cancelled } = take();
    const followed = inFlight.subscribe("map", never);
    say("li");
    assert.equal(await followed, undefined);
    assert.ok(cancelled());
  });

  it("ends at once for a keystroke that disagrees", async () => {
    const { inFlight, say, cancelled } = take();
    say("li");
    assert.equal(await inFlight.subscribe("m", never), undefined);
    assert.ok(cancelled());
  });

  it("waits a little for the next subscriber when one is taken back, then ends", async () => {
    const { inFlight, clock, cancelled } = take();
    const controller = new AbortController();
    const followed = inFlight.subscribe("", controller.signal);
    controller.abort();
    assert.equal(await followed, undefined);
    await clock.pass(60);
    assert.ok(!cancelled());
    await clock.pass(100);
    assert.ok(cancelled());
  });

  it("is kept when the next subscriber comes in time", async () => {
    const { inFlight, clock, say, end, cancelled } = take();
    const controller = new AbortController();
    const first = inFlight.subscribe("", controller.signal);
    controller.abort();
    await first;
    await clock.pass(60);
    const second = inFlight.subscribe("l", never);
    await clock.pass(1000);
    say("list");
    end();
    const outcome = await second;
    assert.ok(outcome?.kind === "finished" && outcome.text === "list" && !cancelled());
  });

  it("stops where a rule says so, whatever comes at once", async () => {
    const { inFlight, say, cancelled } = take("le", (text) => (text.includes(";") ? text.indexOf(";") + 1 : undefined));
    const followed = inFlight.subscribe("", never);
    say("ngth");
    say("; return x;");
    const outcome = await followed;
    assert.ok(cancelled());
    assert.ok(outcome?.kind === "finished");
    assert.deepEqual([outcome.text, outcome.written], ["length;", 7]);
  });

  it("says when it was cancelled, and tells subscribers of a failure", async () => {
    const one = take();
    const followed = one.inFlight.subscribe("", never);
    one.inFlight.cancel();
    assert.equal((await followed)?.kind, "cancelled");
    const scheduler = new Scheduler();
    const failing = new InFlightRequest({
      clock: new ManualClock(),
      key: { uri: "a", prefix: "", suffix: "" },
      widgetText: "",
      run: (start, signal) => scheduler.inline(start, signal),
      generate: () => ({ cancel() {}, done: Promise.reject(new Error("broken")) }),
      stopAt: () => undefined,
    });
    await assert.rejects(failing.subscribe("", never), /broken/);
  });
});
