import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { verifyPack } from "../../../engine/models/packInfo.ts";
import { randomBits } from "../../../engine/models/synthRandom.ts";
import { largestAllocation } from "./allocations.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec } from "./ggufSpec.ts";
import { GROUPS } from "./malformedCases.ts";

/** Far more bytes than any of these files needs, and far fewer than they claim to need. */
const ALLOCATION_LIMIT = 8 << 20;

describe("malformed GGUF files", () => {
  const folder = temporaryFolder();

  /** Imports a file and returns the error's message, after checking what must hold for every error. */
  async function refusal(bytes: Uint8Array): Promise<string> {
    const [source, target] = [folder.path("refused.gguf"), folder.path("refused.pack")];
    writeFileSync(source, bytes);
    let message = "";
    const largest = await largestAllocation(async () => {
      await assert.rejects(packModel(source, target), (error) => {
        assert.ok(error instanceof ModelFileError, String(error instanceof Error ? error.stack : error));
        message = error.message;
        return true;
      });
    });
    assert.ok(largest <= ALLOCATION_LIMIT, `allocated ${largest} bytes at once`);
    assert.ok(message.startsWith(`${source}: `), message);
    assert.match(message, /^[^\n]*\. [A-Z][^\n]*\.$/, "one line that ends with what to do");
    assert.ok(!existsSync(target));
    assert.deepEqual(
      readdirSync(dirname(target)).filter((name) => name.startsWith("refused.pack")),
      [],
      "no temporary file stays",
    );
    return message;
  }

  it("come from a good one", async () => {
    for (const type of ["I2_S", "TQ1_0", "TQ2_0", "F16"] as const) {
      writeFileSync(folder.path("good.gguf"), encodeSpec(goodSpec(type)));
      await packModel(folder.path("good.gguf"), folder.path("good.pack"));
      await verifyPack(folder.path("good.pack"));
    }
  });

  for (const [group, cases] of GROUPS) {
    describe(group, () => {
      for (const [name, bend, field] of cases) {
        it(name, async () => {
          const spec = goodSpec();
          bend(spec);
          assert.match(await refusal(encodeSpec(spec)), field);
        });
      }
    });
  }

  it("are refused when they end early, wherever", async () => {
    const bytes = encodeSpec(goodSpec());
    const cuts = [0, 1, 3, 4, 7, 8, 15, 16, 23, 24, 25, 31, 32, 40, 100, bytes.length - 1, bytes.length - 32];
    for (let cut = 137; cut < bytes.length; cut = Math.floor(cut * 1.17)) cuts.push(cut);
    for (const cut of cuts) {
      const message = await refusal(bytes.subarray(0, cut));
      assert.match(message, /ends at|more than the possible|magic|needs/, `cut at ${cut}: ${message}`);
    }
  });

  it("with random bytes changed import or are refused, and nothing else", async () => {
    const good = encodeSpec(goodSpec());
    const headerEnd = good.length - goodSpec().tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
    const next = randomBits(2024, 7);
    const below = (limit: number) => (next() >>> 0) % limit;
    let refused = 0;
    const [source, target] = [folder.path("model.gguf"), folder.path("model.pack")];
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(good);
      // Three of four changes are in the header, which has most of the checks.
      const flips = 1 + below(3);
      for (let i = 0; i < flips; i++) bytes[below(round % 4 === 0 ? bytes.length : headerEnd)] = below(256);
      writeFileSync(source, bytes);
      try {
        await packModel(source, target);
        await verifyPack(target);
      } catch (error) {
        assert.ok(error instanceof ModelFileError, `round ${round}: ${error instanceof Error ? error.stack : error}`);
        refused++;
      }
    }
    assert.ok(refused > 40, `only ${refused} of 300 were refused`);
  }).timeout(60_000);

  const OTHERS: [what: string, begin: string, advice: RegExp][] = [
    ["a note of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /run git lfs pull/],
    ["a page", "<!DOCTYPE html><html></html>", /web page was saved/],
    ["zeros", "\0\0\0\0\0\0\0\0", /was not finished: start it again/],
    ["an archive", "PK\u0003\u0004 and so on", /archive or a PyTorch model/],
    ["an old format", "tjgg and so on", /old format: convert/],
    ["something else", "hello, hello", /Choose a model in GGUF format/],
  ];
  for (const [what, begin, advice] of OTHERS) {
    it(`are refused with what to do about ${what}`, async () => {
      const message = await refusal(Buffer.from(begin));
      assert.match(message, /magic: is not "GGUF"\. /);
      assert.match(message, advice);
    });
  }

  it("are not waited for where they are a pipe", async function () {
    if (process.platform === "win32") this.skip();
    execFileSync("mkfifo", [folder.path("pipe.gguf")]);
    await assert.rejects(packModel(folder.path("pipe.gguf"), folder.path("x.pack")), /is not a regular file\. /);
  }).timeout(5_000);

  it("that are no files are refused", async () => {
    for (const path of [folder.path("nothing.gguf"), dirname(folder.path("x"))]) {
      await assert.rejects(packModel(path, folder.path("x.pack")), (error) => {
        assert.ok(error instanceof ModelFileError);
        assert.match(error.message, /file: (cannot be opened \(ENOENT\)|is not a regular file)\. /);
        return true;
      });
    }
  });
});
