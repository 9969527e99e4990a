import assert from "node:assert/strict";
import { heapAfter } from "../support/heap.ts";
import { Desk } from "./desk.ts";

const TEXT = "one\ntwo\nthree\nfour\nfive\n";

function lines(desk: Desk) {
  return desk.edits.map(({ before, after }) => [before, after]);
}

describe("the edits of the last minutes", () => {
  it("keystrokes in one place are one edit", () => {
    const desk = new Desk({ "a.ts": TEXT });
    desk.change(4, 3, "");
    for (const [index, key] of [..."zwei"].entries()) desk.change(4 + index, 0, key);
    assert.deepEqual(lines(desk), [[["two"], ["zwei"]]]);
    assert.equal(desk.edits[0]!.start, 4);
    assert.equal(desk.edits[0]!.above, "one");
    assert.equal(desk.edits[0]!.below, "three");
  });

  it("changes far from each other are two edits, the latest last", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("five", "5").edit("one", "1");
    assert.deepEqual(lines(desk), [
      [["five"], ["5"]],
      [["one"], ["1"]],
    ]);
    assert.equal(desk.edits[0]!.start, desk.text.indexOf("5"));
  });

  it("a change that is undone is no edit", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("two", "2").edit("five", "5").edit("2", "two");
    assert.deepEqual(lines(desk), [[["five"], ["5"]]]);
  });

  it("a new line is an insertion beside its neighbours", () => {
    const desk = new Desk({ "a.ts": TEXT });
    desk.change(3, 0, "\n");
    desk.change(4, 0, "new");
    assert.deepEqual(lines(desk), [[[], ["new"]]]);
    assert.deepEqual([desk.edits[0]!.above, desk.edits[0]!.below], ["one", "two"]);
  });

  it("a removed line is a deletion, also at the ends of the file", () => {
    assert.deepEqual(lines(new Desk({ "a.ts": TEXT }).edit("three\n", "")), [[["three"], []]]);
    assert.deepEqual(lines(new Desk({ "a.ts": TEXT }).edit("one\n", "")), [[["one"], []]]);
    assert.deepEqual(lines(new Desk({ "a.ts": "a\nb" }).edit("\nb", "")), [[["b"], []]]);
  });

  it("a change that covers several edits joins them", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("one", "1").edit("five", "5").edit("1\ntwo\nthree\nfour\n5", "all");
    assert.deepEqual(lines(desk), [[["one", "two", "three", "four", "five"], ["all"]]]);
  });

  it("the replacement of a whole file is no edit, and the file's earlier edits are forgotten", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("one", "1");
    desk.change(0, desk.text.length, "x\n".repeat(20_000));
    assert.deepEqual(desk.edits, []);
  });

  it("edits are forgotten after a quarter of an hour", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("one", "1");
    desk.now += 15 * 60_000;
    desk.edit("five", "5");
    assert.deepEqual(lines(desk), [[["five"], ["5"]]]);
  });

  it("any kind of line end is understood", () => {
    const desk = new Desk({ "a.ts": TEXT.replaceAll("\n", "\r\n") }).edit("two", "2");
    assert.deepEqual(lines(desk), [[["two"], ["2"]]]);
    assert.equal(desk.edits[0]!.below, "three");
  });

  it("the versions of a document that edits were made in are not kept", () => {
    const line = (index: number) => `line ${index} of a document that is long enough to show in memory\n`;
    const desk = new Desk({ "a.ts": Array.from({ length: 20_000 }, (_, index) => line(index)).join("") });
    assert.deepEqual(desk.edits, []);
    const before = heapAfter("full");
    for (let edit = 0; edit < 30; edit++) {
      desk.edit(`line ${edit * 10 + 5} of`, `row ${edit} among`);
      assert.equal(desk.edits.length, edit + 1);
    }
    const growth = heapAfter("full") - before;
    assert.ok(growth < 3 * desk.text.length, `${growth} bytes for a document of ${desk.text.length}`);
  });
});
