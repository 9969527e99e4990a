import assert from "node:assert/strict";
import { boundFor, placesWhereListWaits, withinBound } from "../../../extension/inline/listBound.ts";

describe("the editor's own list", () => {
  const cases: [value: unknown, places: string[]][] = [
    ["offWhenInlineCompletions", ["code", "comment", "string"]],
    [{ other: "offWhenInlineCompletions", comments: "off", strings: "off" }, ["code"]],
    [{ other: "on", comments: "off", strings: "offWhenInlineCompletions" }, ["string"]],
    [{ comments: "offWhenInlineCompletions" }, ["comment"]],
    [{ other: "on", comments: "off", strings: "off" }, []],
    ["on", []],
    [true, []],
    [false, []],
    [null, []],
    [undefined, []],
  ];
  for (const [value, places] of cases) {
    it(`waits in ${places.join(", ") || "no place"} with ${JSON.stringify(value)}`, () =>
      assert.deepEqual(placesWhereListWaits(value), places));
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
