import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ARCHITECTURES } from "../../../engine/models/architectures.ts";
import { modelInfo } from "../../../engine/models/info.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { parseShape, SHAPE_2B4T, synthesise } from "../../../engine/models/synth.ts";
import { normalSamples, randomBits } from "../../../engine/models/synthRandom.ts";
import { readVocabulary } from "../../../engine/models/vocabBlob.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec } from "./ggufSpec.ts";
import { halfAt, readSections, ternaryWeight } from "./packSections.ts";

describe("synthetic models", () => {
  const folder = temporaryFolder();
  const shape = parseShape("256x2x4x2x512");
  const write = async (name: string, options: Partial<Parameters<typeof synthesise>[1]> = {}) => {
    const path = folder.path(`${name}.gguf`);
    const bytes = await synthesise(path, { shape, type: "I2_S", ...options });
    assert.equal(readFileSync(path).length, bytes);
    return path;
  };
  const pack = async (path: string) => {
    await packModel(path, `${path}.pack`);
    return readSections(`${path}.pack`);
  };

  it("are the same for the same seed, and others for another", async () => {
    const [a, b, c] = await Promise.all([write("a"), write("b"), write("c", { seed: 1 })]);
    assert.ok(readFileSync(a).equals(readFileSync(b)));
    assert.ok(!readFileSync(a).equals(readFileSync(c)));
  });

  it("hold the same weights in every type", async () => {
    const reference = await pack(await write("I2_S"));
    for (const type of ["TQ1_0", "TQ2_0", "F16"] as const) {
      const { all } = await pack(await write(type, { type }));
      for (const [key, bytes] of reference.all) {
        if (!key.startsWith(`${Section.metadata}/`)) assert.ok(bytes.equals(all.get(key) ?? Buffer.alloc(0)), key);
      }
    }
  });

  it("keep the variance of what goes through a matrix", async () => {
    const { find, bytes } = await pack(await write("variance"));
    const section = find(Section.ffnDown, 1);
    let squares = 0;
    for (let row = 0; row < 256; row++) {
      for (let column = 0; column < 512; column++) {
        squares += ternaryWeight(bytes(section), 256, 512, row, column, "t2").weight ** 2;
      }
    }
    assert.ok(Math.abs(squares / 256 - 1) < 0.05, `${squares / 256}`);
    const embedding = bytes(find(Section.embedding));
    let sum = 0;
    for (let i = 0; i < 256 * 256; i++) sum += halfAt(embedding, i) ** 2;
    assert.ok(Math.abs(sum / 256 - 1) < 0.05, `${sum / 256}`);
  });

  it("take over the vocabulary of another file", async () => {
    const vocabulary = folder.path("vocabulary.gguf");
    const spec = goodSpec();
    spec.tensors = [];
    writeFileSync(vocabulary, encodeSpec(spec));
    const path = await write("taken", { vocabulary });
    assert.deepEqual(await readVocabulary(path), await readVocabulary(vocabulary));
    assert.equal((await pack(path)).info.config.vocabSize, 300);
  });

  for (const architecture of Object.keys(ARCHITECTURES)) {
    it(`can be of architecture ${architecture}, tied or not`, async () => {
      for (const untied of [false, true]) {
        const { info } = await pack(await write("architecture", { architecture, untied }));
        assert.equal(info.metadata.sourceArchitecture, architecture);
        assert.equal(info.config.tiedHead, !untied);
      }
    });
  }

  describe("with a peak", () => {
    it("hold the same weights in every type, tied or not", async () => {
      const wide = { ...parseShape("256x2x4x2x512"), vocabSize: 300 };
      const reference = await pack(await write("peak", { shape: wide, peak: 3, type: "F16" }));
      // I2_S is left out, because its rows of zeros have the same scale as the others.
      for (const options of [{ type: "TQ2_0" }, { type: "TQ1_0" }, { type: "F16", untied: true }] as const) {
        const { all } = await pack(await write("peak", { shape: wide, peak: 3, ...options }));
        for (const [key, bytes] of reference.all) {
          if (!key.startsWith(`${Section.metadata}/`)) assert.ok(bytes.equals(all.get(key) ?? Buffer.alloc(0)), key);
        }
      }
    });

    it("have rows of lengths around one, and are the plain ones with the peak 0", async () => {
      const { find, bytes } = await pack(await write("lengths", { shape: parseShape("256x2x4x2x512"), peak: 3 }));
      const embedding = bytes(find(Section.embedding));
      const lengths = Array.from({ length: 4352 }, (_, row) => {
        let sum = 0;
        for (let i = 0; i < 256; i++) sum += halfAt(embedding, 256 * row + i) ** 2;
        return Math.sqrt(sum);
      });
      const mean = lengths.reduce((a, b) => a + b) / lengths.length;
      assert.ok(Math.abs(mean - 1.03) < 0.03, `${mean}`);
      assert.ok(Math.min(...lengths) > 0.55 && Math.max(...lengths) < 1.6);
      const [zero, none] = [await write("zero", { peak: 0 }), await write("none")];
      assert.ok(readFileSync(zero).equals(readFileSync(none)));
    });

    const impossible: [string, Partial<Parameters<typeof synthesise>[1]>, RegExp][] = [
      ["too high for the channels", { peak: 5 }, /A peak of 5 .* a peak below 4\.2\.$/],
      ["of one layer", { shape: parseShape("256x1x4x2x512"), peak: 3 }, /two layers/],
      [
        "of narrow feed-forward blocks",
        { shape: parseShape("256x2x4x2x128"), type: "F16", peak: 3 },
        /as wide as the 256/,
      ],
      ["without sub-norms", { architecture: "llama", peak: 3 }, /sub-norms/],
    ];
    for (const [name, options, message] of impossible) {
      it(`cannot be made ${name}`, async () => {
        await assert.rejects(
          write("bad", options),
          (error) => error instanceof RangeError && message.test(error.message),
        );
      });
    }
  });

  it("leave no file when they cannot be made", async () => {
    await assert.rejects(
      write("bad", { shape: parseShape("128x1x2x1x128"), type: "TQ1_0" }),
      /TQ1_0 needs a multiple of 256/,
    );
    await assert.rejects(write("bad", { vocabulary: folder.path("none") }), /ENOENT/);
    assert.deepEqual(
      readdirSync(dirname(folder.path("x"))).filter((name) => name.startsWith("bad")),
      [],
    );
  });

  describe("shapes", () => {
    it("2b4t is that of BitNet b1.58 2B4T", () => {
      const { hiddenSize, layerCount, headCount, kvHeadCount, ffnSize, vocabSize } = parseShape("2b4t");
      assert.deepEqual(
        [hiddenSize, layerCount, headCount, kvHeadCount, ffnSize, vocabSize],
        [2560, 30, 20, 5, 6912, 128256],
      );
      assert.equal(parseShape("2b4t"), SHAPE_2B4T);
    });
    for (const text of [
      "",
      "3b",
      "256x2x4x2",
      "256x2x4x2x512x1",
      "0x2x4x2x512",
      "256x2x3x1x512",
      "256x2x4x3x512",
      "256x2x4x2x99999",
    ]) {
      it(`refuses "${text}"`, () => {
        assert.throws(() => parseShape(text), RangeError);
      });
    }
  });

  it("come from numbers that are evenly spread", () => {
    const next = randomBits(0, 0);
    const bits = new Array<number>(32).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = next();
      for (let bit = 0; bit < 32; bit++) bits[bit] = (bits[bit] ?? 0) + ((value >>> bit) & 1);
    }
    for (const ones of bits) assert.ok(Math.abs(ones - 5000) < 250, `${bits}`);
    const samples = normalSamples(65536, 1);
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const variance = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `${mean} ${variance}`);
  });
});

describe("model info", () => {
  const folder = temporaryFolder();

  it("says the same of a file and of its pack", async () => {
    const path = folder.path("info.gguf");
    await synthesise(path, { shape: parseShape("256x2x4x2x512"), type: "TQ2_0" });
    await packModel(path, folder.path("info.pack"));
    const [file, pack] = await Promise.all([modelInfo(path), modelInfo(folder.path("info.pack"))]);
    assert.equal(file.format, "GGUF");
    assert.equal(pack.format, "pack");
    assert.deepEqual(pack.tokenizer, file.tokenizer);
    const { bodyBytes, embeddingBytes, headBytes, ...shape } = file.model ?? assert.fail("no model");
    assert.equal(shape.bodyType, "TQ2_0");
    assert.equal(shape.ternaryWeights, 2 * (256 * 256 * 2 + 256 * 128 * 2 + 3 * 256 * 512));
    assert.equal(shape.parameters, shape.ternaryWeights + 4352 * 256 + 2 * (3 * 256 + 512) + 256);
    assert.equal(bodyBytes, (shape.ternaryWeights / 256) * 66);
    assert.equal(embeddingBytes, 4352 * 512);
    assert.equal(headBytes, 0);
    const {
      bodyBytes: packed,
      embeddingBytes: _,
      headBytes: head,
      ...packShape
    } = pack.model ?? assert.fail("no model");
    assert.deepEqual({ ...packShape, embeddingType: "F16" }, shape);
    assert.ok(packed >= shape.ternaryWeights / 4);
    // Two planes of half a byte per weight, one bit per weight in chunks of 512, and five floats per row.
    assert.equal(head, 4352 * (256 + 64 + 20));
    assert.equal(pack.layout, "t2");
  });

  it("describes a file that holds only a vocabulary", async () => {
    const spec = goodSpec();
    spec.tensors = [];
    writeFileSync(folder.path("vocabulary.gguf"), encodeSpec(spec));
    const info = await modelInfo(folder.path("vocabulary.gguf"));
    assert.equal(info.model, undefined);
    assert.equal(info.tokenizer.tokens, 300);
  });
});
