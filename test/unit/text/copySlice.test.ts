import assert from "node:assert/strict";
import { copySlice } from "../../../engine/text/copySlice.ts";

describe("a copy of a slice", () => {
  for (const text of [
    "",
    "short",
    "plain text of one byte each",
    "ÿ is the last one: 0123456789",
    "Ā is not: 0123456789",
  ]) {
    it(`is the same text: ${JSON.stringify(text)}`, () => assert.equal(copySlice(text), text));
  }

  it("keeps halves of characters and every unit as they are", () => {
    const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit)).join("");
    assert.equal(copySlice(units), units);
    assert.equal(copySlice(units.slice(0xd700, 0xd900)), units.slice(0xd700, 0xd900));
  });
});
