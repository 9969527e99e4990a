import assert from "node:assert/strict";
import { bodyMacs, decodeCeiling, macShare, prefillCeiling, readShare } from "../../../engine/cli/bench/roofline.ts";

describe("the roofline", () => {
  it("counts every ternary weight of 2B4T once", () => {
    const macs = bodyMacs({
      vocabSize: 128256,
      hiddenSize: 2560,
      layerCount: 30,
      headCount: 20,
      kvHeadCount: 5,
      headDim: 128,
      ffnSize: 6912,
      contextLength: 4096,
      tiedHead: true,
    });
    // q and output 2560 x 2560, k and v 640 x 2560, three matrices of 6912 x 2560, in 30 layers.
    assert.equal(macs, 30 * (2 * 2560 * 2560 + 2 * 640 * 2560 + 3 * 6912 * 2560));
    assert.equal(macs, 2_084_044_800);
  });

  it("a body of 500 MB in 20 ms is half of 50 GB/s", () => assert.equal(readShare(500e6, 20, 50), 0.5));
  it("2 G multiply-adds in 10 ms are half of 400 G a second", () => assert.equal(macShare(2e9, 10, 400), 0.5));
  it("800 MB a token at 40 GB/s allow 50 tokens a second", () => assert.equal(decodeCeiling(800e6, 40), 50));
  it("2 G multiply-adds a token at 400 G a second allow 200", () => assert.equal(prefillCeiling(2e9, 400), 200));

  it("a share and a ceiling are the same statement", () => {
    const tokensPerSecond = 31;
    assert.ok(Math.abs(readShare(8e8, 1000 / tokensPerSecond, 40) - tokensPerSecond / decodeCeiling(8e8, 40)) < 1e-12);
  });
});
