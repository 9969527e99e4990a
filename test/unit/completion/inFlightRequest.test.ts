import assert from "node:assert/strict";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { Flight } from "../../../engine/completion/inFlightRequest.ts";
import type { EndReason, GenerateResult } from "../../../engine/native.ts";
import { ManualClock } from "../support/manualClock.ts";

const never = new AbortController().signal;

/** A request whose text comes when it is told to. */
function take(lead = "", stopAt: (text: string) => number | undefined = () => undefined) {
  const clock = new ManualClock();
  const scheduler = new Scheduler();
  let say = (_: string) => {};
  let end = (_: EndReason) => {};
  let isCancelled = false;
  const flight = new Flight({
    clock,
    place: { uri: "a", prefix: "let x = ", suffix: "\nnext" },
    lead,
    run: (start, signal) => scheduler.inline(start, signal),
    generate: (onText) => {
      say = onText;
      return {
        cancel: () => {
          isCancelled = true;
          end("cancelled");
        },
        done: new Promise((resolve) => {
          end = (reason) => resolve({ reason } as GenerateResult);
        }),
      };
    },
    stopAt,
  });
  return {
    clock,
    flight,
    say: (text: string) => say(text),
    end: (reason: EndReason = "stop-text") => end(reason),
    cancelled: () => isCancelled,
    typed: (text: string, suffix = "\nnext", uri = "a") => flight.typedAt({ uri, prefix: `let x = ${text}`, suffix }),
  };
}

describe("a request in flight", () => {
  it("knows what has been typed since", () => {
    const { typed, flight } = take();
    assert.equal(typed("li"), "li");
    assert.equal(typed(""), "");
    assert.equal(typed("f(", ")\nnext"), "f(");
    assert.equal(typed("li", "\nother"), undefined);
    assert.equal(typed("li", "\nnext", "b"), undefined);
    assert.equal(flight.typedAt({ uri: "a", prefix: "let x =", suffix: "\nnext" }), undefined);
  });

  it("lands with its text for a keystroke that agrees with it", async () => {
    const { flight, say, end } = take();
    say("li");
    const followed = flight.follow("lis", never);
    say("st");
    end();
    const landing = await followed;
    assert.ok(landing?.kind === "landed" && landing.text === "list" && landing.written === undefined);
    assert.ok(flight.isOver);
  });

  it("leaves a follower and ends when its text turns out to disagree", async () => {
    const { flight, say, cancelled } = take();
    const followed = flight.follow("map", never);
    say("li");
    assert.equal(await followed, undefined);
    assert.ok(cancelled());
  });

  it("ends at once for a keystroke that disagrees", async () => {
    const { flight, say, cancelled } = take();
    say("li");
    assert.equal(await flight.follow("m", never), undefined);
    assert.ok(cancelled());
  });

  it("waits a little for the next follower when one is taken back, then ends", async () => {
    const { flight, clock, cancelled } = take();
    const controller = new AbortController();
    const followed = flight.follow("", controller.signal);
    controller.abort();
    assert.equal(await followed, undefined);
    await clock.pass(60);
    assert.ok(!cancelled());
    await clock.pass(100);
    assert.ok(cancelled());
  });

  it("is kept when the next follower comes in time", async () => {
    const { flight, clock, say, end, cancelled } = take();
    const controller = new AbortController();
    const first = flight.follow("", controller.signal);
    controller.abort();
    await first;
    await clock.pass(60);
    const second = flight.follow("l", never);
    await clock.pass(1000);
    say("list");
    end();
    const landing = await second;
    assert.ok(landing?.kind === "landed" && landing.text === "list" && !cancelled());
  });

  it("stops where a rule says so, whatever comes at once", async () => {
    const { flight, say, cancelled } = take("le", (text) => (text.includes(";") ? text.indexOf(";") + 1 : undefined));
    const followed = flight.follow("", never);
    say("ngth");
    say("; return x;");
    const landing = await followed;
    assert.ok(cancelled());
    assert.ok(landing?.kind === "landed");
    assert.deepEqual([landing.text, landing.written], ["length;", 7]);
  });

  it("says when it was cancelled, and tells followers of a failure", async () => {
    const one = take();
    const followed = one.flight.follow("", never);
    one.flight.cancel();
    assert.equal((await followed)?.kind, "cancelled");
    const scheduler = new Scheduler();
    const failing = new Flight({
      clock: new ManualClock(),
      place: { uri: "a", prefix: "", suffix: "" },
      lead: "",
      run: (start, signal) => scheduler.inline(start, signal),
      generate: () => ({ cancel() {}, done: Promise.reject(new Error("broken")) }),
      stopAt: () => undefined,
    });
    await assert.rejects(failing.follow("", never), /broken/);
  });
});
