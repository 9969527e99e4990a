import assert from "node:assert/strict";
import { boundFor, listWaits, withinBound } from "../../../extension/inline/listBound.ts";

describe("the editor's own list", () => {
  const cases: [value: unknown, waits: boolean][] = [
    ["offWhenInlineCompletions", true],
    [{ other: "offWhenInlineCompletions", comments: "off", strings: "off" }, true],
    [{ other: "on", comments: "off", strings: "off" }, false],
    ["on", false],
    [true, false],
    [false, false],
    [undefined, false],
  ];
  for (const [value, waits] of cases) {
    it(`${waits ? "waits" : "does not wait"} with ${JSON.stringify(value)}`, () =>
      assert.equal(listWaits(value), waits));
  }

  it("waits less than anybody notices, and longer where a suggestion keeps it away", () => {
    assert.ok(boundFor(false) <= 20 && boundFor(true) > boundFor(false));
  });

  it("gets an answer that is there in time, and none that is not", async () => {
    let expire = () => {};
    let isCancelled = false;
    const timer = (run: () => void) => {
      expire = run;
      return { cancel: () => (isCancelled = true) };
    };
    assert.equal(await withinBound(Promise.resolve(7), 20, timer), 7);
    assert.ok(isCancelled, "the timer is cancelled");
    const late = withinBound(new Promise<number>(() => {}), 20, timer);
    expire();
    assert.equal(await late, undefined);
  });
});
