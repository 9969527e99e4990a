import assert from "node:assert/strict";
import { partitionPoint } from "../../../engine/text/partitionPoint.ts";

const LISTS: readonly (readonly number[])[] = [
  [],
  [5],
  [5, 5],
  [1, 5],
  [1, 5, 9],
  [5, 5, 5, 7],
  [0, 2, 4, 6, 8, 10, 12],
];

describe("the partition point of a sorted list", () => {
  for (const list of LISTS) {
    it(`is the number of elements below a limit: ${JSON.stringify(list)}`, () => {
      for (let limit = -1; limit <= 13; limit++) {
        const below = list.filter((element) => element < limit).length;
        const least = list.filter((element) => element <= limit).length;
        assert.equal(
          partitionPoint(list, (element) => element < limit),
          below,
          `below ${limit}`,
        );
        assert.equal(
          partitionPoint(Uint32Array.from(list), (element) => element <= limit),
          least,
          `up to ${limit}`,
        );
      }
    });
  }

  it("is found in a few looks, however long the list is", () => {
    let looks = 0;
    const list = Array.from({ length: 100_000 }, (_, index) => index);
    const found = partitionPoint(list, (element) => {
      looks++;
      return element < 77_777;
    });
    assert.equal(found, 77_777);
    assert.ok(looks <= 17, `${looks} looks`);
  });
});
