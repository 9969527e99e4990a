/** Packs as the native loader sees them: both layouts, and files with wrong content whose checksums are right. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { packModel } from "../../engine/models/packer.ts";
import { ENTRY, HEADER, HEADER_BYTES, NO_LAYER, SECTION_ENTRY_BYTES, Section } from "../../engine/models/packFormat.ts";
import { type PackInfo, readPackInfo } from "../../engine/models/packInfo.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import { randomBits } from "../../engine/models/synthRandom.ts";
import {
  GREEDY,
  type HeadKind,
  type LayoutName,
  type LoadOptions,
  loadAddon,
  type NativeModel,
  Priority,
} from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

const addon = loadAddon(root);
const LAYOUTS = ["t2", "t16"] as const;

describe("a pack in the native loader", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const path = (layout: LayoutName, name = "model") => folder.path(`${name}-${layout}.pack`);
  const infos = new Map<LayoutName, PackInfo>();

  before(async () => {
    // The columns fill the last tile completely in neither layout, and the vocabulary does not fill its last group of
    // 16 rows.
    const shape = { ...parseShape("304x2x2x1x464"), vocabSize: 611 };
    await synthesise(folder.path("model.gguf"), { shape, type: "F16", seed: 3 });
    for (const layout of LAYOUTS) {
      await packModel(folder.path("model.gguf"), path(layout), { layout });
      infos.set(layout, await readPackInfo(path(layout)));
    }
  });

  async function withModel<T>(file: string, options: LoadOptions, use: (model: NativeModel) => Promise<T>): Promise<T> {
    const model = await addon.loadModel(file, { threads: 1, ...options });
    try {
      return await use(model);
    } finally {
      await model.close();
    }
  }

  it("gives the same logits from either layout with every kernel set, bit for bit", async () => {
    const tokens = Uint32Array.from({ length: 37 }, (_, i) => (97 * i) % 611);
    for (const activations of ["int8", "float"] as const) {
      const results = new Map<string, Buffer>();
      for (const layout of LAYOUTS) {
        for (const kernel of addon.info().kernels) {
          const logits = await withModel(path(layout), { kernel }, (model) => model.logits(tokens, activations));
          results.set(`${layout} ${kernel}`, Buffer.from(logits.buffer));
        }
      }
      const first = results.get("t2 scalar") ?? assert.fail("no result");
      for (const [name, bytes] of results) assert.ok(bytes.equals(first), `${name}, ${activations} activations`);
    }
  });

  it("gives the same tokens and probabilities with every kernel set, number of threads and cut of the prompt", async () => {
    const tokens = Uint32Array.from({ length: 112 }, (_, i) => (89 * i) % 611);
    const request = {
      tokens,
      maxTokens: 12,
      sampling: { ...GREEDY, temperature: 1, seed: 5 },
      stop: [],
      stopTokens: new Uint32Array(),
      ratedTokens: 12,
      priority: Priority.inline,
    };
    const generate = async (model: NativeModel, isCut: boolean) => {
      model.clearCache();
      // Passes over 1, 2, .. 13 tokens, then one over the other 21.
      for (let width = 1, end = 1; isCut && width <= 13; end += ++width) {
        await model.generate({ ...request, tokens: tokens.subarray(0, end), maxTokens: 0 }).done;
      }
      const { cachedTokens, tokens: generated, probabilities } = await model.generate(request).done;
      assert.equal(cachedTokens, isCut ? 91 : 0);
      return { tokens: generated, probabilities };
    };
    const want = await withModel(path("t2"), { kernel: "scalar" }, (model) => generate(model, false));
    for (const layout of LAYOUTS) {
      for (const kernel of addon.info().kernels) {
        for (const threads of [1, 2, 3]) {
          const got = await withModel(path(layout), { kernel, threads }, (model) => generate(model, true));
          assert.deepEqual(got, want, `${layout}, ${kernel}, ${threads} threads`);
        }
      }
    }
  });

  it("takes less memory for the body in 1.6 bits than in 2", async () => {
    const bytes = (layout: LayoutName) =>
      withModel(path(layout), {}, (model) => Promise.resolve(model.memory.weightBytes));
    const [t2, t16] = [await bytes("t2"), await bytes("t16")];
    assert.ok(t16 < 0.87 * t2, `${t16} and ${t2}`);
  });

  it("says which layout a kernel set prefers", () => {
    const { kernels } = addon.info();
    assert.deepEqual(addon.preferredLayouts("scalar"), { layout: "t2", binaryLayout: "t2" });
    for (const kernel of kernels) {
      const { layout, binaryLayout } = addon.preferredLayouts(kernel);
      assert.ok(["t2", "t16"].includes(layout), kernel);
      assert.ok([layout, "b1"].includes(binaryLayout), kernel);
    }
    assert.deepEqual(addon.preferredLayouts(), addon.preferredLayouts(kernels.at(-1)));
    assert.throws(
      () => addon.preferredLayouts("none"),
      /kernel set "none" cannot run on this machine; choose one of scalar/,
    );
  });

  /** Where the entry and the bytes of a section are. */
  function place(layout: LayoutName, kind: number, layer: number) {
    const { sections } = infos.get(layout) ?? assert.fail();
    const index = sections.findIndex((section) => section.kind === kind && section.layer === layer);
    const section = sections[index] ?? assert.fail(`no section ${kind}`);
    return { entry: HEADER_BYTES + index * SECTION_ENTRY_BYTES, ...section };
  }

  /** A pack in which some bytes of a section are changed and the checksums fit. */
  function forge(layout: LayoutName, kind: number, layer: number, change: (section: Buffer) => void): Buffer {
    const bytes = readFileSync(path(layout));
    const { entry, offset, size } = place(layout, kind, layer);
    const section = bytes.subarray(offset, offset + size);
    change(section);
    bytes.writeUInt32LE(crc32(section), entry + ENTRY.crc);
    return seal(bytes);
  }

  function seal(bytes: Buffer): Buffer {
    const end = HEADER_BYTES + bytes.readUInt32LE(HEADER.sectionCount) * SECTION_ENTRY_BYTES;
    bytes.writeUInt32LE(0, HEADER.headerCrc);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), HEADER.headerCrc);
    return bytes;
  }

  async function refused(bytes: Uint8Array, message: RegExp, head: HeadKind = "int8"): Promise<void> {
    const file = folder.path("bad.pack");
    writeFileSync(file, bytes);
    for (const threads of [1, 2]) {
      await assert.rejects(addon.loadModel(file, { threads, head }), (error: Error) => {
        assert.ok(error.message.startsWith(`${file}: `) && !error.message.includes("\n"), error.message);
        assert.match(error.message, message);
        assert.ok(error.message.endsWith("; import the model again"), error.message);
        return true;
      });
    }
  }

  const tile = (rows: number, columns: number, layout: LayoutName) =>
    32 * Math.ceil(rows / 32) * 4 * Math.ceil(columns / (layout === "t2" ? 16 : 20));

  it("refuses a T2 code of 3 in any byte", async () => {
    const size = tile(608, 304, "t2");
    for (const at of [0, 1, 63, size >> 1, size - 1]) {
      for (const shift of [0, 2, 4, 6]) {
        const bytes = forge("t2", Section.qkv, 1, (section) => section.writeUInt8(0x55 | (3 << shift), at));
        await refused(bytes, /qkv of layer 1 holds a code that is no ternary weight/);
      }
    }
  });

  it("refuses a T16 byte of 243 and more, wherever", async () => {
    const size = tile(304, 464, "t16");
    for (const value of [243, 244, 250, 255]) {
      for (const at of [0, 1, 31, 4097, size - 1]) {
        const bytes = forge("t16", Section.ffnDown, 0, (section) => section.writeUInt8(value, at));
        await refused(bytes, /feed-forward down of layer 0 holds a code that is no ternary weight/);
      }
    }
  });

  it("takes every T16 byte up to 242, and any byte as part of a scale", async () => {
    const bytes = forge("t16", Section.ffnDown, 0, (section) => {
      for (let i = 0; i < 243; i++) section.writeUInt8(i, 5 * i);
      // The bytes of 0x3cf5fffe are not valid in any tile.
      section.writeUInt32LE(0x3cf5fffe, tile(304, 464, "t16"));
    });
    writeFileSync(folder.path("odd.pack"), bytes);
    await withModel(folder.path("odd.pack"), {}, (model) => model.logits(Uint32Array.of(1, 2), "int8"));
  });

  for (const layout of LAYOUTS) {
    it(`refuses floats that are not finite in a pack of ${layout}`, async () => {
      const cases: [number, number, (section: Buffer) => number, RegExp][] = [
        [Section.qkv, 0, () => tile(608, 304, layout), /qkv of layer 0 holds/],
        [Section.gateUp, 1, (section) => section.length - 4, /gate and up of layer 1 holds/],
        [Section.attnNorm, 0, () => 8, /attention norm of layer 0 holds a value that is not finite/],
        [Section.outputNorm, NO_LAYER, (section) => section.length - 4, /output norm holds/],
      ];
      for (const [kind, layer, at, message] of cases) {
        for (const bits of [0x7f800000, 0xff800000, 0x7fc00000]) {
          await refused(
            forge(layout, kind, layer, (section) => section.writeUInt32LE(bits, at(section))),
            message,
          );
        }
      }
    });
  }

  it("refuses arrays of the head that are negative or not finite", async () => {
    const plane = 16 * Math.ceil(611 / 16) * 4 * Math.ceil(304 / 8);
    for (const array of [0, 1, 2, 3]) {
      for (const value of [-1, Number.POSITIVE_INFINITY, Number.NaN]) {
        const at = plane + 4 * (611 * array + 610);
        const bytes = forge("t16", Section.headHigh, NO_LAYER, (section) => section.writeFloatLE(value, at));
        await refused(bytes, /head \(high nibbles\) holds a scale or norm that is negative or not finite/);
      }
    }
  });

  it("refuses an embedding that is not finite, at its beginning and end, for every head", async () => {
    for (const at of [0, 611 * 304 * 2 - 2]) {
      for (const bits of [0x7c00, 0xfc00, 0x7e01]) {
        const bytes = forge("t16", Section.embedding, NO_LAYER, (section) => section.writeUInt16LE(bits, at));
        for (const head of ["int8", "f16"] as const) {
          await refused(bytes, /embedding holds a value that is not finite/, head);
        }
      }
    }
  });

  it("names a damaged section by its checksum even when its bytes are wrong, too", async () => {
    const bytes = readFileSync(path("t16"));
    bytes.writeUInt8(255, place("t16", Section.attnOutput, 1).offset);
    await refused(bytes, /attention output of layer 1 is damaged \(checksum\)/);
  });

  it("finds any changed byte of any section", async () => {
    const next = randomBits(11, 1);
    const good = readFileSync(path("t16"));
    for (const { offset, size } of infos.get("t16")?.sections ?? []) {
      const bytes = Buffer.from(good);
      const at = offset + ((next() >>> 0) % size);
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << (next() & 7)), at);
      await refused(bytes, /is damaged \(checksum\)/);
    }
  });

  const headers: [string, (bytes: Buffer) => void, RegExp][] = [
    ["version 1", (bytes) => bytes.writeUInt32LE(1, HEADER.version), /version 1 of the packed format/],
    ["an unknown layout", (bytes) => bytes.writeUInt32LE(3, HEADER.layout), /weight layout 3 is unknown/],
    [
      "weights of 1 bit with a scale per row",
      (bytes) => bytes.writeUInt32LE(2, HEADER.layout),
      /weights of 1 bit need a scale per group/,
    ],
    ["a layout beyond all", (bytes) => bytes.writeUInt32LE(0xffffffff, HEADER.layout), /layout 4294967295 is unknown/],
    [
      "the other layout",
      (bytes) => bytes.writeUInt32LE(0, HEADER.layout),
      /qkv of layer 0 has the wrong shape or size/,
    ],
    ["another vocabulary", (bytes) => bytes.writeUInt32LE(612, HEADER.vocabSize), /vocabulary has the wrong shape/],
    [
      "a head without its last norm",
      (bytes) => {
        const { entry, size } = place("t16", Section.headHigh, NO_LAYER);
        bytes.writeBigUInt64LE(BigInt(size - 4), entry + ENTRY.size);
      },
      /head \(high nibbles\) has the wrong shape or size/,
    ],
    [
      "a low plane under the number that version 1 gave the int8 head",
      (bytes) => bytes.writeUInt32LE(Section.headHigh, place("t16", Section.headLow, NO_LAYER).entry + ENTRY.kind),
      /appears twice/,
    ],
    [
      "a section of no known kind",
      (bytes) => bytes.writeUInt32LE(9, place("t16", Section.headLow, NO_LAYER).entry + ENTRY.kind),
      /head \(low nibbles\) is missing/,
    ],
    [
      "a section of 2^63 bytes",
      (bytes) => bytes.writeBigUInt64LE(2n ** 63n, place("t16", Section.headLow, NO_LAYER).entry + ENTRY.size),
      /reaches past the end of the file/,
    ],
  ];
  for (const [name, change, message] of headers) {
    it(`refuses ${name}`, async () => {
      const bytes = readFileSync(path("t16"));
      change(bytes);
      await refused(seal(bytes), message);
    });
  }

  it("refuses a pack that ends early, wherever", async () => {
    const good = readFileSync(path("t16"));
    for (let cut = 0; cut < good.length; cut = cut * 2 + 37) {
      await refused(good.subarray(0, cut), /too short|file size/);
    }
    await refused(good.subarray(0, good.length - 1), /file size/);
  });
});
