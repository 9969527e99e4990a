/** Rows with a scale per 128 weights: the types' bytes written by hand, and their places in a pack. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type GgufTypeName, rowBytes, TensorType } from "../../../engine/models/gguf/types.ts";
import { encodeHeader } from "../../../engine/models/gguf/writer.ts";
import { toF16 } from "../../../engine/models/half.ts";
import { openModel } from "../../../engine/models/openModel.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { groupRows } from "../../../engine/models/rows/groupRows.ts";
import { RowProblem } from "../../../engine/models/rows/rowProblem.ts";
import { ternaryRowEncoder } from "../../../engine/models/rows/ternaryEncode.ts";
import { synthesise } from "../../../engine/models/synth.ts";
import type { LayoutName } from "../../../engine/native.ts";
import { temporaryFolder } from "./folder.ts";
import { readSections } from "./packSections.ts";

/** Decodes one row, as weights in units of the group's scale, and the scales' bits. */
function decode(type: GgufTypeName, bytes: Uint8Array, columns: number): { weights: number[]; scales: number[] } {
  const tensor = { name: "x", type, columns, rows: 1, shape: [columns], offset: 0, size: bytes.length };
  const { decode: decodeRow } = groupRows(tensor, rowBytes(type, columns)).place(0);
  const codes = new Uint32Array(columns / 16);
  const scales = new Uint16Array(columns / 128);
  decodeRow(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, columns, codes, scales);
  const weights = Array.from({ length: columns }, (_, i) => {
    const dword = codes[Math.floor(i / 16)] ?? 0;
    return ((dword >>> (8 * (i & 3) + 2 * ((i % 16) >> 2))) & 3) - 1;
  });
  return { weights, scales: Array.from(scales) };
}

const half = (value: number) => [toF16(value) & 255, toF16(value) >> 8];
/** Ternary weights without a pattern that would survive a wrong order. */
const pattern = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => ((((i + seed) * 2654435761) >>> 16) % 3) - 1);

function pairs(weights: readonly number[]): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < weights.length; i += 4) {
    bytes.push([0, 1, 2, 3].reduce((byte, j) => byte | (((weights[i + j] ?? 0) + 1) << (2 * j)), 0));
  }
  return bytes;
}

describe("rows with scales per group", () => {
  it("reads PQ2_0: 2-bit codes in order behind each scale", () => {
    const weights = pattern(256);
    const bytes = Uint8Array.of(
      ...half(0.5),
      ...pairs(weights.slice(0, 128)),
      ...half(-0.25),
      ...pairs(weights.slice(128)),
    );
    assert.deepEqual(decode("PQ2_0", bytes, 256), { weights, scales: [toF16(0.5), toF16(-0.25)] });
  });

  for (const type of ["PQ2_0", "Q2_0", "Q1_0"] as const) {
    it(`reads back what is written as ${type}${type === "Q1_0" ? ", where a zero becomes +1" : ""}`, () => {
      const weights = pattern(512, 3);
      const bytes = new Uint8Array(rowBytes(type, weights.length));
      ternaryRowEncoder(type)(
        Uint8Array.from(weights, (weight) => weight + 1),
        0.5,
        bytes,
        0,
      );
      const kept = weights.map((weight) => (type === "Q1_0" && weight === 0 ? 1 : weight));
      assert.deepEqual(decode(type, bytes, weights.length), { weights: kept, scales: Array(4).fill(toF16(0.5)) });
    });
  }

  it("reads Q2_0, whose blocks of 64 share a scale two by two", () => {
    const weights = pattern(128, 7);
    const row = (first: number, second: number, values = weights) =>
      Uint8Array.of(...half(first), ...pairs(values.slice(0, 64)), ...half(second), ...pairs(values.slice(64)));
    assert.deepEqual(decode("Q2_0", row(0.5, 0.5), 128), { weights, scales: [toF16(0.5)] });
    const zeros = weights.map((weight, i) => (i < 64 ? 0 : weight));
    assert.deepEqual(decode("Q2_0", row(0, 0.5), 128), { weights: zeros, scales: [toF16(0.5)] });
    assert.deepEqual(decode("Q2_0", row(3, 0.5, zeros), 128), { weights: zeros, scales: [toF16(0.5)] });
    assert.throws(() => decode("Q2_0", row(0.5, 0.25), 128), RowProblem);
  });

  it("reads Q1_0: a bit a weight, 1 for plus", () => {
    const bits = Uint8Array.from({ length: 16 }, (_, i) => (i * 37 + 11) & 255);
    const { weights, scales } = decode("Q1_0", Uint8Array.of(...half(2), ...bits), 128);
    assert.deepEqual(
      weights,
      Array.from({ length: 128 }, (_, i) => ((((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1 ? 1 : -1)),
    );
    assert.deepEqual(scales, [toF16(2)]);
  });

  it("reads PTQ1_0: base-3 digits, the scale last", () => {
    const weights = pattern(128, 3);
    const byte = (elements: number[]) => {
      let value = 0;
      for (let n = 0; n < 5; n++) value = 3 * value + (n < elements.length ? (weights[elements[n] ?? 0] ?? 0) + 1 : 0);
      return Math.ceil((value * 256) / 243);
    };
    const bytes = Uint8Array.of(
      ...Array.from({ length: 16 }, (_, b) => byte([0, 1, 2, 3, 4].map((n) => 16 * n + b))),
      ...Array.from({ length: 8 }, (_, b) => byte([0, 1, 2, 3, 4].map((n) => 80 + 8 * n + b))),
      ...Array.from({ length: 2 }, (_, b) => byte([0, 1, 2, 3].map((n) => 120 + 2 * n + b))),
      ...half(1.5),
    );
    assert.deepEqual(decode("PTQ1_0", bytes, 128), { weights, scales: [toF16(1.5)] });
  });

  it("reads halves that are -s, 0 or +s within each 128", () => {
    const weights = pattern(256, 5);
    const values = weights.map((weight, i) => toF16(weight * (i < 128 ? 0.5 : 0.125)));
    const bytes = new Uint8Array(Uint16Array.from(values).buffer);
    assert.deepEqual(decode("F16", bytes, 256), { weights, scales: [toF16(0.5), toF16(0.125)] });
  });

  for (const type of ["TQ1_0", "TQ2_0"] as const) {
    it(`reads ${type}, whose blocks of 256 may differ in scale: two groups each`, () => {
      const weights = pattern(512, 9);
      const codes = Uint8Array.from(weights, (weight) => weight + 1);
      const bytes = new Uint8Array(rowBytes(type, 512));
      const encode = ternaryRowEncoder(type);
      encode(codes.subarray(0, 256), 0.5, bytes, 0);
      encode(codes.subarray(256), 0.125, bytes, bytes.length / 2);
      const scales = [0.5, 0.5, 0.125, 0.125].map(toF16);
      assert.deepEqual(decode(type, bytes, 512), { weights, scales });
    });
  }

  it("refuses a code of 3, a scale that is not finite, and floats of two magnitudes in a group", () => {
    const good = pairs(pattern(128));
    assert.throws(() => decode("PQ2_0", Uint8Array.of(...half(1), ...good.with(5, 0xff)), 128), /code 3/);
    assert.throws(() => decode("PQ2_0", Uint8Array.of(0, 0x7c, ...good), 128), /not finite/);
    const two = new Uint16Array(128).fill(toF16(1));
    two[9] = toF16(2);
    assert.throws(() => decode("F16", new Uint8Array(two.buffer), 128), RowProblem);
  });
});

describe("packs with scales per group", () => {
  const folder = temporaryFolder();
  const shape = { hiddenSize: 384, layerCount: 1, headCount: 2, kvHeadCount: 1, headDim: 128, ffnSize: 256 };
  const whole = { ...shape, vocabSize: 300, contextLength: 64 };

  for (const [layout, type] of [
    ["t2", "PQ2_0"],
    ["t16", "PQ2_0"],
    ["t16", "Q1_0"],
    ["b1", "Q1_0"],
  ] as const) {
    it(`puts every weight of ${type} where ${layout} says, beside its scale`, async () => {
      const path = folder.path("grouped.gguf");
      await synthesise(path, { shape: whole, type, architecture: "qwen3" });
      await packModel(path, folder.path("grouped.pack"), { layout });
      const { find, bytes, info } = await readSections(folder.path("grouped.pack"));
      const { groupSize, ternaryEmbedding, qkNorms, subNorms } = info.config;
      assert.deepEqual(
        { groupSize, ternaryEmbedding, qkNorms, subNorms },
        {
          groupSize: 128,
          ternaryEmbedding: true,
          qkNorms: true,
          subNorms: false,
        },
      );
      const source = await openModel(path);
      const tensor = source.tensors.get("token_embd.weight");
      assert.ok(tensor !== undefined);
      const raw = new Uint8Array(tensor.size);
      await source.read(tensor, 0, raw);
      await source.close();
      const section = bytes(find(Section.embedding));
      for (const row of [0, 1, 31, 32, 299]) {
        const stride = rowBytes(type, 384);
        const { weights, scales } = decode(type, raw.subarray(row * stride, (row + 1) * stride), 384);
        for (let column = 0; column < 384; column++) {
          const found = groupedWeight(section, layout, 3, row, column);
          assert.deepEqual([found.weight, found.scale], [weights[column], scales[column >> 7]], `${row}, ${column}`);
        }
      }
      for (let column = 0; column < 384; column++) {
        const padding = groupedWeight(section, layout, 3, 300, column);
        assert.deepEqual(padding, { weight: layout === "b1" ? -1 : 0, scale: 0 });
      }
    });
  }

  it("takes the layout for weights of two values where all matrices have such", async () => {
    const layouts = { layout: "t16", binaryLayout: "b1" } as const;
    for (const [type, layout] of [
      ["Q1_0", "b1"],
      ["PQ2_0", "t16"],
    ] as const) {
      await synthesise(folder.path("model.gguf"), { shape: whole, type, architecture: "qwen3" });
      await packModel(folder.path("model.gguf"), folder.path("model.pack"), layouts);
      assert.equal((await readSections(folder.path("model.pack"))).info.layout, layout);
    }
  });

  it("refuses 1 bit for weights that may be zero", async () => {
    await synthesise(folder.path("ternary.gguf"), { shape: whole, type: "PQ2_0", architecture: "qwen3" });
    await assert.rejects(
      packModel(folder.path("ternary.gguf"), folder.path("ternary.pack"), { layout: "b1" }),
      /layout b1: has room for weights of -1 and 1 only, and this model has others\. Choose the layout t2 or t16\.$/,
    );
  });

  it("tells the two layouts of type 42 apart by their sizes", async () => {
    for (const type of ["Q2_0", "PQ2_0"] as const) {
      const path = folder.path(`${type}.gguf`);
      await synthesise(path, { shape: whole, type, architecture: "qwen3" });
    }
    const upstream = await openModel(folder.path("Q2_0.gguf"));
    assert.equal(upstream.tensors.get("blk.0.ffn_up.weight")?.type, "Q2_0");
    await upstream.close();
    const data = new Uint8Array(2 * 34);
    const parts = ["a.weight", "b.weight"].map((name) => ({ name, type: TensorType.Q2_0, shape: [128, 1], size: 34 }));
    const header = encodeHeader(new Map(), parts);
    const file = new Uint8Array(header.fileSize);
    file.set(header.bytes);
    header.offsets.forEach((offset, i) => {
      file.set(data.subarray(34 * i, 34 * (i + 1)), offset);
    });
    writeFileSync(folder.path("legacy.gguf"), file);
    const legacy = await openModel(folder.path("legacy.gguf"));
    assert.deepEqual(
      [...legacy.tensors.values()].map(({ type, size }) => [type, size]),
      [
        ["PQ2_0", 34],
        ["PQ2_0", 34],
      ],
    );
    await legacy.close();
  });
});

/** A weight in a section with scales per group and the bits of its scale, located from packFormat.ts alone. */
function groupedWeight(
  section: Buffer,
  layout: LayoutName,
  groups: number,
  row: number,
  column: number,
): { weight: number; scale: number } {
  if (layout === "b1") {
    const unit = (Math.floor(row / 32) * groups + (column >> 7)) * (64 + 4 * 128);
    const lane = [0, 1].flatMap((h) => Array.from({ length: 16 }, (_, n) => ({ h, i: n >> 1, o: n & 1 })));
    const byte = lane.findIndex(({ h, i, o }) => 16 * o + 8 * Math.floor(i / 4) + 4 * h + (i % 4) === row % 32);
    const bits = section.readUInt8(unit + 64 + 32 * ((column & 127) >> 3) + byte);
    return { weight: (bits >> (column & 7)) & 1 ? 1 : -1, scale: section.readUInt16LE(unit + 2 * (row % 32)) };
  }
  const isT2 = layout === "t2";
  const unitBytes = isT2 ? 64 + 8 * 128 : 128 + 13 * 128;
  const units = isT2 ? groups : Math.ceil(groups / 2);
  const group = column >> 7;
  const within = column & 127;
  const unit = (Math.floor(row / 32) * units + (isT2 ? group : group >> 1)) * unitBytes;
  const isSecond = !isT2 && (group & 1) === 1;
  const scale = section.readUInt16LE(unit + (isSecond ? 64 : 0) + 2 * (row % 32));
  const tiles = unit + (isT2 ? 64 : 128);
  const at = (tile: number, byte: number) => section.readUInt8(tiles + 128 * tile + 4 * (row % 32) + byte);
  if (isT2) {
    const place = within % 16;
    return { weight: ((at(within >> 4, place & 3) >> (2 * (place >> 2))) & 3) - 1, scale };
  }
  const digit = (byte: number, p: number) => {
    const [c, t] = byte < 192 ? [byte & 63, byte >> 6] : [64 + ((byte - 192) % 17), Math.floor((byte - 192) / 17)];
    return (p === 4 ? t : Math.floor(c / 3 ** p) % 3) - 1;
  };
  const shared = isSecond ? within : within - 120;
  if (shared >= 0 && shared < 8) return { weight: digit(at(6, (isSecond ? 2 : 0) + (shared & 1)), shared >> 1), scale };
  const from = isSecond ? within - 8 : within;
  const place = from % 20;
  return { weight: digit(at((isSecond ? 7 : 0) + Math.floor(from / 20), place & 3), place >> 2), scale };
}
