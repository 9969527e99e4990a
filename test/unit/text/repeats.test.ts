import assert from "node:assert/strict";
import { firstLines } from "../../../engine/text/lines.ts";
import { commonEnd, periodicTail } from "../../../engine/text/repeats.ts";

describe("the tail with a period", () => {
  const rows: [text: string, period: number, length: number][] = [
    ["ab", 1, 1],
    ["xaaaa", 1, 4],
    ["xababab", 2, 6],
    ["xbabab", 2, 5],
    ["abcabc", 3, 6],
    ["abcabd", 3, 3],
    ["ab", 2, 2],
  ];
  for (const [text, period, length] of rows) {
    it(`of ${period} in ${text} has ${length} characters`, () => assert.equal(periodicTail(text, period), length));
  }
});

describe("the common end", () => {
  const rows: [text: string, offset: number, other: string, limit: number, length: number][] = [
    ["let a = 1;", 5, "x.let a", 9, 5],
    ["let a = 1;", 5, "let b", 9, 0],
    ["let a = 1;", 5, "x.let a", 3, 3],
    ["let a", 0, "a", 9, 0],
    ["aaaa", 4, "aa", 9, 2],
  ];
  for (const [text, offset, other, limit, length] of rows) {
    it(`of ${text.slice(0, offset)} and ${other} has ${length} characters`, () =>
      assert.equal(commonEnd(text, offset, other, limit), length));
  }
});

describe("the first lines", () => {
  const rows: [text: string, count: number, lines: string][] = [
    ["a\nb\nc", 2, "a\nb"],
    ["a\nb\n", 2, "a\nb"],
    ["a\nb", 2, "a\nb"],
    ["a", 3, "a"],
    ["\n\na", 1, ""],
    ["", 1, ""],
  ];
  for (const [text, count, lines] of rows) {
    it(`${count} of ${JSON.stringify(text)}`, () => assert.equal(firstLines(text, count), lines));
  }
});
