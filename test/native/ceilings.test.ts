import assert from "node:assert/strict";
import { type CeilingOptions, loadAddon } from "../../engine/native.ts";
import { root } from "../unit/root.ts";

const addon = loadAddon(root);

describe("the ceilings", () => {
  const small = { threads: 2, megabytes: 8, passes: 1 };

  it("come for every kernel set that can run here", async () => {
    for (const kernel of addon.info().kernels) {
      const { readGBs, macGMACs } = await addon.measureCeilings({ ...small, kernel });
      assert.ok(readGBs > 0 && macGMACs > 0, kernel);
    }
  });

  it("refuse a kernel set that cannot run here", async () => {
    const options = { ...small, kernel: "abacus" };
    await assert.rejects(addon.measureCeilings(options), /kernel set "abacus" cannot run on this machine/);
  });

  const wrong: [Partial<CeilingOptions>, RegExp][] = [
    [{ threads: 0 }, /threads must be a whole number from 1 to 64/],
    [{ megabytes: 0.5 }, /megabytes must be a whole number/],
    [{ passes: -1 }, /passes must be a whole number/],
  ];
  for (const [change, message] of wrong) {
    it(`refuse ${JSON.stringify(change)}`, () => {
      assert.throws(() => addon.measureCeilings({ ...small, kernel: "scalar", ...change }), message);
    });
  }
});
