import assert from "node:assert/strict";
import { SideTable } from "../../../engine/text/sideTable.ts";
import { heapAfter } from "../support/heap.ts";

describe("a side table", () => {
  it("keeps the last value for each object", () => {
    const table = new SideTable<object, number>();
    const [one, other] = [{ name: "one" }, [1, 2]];
    assert.equal(table.get(one), undefined);
    assert.equal(table.has(one), false);
    table.set(one, 1);
    table.set(other, 2);
    table.set(one, 3);
    assert.deepEqual([table.get(one), table.get(other)], [3, 2]);
    assert.deepEqual([table.has(one), table.has(other)], [true, true]);
  });

  it("shows nothing of it to those who look at the object, copy it or have another table", () => {
    const table = new SideTable<object, number>();
    const owner = { name: "one" };
    table.set(owner, 1);
    assert.deepEqual(owner, { name: "one" });
    assert.equal(JSON.stringify(owner), '{"name":"one"}');
    assert.equal(table.get({ ...owner }), undefined);
    assert.equal(new SideTable<object, number>().get(owner), undefined);
  });

  it("lets an object and a value that refer to each other go in a quick garbage collection", () => {
    const table = new SideTable<object, { owner: object; numbers: number[] }>();
    const kept = Array.from({ length: 1100 }, () => ({}));
    for (const owner of kept) table.set(owner, { owner, numbers: [1] });
    const before = heapAfter("full");
    for (let count = 0; count < 100; count++) {
      const owner = {};
      table.set(owner, { owner, numbers: new Array(5000).fill(count) });
    }
    const growth = heapAfter("quick") - before;
    assert.ok(growth < 1_000_000, `${growth} of 4 million bytes are left`);
    assert.deepEqual(table.get(kept[99]!)?.numbers, [1]);
  });
});
