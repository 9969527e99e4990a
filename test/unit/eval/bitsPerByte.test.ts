import assert from "node:assert/strict";
import { bitsOf, linesWithin } from "../../../engine/eval/bitsPerByte.ts";

describe("bits per byte", () => {
  it("are two for each token when four are equally likely, and few for a token that is expected", () => {
    const alike = new Float32Array(12).fill(3);
    assert.ok(Math.abs(bitsOf(alike, Uint32Array.of(0, 1, 2)) - 4) < 1e-9);
    const expected = Float32Array.of(0, 20, 0, 0, 9, 9, 9, 9);
    assert.ok(bitsOf(expected, Uint32Array.of(3, 1)) < 1e-6);
    assert.ok(Math.abs(bitsOf(expected, Uint32Array.of(3, 2)) - 20 / Math.LN2) < 1e-6);
    assert.equal(bitsOf(new Float32Array(4), Uint32Array.of(2)), 0);
  });

  it("are counted over pieces that together are the text", () => {
    const text = "one\ntwo\n\nthree, which is long\nfour";
    const pieces = linesWithin(text, 9);
    assert.deepEqual(pieces, ["one\ntwo\n\n", "three, which is long\n", "four"]);
    assert.deepEqual(linesWithin("", 9), []);
  });
});
