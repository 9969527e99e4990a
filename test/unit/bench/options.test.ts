import assert from "node:assert/strict";
import { parseOptions } from "../../../bench/options.ts";
import { measureOptions } from "../../../engine/cli/bench.ts";
import { UsageError } from "../../../engine/cli/command.ts";

describe("the benchmark's options", () => {
  const switches = { peers: false, quick: false, save: false, render: false, help: false };
  const plain = { ...switches, burners: 0, threads: [1, 8], shape: "2b4t" };

  it("are one thread and one for each processor, in the shape of 2B4T, when none are given", () => {
    assert.deepEqual(parseOptions([], 8), plain);
    assert.deepEqual(parseOptions([], 1).threads, [1]);
    assert.deepEqual(parseOptions([], 256).threads, [1, 64]);
  });

  it("are read", () => {
    const args = ["peers", "--threads", "2,4", "--quick", "--shape", "256x2x4x2x512", "--save"];
    const wanted = { ...plain, peers: true, threads: [2, 4], quick: true, shape: "256x2x4x2x512", save: true };
    assert.deepEqual(parseOptions(args, 8), wanted);
  });

  it("may ask for the page alone", () => assert.deepEqual(parseOptions(["--render"], 8), { ...plain, render: true }));

  it("may ask for a decode beside processes that burn CPU", () => {
    assert.deepEqual(parseOptions(["--busy", "2", "--threads", "2"], 8), { ...plain, burners: 2, threads: [2] });
    assert.throws(() => parseOptions(["--busy", "0"], 8), /--busy wants whole numbers from 1 to 64, not "0"/);
  });

  for (const threads of ["0", "65", "1,", "a", "", "1.5", "-1"]) {
    it(`refuse ${JSON.stringify(threads)} threads`, () => {
      assert.throws(() => parseOptions([`--threads=${threads}`], 8), /--threads wants/);
    });
  }

  it("refuse what they do not know", () => {
    assert.throws(() => parseOptions(["--frobnicate"], 8), /--frobnicate/);
    assert.throws(() => parseOptions(["--quick", "peers"], 8), /peers/);
  });

  it("of the command choose one number of threads", () => {
    assert.deepEqual(measureOptions({ shape: "2b4t", threads: "2", kernel: "avx2", quick: true }), {
      shape: "2b4t",
      threads: 2,
      kernel: "avx2",
      quick: true,
    });
    const wrong = [
      { shape: "2b5t" },
      { shape: "2b4t", threads: "1,2" },
      { shape: "2b4t", head: "f16" },
      { shape: "2b4t", runs: "3" },
    ];
    for (const values of wrong) assert.throws(() => measureOptions(values), UsageError, JSON.stringify(values));
  });
});
