import assert from "node:assert/strict";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";

describe("half precision", () => {
  it("gives every finite value its own bits again", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = F16_TO_F32[bits] ?? 0;
      if (Number.isNaN(value)) continue;
      assert.equal(toF16(value), bits);
    }
  });

  it("rounds to the nearest, ties to even", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [F16_TO_F32[bits] ?? 0, F16_TO_F32[bits + 1] ?? 0];
      const middle = (low + high) / 2;
      const step = (high - low) / 64;
      assert.equal(toF16(middle), bits % 2 === 0 ? bits : bits + 1, `tie above ${low}`);
      assert.equal(toF16(middle - step), bits, `below the middle above ${low}`);
      assert.equal(toF16(middle + step), bits + 1, `above the middle above ${low}`);
      assert.equal(toF16(-(middle + step)), 0x8000 | (bits + 1));
    }
  });

  const cases: [string, number, number][] = [
    ["one", 1, 0x3c00],
    ["minus two", -2, 0xc000],
    ["the largest", 65504, 0x7bff],
    ["just below the overflow", 65519.99, 0x7bff],
    ["the overflow", 65520, 0x7c00],
    ["the smallest", 2 ** -24, 1],
    ["half of the smallest", 2 ** -25, 0],
    ["an infinity", Number.NEGATIVE_INFINITY, 0xfc00],
    ["no number", Number.NaN, 0x7e00],
  ];
  for (const [name, value, bits] of cases) {
    it(`writes ${name}`, () => assert.equal(toF16(value), bits));
  }
});
