import assert from "node:assert/strict";
import { IdleSkippingClock } from "../../../engine/replay/idleSkippingClock.ts";

const never = new AbortController().signal;
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("the clock of a replay in which computing takes no time", () => {
  it("jumps from one timer to the next while nothing is computed, equal ones in the order of their requests", async () => {
    const clock = new IdleSkippingClock(() => false, { computingTakesTime: false });
    const seen: [name: string, at: number][] = [];
    const wait = (name: string, milliseconds: number) =>
      clock.wait(milliseconds, never).then(() => seen.push([name, clock.now()]));
    await Promise.all([wait("an hour", 3_600_000), wait("first", 10), wait("second", 10)]);
    assert.deepEqual(seen, [
      ["first", 10],
      ["second", 10],
      ["an hour", 3_600_000],
    ]);
  });

  it("stands still while something is computed, and continues when that has ended", async () => {
    let isBusy = true;
    const clock = new IdleSkippingClock(() => isBusy, { computingTakesTime: false });
    let hasPassed = false;
    const waiting = clock.wait(1, never).then(() => {
      hasPassed = true;
    });
    await turns(50);
    assert.deepEqual([clock.now(), hasPassed], [0, false]);
    isBusy = false;
    clock.changed();
    await waiting;
    assert.equal(clock.now(), 1);
  });

  it("ends a wait that is aborted, without letting its time pass", async () => {
    const clock = new IdleSkippingClock(() => true, { computingTakesTime: false });
    const controller = new AbortController();
    const waiting = clock.wait(1000, controller.signal);
    controller.abort();
    assert.equal(await waiting, false);
    assert.equal(clock.now(), 0);
  });
});
