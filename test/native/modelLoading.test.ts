/** Loading and closing a model, and the self-test of the kernel sets. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addon, promptOf, request, withSmallModel } from "./smallModel.ts";

describe("a loaded model", function () {
  this.timeout(300_000);
  const small = withSmallModel();

  describe("loading", () => {
    it("rejects options that make no sense", async () => {
      assert.throws(() => small.load({ threads: 0 }), /threads must be a whole number/);
      assert.throws(() => small.load({ cacheMegabytes: 0 }), /cacheMegabytes must be a whole number/);
      await assert.rejects(
        small.load({ kernel: "abacus" }),
        /kernel set "abacus" cannot run on this machine; choose one of scalar/,
      );
    });

    it("closing cancels what runs, and the model then says that it is closed", async () => {
      const other = await small.load();
      const running = other.generate(request(promptOf(1000), { maxTokens: 500 }));
      await other.close();
      assert.equal((await running.done).reason, "cancelled");
      assert.throws(() => other.generate(request(promptOf(3))), /closed/);
    });

    it("refuses a pack that is cut short or has any byte changed, naming the file", async () => {
      const good = await readFile(small.pack);
      const path = join(small.folder, "bad.pack");
      const refused = async (bytes: Uint8Array, what: string) => {
        await writeFile(path, bytes);
        await assert.rejects(addon.loadModel(path, { threads: 1 }), (error: Error) => {
          assert.ok(error.message.startsWith(`${path}: `), `${what}: ${error.message}`);
          assert.ok(!error.message.includes("\n"), what);
          return true;
        });
      };
      for (const length of [0, 1, 255, 256, 300, 5000, good.length >> 1, good.length - 1]) {
        await refused(good.subarray(0, length), `cut to ${length}`);
      }
      // Sections are padded to 4096; the padding is nobody's, so only bytes of header, table and sections are changed.
      const view = new DataView(good.buffer, good.byteOffset);
      const offsets = Array.from({ length: 256 + 64 * view.getUint32(24, true) }, (_, i) => i).filter(
        (i) => i % 7 === 0,
      );
      for (let i = 0; i < view.getUint32(24, true); i++) {
        const entry = 256 + 64 * i;
        const size = Number(view.getBigUint64(entry + 16, true));
        offsets.push(Number(view.getBigUint64(entry + 8, true)) + Math.floor(size / 2));
      }
      for (const offset of offsets) {
        const bytes = Buffer.from(good);
        bytes[offset] = bytes[offset]! ^ 0x10;
        await refused(bytes, `byte ${offset}`);
      }
    });

    it("says which file is missing", async () => {
      await assert.rejects(addon.loadModel(join(small.folder, "no.pack")), /no\.pack: cannot be opened: No such file/);
      await assert.rejects(addon.loadModel(small.folder), /not a regular file/);
    });
  });
});

describe("the addon", function () {
  this.timeout(30_000);

  it("passes its known-answer test with every kernel set", () => {
    const results = addon.selfTest();
    assert.deepEqual(
      results.map((result) => result.kernel),
      addon.info().kernels,
    );
    for (const result of results) assert.ok(result.ok, `${result.kernel}: ${result.detail}`);
    assert.equal(results[0]?.kernel, "scalar");
  });
});
