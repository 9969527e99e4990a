import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { ENTRY, HEADER, HEADER_BYTES, SECTION_ENTRY_BYTES, Section } from "../../../engine/models/packFormat.ts";
import { isPack, type PackInfo, readPackInfo, verifyPack } from "../../../engine/models/packInfo.ts";
import { randomBits } from "../../../engine/models/synthRandom.ts";
import { largestAllocation } from "./allocations.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec } from "./ggufSpec.ts";

describe("pack reader", () => {
  const folder = temporaryFolder();
  let good: Buffer;
  let info: PackInfo;

  before(async () => {
    writeFileSync(folder.path("good.gguf"), encodeSpec(goodSpec()));
    await packModel(folder.path("good.gguf"), folder.path("good.pack"));
    good = readFileSync(folder.path("good.pack"));
    info = await readPackInfo(folder.path("good.pack"));
  });

  /** Makes the header's checksum fit again, so that the check after it is reached. */
  function seal(bytes: Buffer): Buffer {
    const end = HEADER_BYTES + bytes.readUInt32LE(HEADER.sectionCount) * SECTION_ENTRY_BYTES;
    if (end > bytes.length) return bytes;
    bytes.writeUInt32LE(0, HEADER.headerCrc);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), HEADER.headerCrc);
    return bytes;
  }
  const entry = (kind: number, field: number) => {
    const index = info.sections.findIndex((section) => section.kind === kind);
    return HEADER_BYTES + index * SECTION_ENTRY_BYTES + field;
  };
  const offsetOf = (kind: number) => info.sections.find((section) => section.kind === kind)?.offset ?? 0;
  const set32 = (at: () => number, value: number) => (bytes: Buffer) => {
    bytes.writeUInt32LE(value, at());
  };
  const set64 = (at: () => number, value: bigint) => (bytes: Buffer) => {
    bytes.writeBigUInt64LE(value, at());
  };
  const field = (name: keyof typeof HEADER) => () => HEADER[name];

  it("reads what the packer wrote", () => {
    assert.equal(info.fileSize, good.length);
    assert.equal(info.metadata.name, "test");
    assert.equal(info.config.layerCount, 1);
    assert.equal(info.sections.length, 15);
    assert.equal(info.layout, "t2");
  });

  it("tells a pack from other files", async () => {
    assert.equal(await isPack(folder.path("good.pack")), true);
    assert.equal(await isPack(folder.path("good.gguf")), false);
    writeFileSync(folder.path("empty"), "");
    assert.equal(await isPack(folder.path("empty")), false);
  });

  async function refusal(bytes: Uint8Array, read = readPackInfo): Promise<string> {
    const path = folder.path("bad.pack");
    writeFileSync(path, bytes);
    let message = "";
    const largest = await largestAllocation(async () => {
      await assert.rejects(read(path), (error) => {
        assert.ok(error instanceof ModelFileError, String(error instanceof Error ? error.stack : error));
        message = error.message;
        return true;
      });
    });
    assert.ok(largest < 1 << 20, `allocated ${largest} bytes at once`);
    assert.ok(message.startsWith(`${path}: `) && !message.includes("\n"), message);
    assert.ok(message.endsWith("Import the model again from its source."), message);
    return message;
  }

  const cases: [string, (bytes: Buffer) => void, RegExp][] = [
    ["a wrong magic", (bytes) => bytes.write("GGUF"), /header: magic/],
    ["version 0", set32(field("version"), 0), /header: version: is 0/],
    ["version 1", set32(field("version"), 1), /header: version: is 1, not 4/],
    ["a later version", set32(field("version"), 99), /header: version: is 99/],
    ["no sections", set32(field("sectionCount"), 0), /section count: is 0/],
    ["4 billion sections", set32(field("sectionCount"), 0xffffffff), /section count/],
    ["more sections than the file can hold", set32(field("sectionCount"), 8000), /section table: needs|section/],
    ["another file size", set64(field("fileSize"), 1n), /file size: is 1, but/],
    ["an unknown layout", set32(field("layout"), 3), /layout: is 3/],
    ["weights of 1 bit with a scale per row", set32(field("layout"), 2), /layout: is of 1 bit, which needs groups/],
    ["the other layout", set32(field("layout"), 1), /section qkv of layer 0: has 34816 bytes, not 28672/],
    ["an unknown activation", set32(field("activation"), 3), /activation: is 3/],
    ["no vocabulary", set32(field("vocabSize"), 0), /vocabSize: is 0/],
    ["a huge hidden size", set32(field("hiddenSize"), 1 << 30), /hiddenSize/],
    ["another hidden size", set32(field("hiddenSize"), 512), /section embedding: has the shape \[300 x 256\]/],
    ["a layer more", set32(field("layerCount"), 2), /section attnNorm of layer 1: is missing/],
    ["a million layers", set32(field("layerCount"), 1_000_000), /layerCount/],
    ["KV heads that do not divide", set32(field("kvHeadCount"), 3), /kvHeadCount: 3 does not divide/],
    ["an odd rotation", set32(field("ropeDim"), 63), /ropeDim: 63/],
    ["an unknown pairing", set32(field("ropePairing"), 2), /ropePairing: is 2/],
    ["a tied flag of 2", set32(field("tiedHead"), 2), /tiedHead: is 2/],
    ["an untied model without a head", set32(field("tiedHead"), 0), /section headF16: is missing/],
    ["an epsilon of NaN", (bytes) => bytes.writeFloatLE(Number.NaN, HEADER.rmsEpsilon), /rmsEpsilon: is NaN/],
    ["a theta of 0", (bytes) => bytes.writeFloatLE(0, HEADER.ropeTheta), /ropeTheta: is 0/],
    [
      "an unknown section",
      set32(() => entry(Section.qkv, ENTRY.kind), 77),
      /section of the unknown kind 77 of layer 0/,
    ],
    [
      "a section twice",
      set32(() => entry(Section.qkv, ENTRY.kind), Section.ffnDown),
      /ffnDown of layer 0: does not|has the shape/,
    ],
    [
      "a section of a layer that is not there",
      set32(() => entry(Section.qkv, ENTRY.layer), 5),
      /qkv of layer 5: does not/,
    ],
    [
      "a section at an odd place",
      set64(() => entry(Section.qkv, ENTRY.offset), 4097n),
      /qkv of layer 0: begins at byte 4097/,
    ],
    ["a section far away", set64(() => entry(Section.qkv, ENTRY.offset), 2n ** 60n), /qkv of layer 0: begins at/],
    ["a section of 0 bytes", set64(() => entry(Section.qkv, ENTRY.size), 0n), /qkv of layer 0: has 0 bytes/],
    ["a head without its norms", set64(() => entry(Section.headHigh, ENTRY.size), 38912n), /headHigh: has 38912 bytes/],
    ["a head of another kind", set32(() => entry(Section.headLow, ENTRY.kind), 30), /section . of the unknown kind 30/],
    ["metadata of 2^63 bytes", set64(() => entry(Section.metadata, ENTRY.size), 2n ** 63n), /section metadata: ends/],
    ["other rows", set32(() => entry(Section.gateUp, ENTRY.rows), 1), /gateUp of layer 0: has the shape \[1 x 256\]/],
    [
      "a wrong checksum of the metadata",
      set32(() => entry(Section.metadata, ENTRY.crc), 1),
      /metadata: does not match/,
    ],
    ["changed metadata", (bytes) => bytes.write("[", offsetOf(Section.metadata)), /metadata: does not match/],
    ["a changed vocabulary", (bytes) => bytes.write("x", offsetOf(Section.vocabulary)), /vocabulary: does not match/],
  ];
  for (const [name, bend, message] of cases) {
    it(`refuses ${name}`, async () => {
      const bytes = Buffer.from(good);
      bend(bytes);
      assert.match(await refusal(seal(bytes)), message);
    });
  }

  const metadata: [string, string, RegExp][] = [
    ["that is no JSON", "{", /metadata: is no JSON/],
    ["that is a list", "[]", /metadata: name: is missing/],
    ["that is null", "null", /metadata: is no JSON object/],
    ["whose name is a number", '{"name":1,"sourceType":"","sourceArchitecture":""}', /metadata: name/],
  ];
  for (const [name, text, message] of metadata) {
    it(`refuses metadata ${name}`, async () => {
      const bytes = Buffer.from(good);
      const section = info.sections.find((candidate) => candidate.kind === Section.metadata);
      assert.ok(section !== undefined);
      const content = Buffer.from(text.padEnd(section.size));
      bytes.set(content, section.offset);
      bytes.writeUInt32LE(crc32(content), entry(Section.metadata, ENTRY.crc));
      assert.match(await refusal(seal(bytes)), message);
    });
  }

  it("refuses a header whose checksum does not fit, whatever bit is changed", async () => {
    const end = HEADER_BYTES + info.sections.length * SECTION_ENTRY_BYTES;
    for (let at = HEADER.fileSize; at < end; at += 7) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8((bytes[at] ?? 0) ^ 16, at);
      await refusal(bytes);
    }
  });

  it("refuses a pack that ends early, wherever", async () => {
    for (let cut = 0; cut < good.length; cut = cut * 2 + 5) await refusal(good.subarray(0, cut));
    await refusal(good.subarray(0, good.length - 1));
  });

  it("refuses a pack that goes on after its end", async () => {
    assert.match(await refusal(Buffer.concat([good, Buffer.alloc(1)])), /file size/);
  });

  it("finds any changed byte of any section", async () => {
    const next = randomBits(1, 1);
    const large = (path: string) => verifyPack(path);
    for (const section of info.sections) {
      const bytes = Buffer.from(good);
      const at = section.offset + ((next() >>> 0) % section.size);
      bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
      assert.match(await refusal(bytes, large), /does not match its checksum/);
    }
  });
});
