/** Model files with any content: the reader accepts them, or throws a clear error of its own, using little memory. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { modelInfo } from "../../../engine/models/info.ts";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { encodeSafetensors, KINDS, writeCheckpoint } from "../../native/syntheticCheckpoint.ts";
import { largestAllocation } from "../models/allocations.ts";
import { temporaryFolder } from "../models/folder.ts";
import { encodeSpec, goodSpec } from "../models/ggufSpec.ts";
import { mutateBytes, mutateJson, rounds } from "../support/mutate.ts";
import { Random } from "../support/testRandom.ts";

/** Far more bytes than any of these files needs, and far fewer than they may claim to need. */
const LARGEST = 16 << 20;

/** Reads the description of the model; true when it was refused. */
async function isRefused(path: string, what: string): Promise<boolean> {
  let refused = false;
  const largest = await largestAllocation(async () => {
    try {
      await modelInfo(path);
    } catch (error) {
      refused = true;
      assert.ok(error instanceof ModelFileError, `${what}: ${error instanceof Error ? error.stack : error}`);
      assert.match(error.message, /^[^\n]{1,2000}$/, what);
    }
  });
  assert.ok(largest <= LARGEST, `${what} allocated ${largest} bytes at once`);
  return refused;
}

describe("model files of any content", function () {
  this.timeout(60_000 * rounds(1));
  const folder = temporaryFolder();

  it("in GGUF are read or refused", async () => {
    const random = new Random(31);
    const file = folder.path("model.gguf");
    const good = (["I2_S", "TQ1_0", "F16"] as const).map((type) => encodeSpec(goodSpec(type)));
    const count = rounds(200);
    let refused = 0;
    for (let round = 0; round < count; round++) {
      writeFileSync(file, mutateBytes(random, good[round % good.length] ?? Buffer.alloc(0)));
      if (await isRefused(file, `round ${round}`)) refused++;
    }
    assert.ok(refused > count / 4, `${refused} of ${count} were refused`);
  });

  for (const kind of [KINDS[0], KINDS[3]]) {
    if (kind === undefined) throw new Error("There is no such kind.");
    describe(`in safetensors (${kind.name}) are read or refused`, () => {
      const path = (name: string) => `${folder.path(kind.name)}/${name}`;
      const original = new Map<string, Buffer>();

      before(() => {
        mkdirSync(folder.path(kind.name));
        writeCheckpoint(folder.path(kind.name), kind);
        for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
          original.set(name, readFileSync(path(name)));
        }
      });

      async function check(name: string, mutate: (random: Random, bytes: Buffer) => Buffer): Promise<void> {
        const random = new Random(name.length);
        const good = original.get(name) ?? assert.fail(name);
        const count = rounds(60);
        let refused = 0;
        try {
          for (let round = 0; round < count; round++) {
            const bytes = mutate(random, good);
            writeFileSync(path(name), bytes);
            const beginning = bytes.length < 20_000 ? bytes.toString("latin1") : "";
            if (await isRefused(folder.path(kind?.name ?? ""), `${name}, round ${round} ${beginning}`)) refused++;
          }
        } finally {
          writeFileSync(path(name), good);
        }
        assert.ok(refused > count / 8, `${refused} of ${count} were refused`);
      }

      const asJson = (random: Random, bytes: Buffer) =>
        Buffer.from(JSON.stringify(mutateJson(random, JSON.parse(bytes.toString()))) ?? "");

      it("whatever config.json says", () => check("config.json", asJson));
      it("whatever tokenizer.json says", () => check("tokenizer.json", asJson));
      it("whatever bytes the weights have", () => check("model.safetensors", mutateBytes));
      it("whatever the header of the weights says", () =>
        check("model.safetensors", (random, bytes) => {
          const length = Number(bytes.readBigUInt64LE());
          const header = asJson(random, bytes.subarray(8, 8 + length));
          const start = Buffer.alloc(8);
          start.writeBigUInt64LE(BigInt(header.length));
          return Buffer.concat([start, header, bytes.subarray(8 + length)]);
        }));
    });
  }

  it("with no tensors at all are refused", async () => {
    const empty = folder.path("empty");
    mkdirSync(empty);
    writeCheckpoint(empty, KINDS[0] ?? assert.fail());
    writeFileSync(`${empty}/model.safetensors`, encodeSafetensors([]));
    assert.equal(await isRefused(empty, "no tensors"), true);
  });
});
