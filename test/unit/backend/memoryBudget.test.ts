import assert from "node:assert/strict";
import { cacheBudget, noRoom } from "../../../engine/backend/memoryBudget.ts";

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

describe("the budget of a model's cache", () => {
  // 2B4T: 30 layers, 5 heads of 128 for keys and values.
  const shape = { layerCount: 30, kvHeadCount: 5, headDim: 128, contextLength: 4096 };
  const tiny = { layerCount: 2, kvHeadCount: 1, headDim: 64, contextLength: 512 };
  for (const [what, of, megabytes, machine, expected] of [
    ["as the settings say", shape, 100, 64 * GB, 100 * 2 ** 20],
    ["an eighth of the machine's memory", shape, 0, 8 * GB, 1 * GB],
    ["at most 2 GiB", shape, 0, 64 * GB, 2 ** 31],
    ["at most 32 contexts", tiny, 0, 64 * GB, 32 * 4 * 2 * 64 * 512],
  ] as const) {
    it(`is ${what}`, () => assert.equal(cacheBudget(of, megabytes, machine), expected));
  }
});
