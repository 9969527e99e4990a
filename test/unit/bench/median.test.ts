import assert from "node:assert/strict";
import { mapValues, median, significant } from "../../../engine/cli/bench/median.ts";

describe("the benchmark's statistics", () => {
  const medians: [number[], number][] = [
    [[3], 3],
    [[9, 1, 5], 5],
    [[10, 2, 9, 100], 9.5],
    [[1, 1, 1, 50, 60], 1],
  ];
  for (const [values, middle] of medians) {
    it(`the median of ${values.join(", ")} is ${middle}`, () => {
      const before = [...values];
      assert.equal(median(values), middle);
      assert.deepEqual(values, before, "the values keep their order");
    });
  }

  it("no values have no median", () => assert.throws(() => median([]), RangeError));

  it("figures keep their significant digits whatever their size", () => {
    assert.deepEqual(
      [123456, 27.0999, 0.00123456].map((value) => significant(value)),
      [123500, 27.1, 0.001235],
    );
  });

  it("values of a record change, keys stay", () => {
    assert.deepEqual(
      mapValues({ a: 1, b: 2 }, (value) => value * 2),
      { a: 2, b: 4 },
    );
  });
});
