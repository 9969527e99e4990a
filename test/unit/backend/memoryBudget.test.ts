import assert from "node:assert/strict";
import { cacheBudget, contextBudget, noRoom, readableContext } from "../../../engine/backend/memoryBudget.ts";

const GB = 1e9;

describe("room for a model", () => {
  const room = { name: "big.gguf", beside: ["built-in model"], weights: 1.2 * GB, cache: 0.8 * GB, free: 2 * GB };

  it("is there when the weights and the cache fit into what is free", () => {
    assert.equal(noRoom(room), undefined);
    assert.equal(noRoom({ ...room, weights: 2 * GB, cache: 0 }), undefined);
  });

  it("is not there for a byte more, and the line says what is needed, what is free, and what to do", () => {
    assert.equal(
      noRoom({ ...room, free: 2 * GB - 1 })?.replace(/\s+/g, " "),
      "There is no memory for big.gguf beside built-in model: it needs 1.2 GB and up to 0.8 GB for its cache, and " +
        '2.0 GB are free. Close other programs, lower "sterna.cacheMegabytes", or use one model.',
    );
    assert.match(noRoom({ ...room, beside: ["a", "b"], free: 0 }) ?? "", /beside a and b:/);
  });

  it("is there for the first model whatever is free", () => {
    assert.equal(noRoom({ ...room, beside: [], free: 0 }), undefined);
  });
});

const MIB = 2 ** 20;
/** 2B4T has 30 layers, and 5 heads of 128 for keys and values: a token takes 76.8 KB. */
const BITNET = { layerCount: 30, kvHeadCount: 5, headDim: 128, contextLength: 4096 };
/** Ternary-Bonsai 4B: a token takes 147 KB, and the whole context 4.8 GB. */
const BONSAI = { layerCount: 36, kvHeadCount: 8, headDim: 128, contextLength: 32_768 };
const TINY = { layerCount: 2, kvHeadCount: 1, headDim: 64, contextLength: 512 };
const BY_ITSELF = { cacheMegabytes: 0 };

describe("the budget of a model's cache", () => {
  for (const [what, of, settings, machine, expected] of [
    ["as the settings say", BITNET, { cacheMegabytes: 400 }, 64 * GB, 400 * MIB],
    ["one whole context at least, as the native engine has it", BITNET, { cacheMegabytes: 10 }, 64 * GB, 76_800 * 4096],
    ["an eighth of the machine's memory", BITNET, BY_ITSELF, 8 * GB, 1 * GB],
    ["at most 2 GiB", BITNET, BY_ITSELF, 64 * GB, 2 ** 31],
    ["at most 32 contexts", TINY, BY_ITSELF, 64 * GB, 32 * 4 * 2 * 64 * 512],
    ["at most 2 GiB for a model with a long context", BONSAI, BY_ITSELF, 64 * GB, 2 ** 31],
    [
      "about half of that in 8 bits",
      BONSAI,
      { ...BY_ITSELF, cachePrecision: "int8", contextTokens: 4096 },
      1 * GB,
      76_032 * 4096,
    ],
    ["that of the context in the settings", BONSAI, { cacheMegabytes: 1, contextTokens: 1000 }, 64 * GB, 147_456_000],
    ["a quarter of a small container", BONSAI, BY_ITSELF, 1 * GB, 147_456 * Math.floor(0.25e9 / 147_456)],
  ] as const) {
    it(`is ${what}`, () => assert.equal(cacheBudget(of, settings, machine), expected));
  }
});

describe("the context of a model", () => {
  for (const [what, of, contextTokens, machine, expected] of [
    ["what it was trained for, where that fits", BITNET, 0, 64 * GB, 4096],
    ["what an eighth of the memory holds", BONSAI, 0, 8 * GB, Math.floor(1e9 / 147_456)],
    ["what 2 GiB hold", BONSAI, 0, 64 * GB, Math.floor(2 ** 31 / 147_456)],
    ["4,096 at least", BONSAI, 0, 3 * GB, 4096],
    ["what a quarter of little memory holds", BONSAI, 0, 1 * GB, Math.floor(0.25e9 / 147_456)],
    ["some lines in any case", BONSAI, 0, 0.1 * GB, 512],
    ["what the settings say", BONSAI, 20_000, 1 * GB, 20_000],
    ["never more than it was trained for", BONSAI, 1_000_000, 64 * GB, 32_768],
  ] as const) {
    it(`is ${what}`, () => assert.equal(contextBudget(of, { cacheMegabytes: 0, contextTokens }, machine), expected));
  }

  for (const [what, length, tokensPerSecond, expected] of [
    ["everything where that is quick", 4096, 1000, 4096],
    ["what is read in two minutes, in whole steps", 32_768, 90, 10_240],
    ["4,096 on the slowest machine", 32_768, 2, 4096],
    ["no more than the model has", 2048, 2, 2048],
  ] as const) {
    it(`that is read in a bearable time is ${what}`, () =>
      assert.equal(readableContext(length, tokensPerSecond), expected));
  }
});
