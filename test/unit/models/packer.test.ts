import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { TensorType } from "../../../engine/models/gguf/types.ts";
import { toF16 } from "../../../engine/models/half.ts";
import { ModelFileError, StorageError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { parseShape, synthesise } from "../../../engine/models/synth.ts";
import { fillCodes, randomBits } from "../../../engine/models/synthRandom.ts";
import type { LayoutName } from "../../../engine/native.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec, SHAPE, type Spec, setType, setValue, tensorOf, ternary } from "./ggufSpec.ts";
import { halfAt, headOf, readSections, ternaryWeight } from "./packSections.ts";

describe("packer", () => {
  const folder = temporaryFolder();
  const pack = async (spec: Spec, name = "packer", layout: LayoutName = "t2") => {
    const [source, target] = [folder.path(`${name}.gguf`), folder.path(`${name}.pack`)];
    writeFileSync(source, encodeSpec(spec));
    await packModel(source, target, { layout });
    return readSections(target);
  };
  /** The codes that fillCodes made for a tensor of the spec. */
  const codesOf = (rows: number, columns: number, seed: number): Uint8Array[] => {
    const next = randomBits(seed, 1);
    return Array.from({ length: rows }, () => {
      const codes = new Uint8Array(columns);
      fillCodes(codes, next);
      return codes;
    });
  };

  for (const [type, layout] of [
    ["I2_S", "t2"],
    ["TQ1_0", "t2"],
    ["TQ2_0", "t2"],
    ["F16", "t2"],
    ["I2_S", "t16"],
    ["TQ1_0", "t16"],
  ] as const) {
    it(`puts every weight of a ${type} body where the layout ${layout} says, with its scale`, async () => {
      const { find, bytes, info } = await pack(goodSpec(type), "packer", layout);
      assert.equal(info.layout, layout);
      const { hidden, ffn } = SHAPE;
      const parts: [number, number[], number][] = [
        [Section.qkv, [256, 128, 128], 1],
        [Section.attnOutput, [hidden], 4],
        [Section.gateUp, [ffn, ffn], 5],
        [Section.ffnDown, [hidden], 7],
      ];
      for (const [kind, sizes, firstSeed] of parts) {
        const section = find(kind, 0);
        const expected = sizes.flatMap((rows, i) => codesOf(rows, 256, firstSeed + i));
        assert.deepEqual([section.rows, section.cols], [expected.length, 256]);
        expected.forEach((codes, row) => {
          codes.forEach((code, column) => {
            const found = ternaryWeight(bytes(section), section.rows, section.cols, row, column, layout);
            if (found.code !== code || found.scale !== 0.0625) {
              assert.fail(`section ${kind}, row ${row}, column ${column}: ${JSON.stringify(found)}`);
            }
          });
        });
      }
    }).timeout(20_000);
  }

  it("writes equal packs for equal weights of any type, but for the name of the type", async () => {
    const reference = await pack(goodSpec("I2_S"));
    for (const type of ["TQ1_0", "TQ2_0", "F16"] as const) {
      const { all } = await pack(goodSpec(type));
      for (const [key, content] of reference.all) {
        if (key.startsWith(`${Section.metadata}/`)) continue;
        assert.ok(content.equals(all.get(key) ?? Buffer.alloc(0)), `section ${key} of ${type}`);
      }
    }
  });

  it("writes the same whatever it reads at a time", async () => {
    const path = folder.path("batches.gguf");
    for (const [type, layout] of [
      ["I2_S", "t2"],
      ["F16", "t16"],
    ] as const) {
      await synthesise(path, { shape: { ...parseShape("256x1x4x1x384"), vocabSize: 300 }, type, untied: true });
      await packModel(path, folder.path("whole.pack"), { layout });
      const whole = readFileSync(folder.path("whole.pack"));
      // From one row at a time, through sizes that are no multiple of a row or a tile, to several tiles.
      for (const batchBytes of [1, 5000, 12_288, 40_000]) {
        await packModel(path, folder.path("pieces.pack"), { layout, batchBytes });
        assert.ok(readFileSync(folder.path("pieces.pack")).equals(whole), `${type}, ${batchBytes} bytes`);
      }
    }
  });

  for (const [layout, steps, width] of [
    ["t2", 3, 16],
    ["t16", 3, 20],
  ] as const) {
    it(`pads what fills no tile of ${layout} with zeros, rows with the scale 0`, async () => {
      const path = folder.path("odd.gguf");
      await synthesise(path, { shape: { ...parseShape("48x1x3x3x80"), vocabSize: 300 }, type: "F16" });
      await packModel(path, folder.path("odd.pack"), { layout });
      const { find, bytes } = await readSections(folder.path("odd.pack"));
      const section = find(Section.qkv, 0);
      assert.deepEqual([section.rows, section.cols, section.size], [144, 48, 160 * (4 * steps + 4)]);
      for (let row = 0; row < 160; row++) {
        for (let column = row < 144 ? 48 : 0; column < steps * width; column++) {
          const { code, scale } = ternaryWeight(bytes(section), 144, steps * width, row, column, layout);
          assert.deepEqual([code, scale === 0], [1, row >= 144], `row ${row}, column ${column}`);
        }
      }
    });
  }

  it("copies an F16 embedding and quantises the tied head from it", async () => {
    const spec = goodSpec();
    const { find, bytes, info } = await pack(spec);
    const embedding = tensorOf(spec, "token_embd.weight").data;
    assert.ok(bytes(find(Section.embedding)).equals(embedding));
    assert.equal(info.config.tiedHead, true);
    const planes = [Section.headHigh, Section.headMiddle, Section.headLow].map((kind) => bytes(find(kind)));
    const head = headOf({ find, bytes }, SHAPE.vocab, 256);
    assert.deepEqual(
      planes.map((plane) => plane.length),
      [head.highBytes, head.middleBytes, head.lowBytes],
    );
    for (let row = 0; row < SHAPE.vocab; row++) {
      const values = Array.from({ length: 256 }, (_, i) => halfAt(embedding, 256 * row + i));
      const [scale = 0] = head.arrays(row);
      assert.equal(scale, Math.fround(Math.max(...values.map(Math.abs)) / 127));
      values.forEach((value, i) => {
        const q = 16 * head.high(row, i) + head.low(row, i) - 128;
        assert.equal(head.middle(row, i), head.low(row, i) >> 3);
        assert.ok(Math.abs(q) <= 127 && Math.abs(q * scale - value) <= 0.5001 * scale, `row ${row}, column ${i}`);
      });
    }
    for (let row = SHAPE.vocab; row < head.paddedRows; row++) {
      for (let i = 0; i < 256; i++) assert.equal(head.high(row, i), 8);
    }
  });

  it("pads the columns of the head with zeros", async () => {
    const path = folder.path("columns.gguf");
    await synthesise(path, { shape: { ...parseShape("48x1x3x3x80"), vocabSize: 300 }, type: "F16" });
    await packModel(path, folder.path("columns.pack"));
    const { find, bytes } = await readSections(folder.path("columns.pack"));
    const head = headOf({ find, bytes }, 300, 48);
    assert.deepEqual(head.paddedCols, [48, 512, 128]);
    for (let row = 0; row < 300; row++) {
      for (let i = 48; i < 128; i++) assert.equal(head.low(row, i), 0);
      for (let i = 48; i < 512; i++) assert.equal(head.middle(row, i), 0);
    }
  });

  it("takes the head of an untied model from its own matrix", async () => {
    const spec = goodSpec();
    const values = Float32Array.from({ length: 300 * 256 }, (_, i) => ((i * 7) % 512) - 255);
    spec.tensors.push({
      name: "output.weight",
      type: TensorType.F32,
      shape: [256, 300],
      data: new Uint8Array(values.buffer),
    });
    const { find, bytes, info } = await pack(spec);
    assert.equal(info.config.tiedHead, false);
    const f16 = bytes(find(Section.headF16));
    values.forEach((value, i) => {
      assert.equal(halfAt(f16, i), value);
    });
    const head = headOf({ find, bytes }, 300, 256);
    assert.equal(head.arrays(0)[0], Math.fround(256 / 127));
  });

  it("decodes Q8_0 embeddings", async () => {
    const spec = goodSpec();
    const data = new Uint8Array((300 * 256 * 34) / 32);
    const view = new DataView(data.buffer);
    for (let block = 0; block < data.length / 34; block++) {
      view.setUint16(34 * block, toF16(0.5), true);
      for (let i = 0; i < 32; i++) view.setInt8(34 * block + 2 + i, ((block + i) % 255) - 127);
    }
    setType(tensorOf(spec, "token_embd.weight"), "Q8_0", data);
    const { find, bytes } = await pack(spec);
    const embedding = bytes(find(Section.embedding));
    for (let i = 0; i < 300 * 256; i++) {
      assert.equal(halfAt(embedding, i), 0.5 * (((Math.floor(i / 32) + (i % 32)) % 255) - 127));
    }
  });

  it("reads norms of F16 as of F32", async () => {
    const spec = goodSpec();
    const norm = tensorOf(spec, "blk.0.attn_norm.weight");
    setType(norm, "F16", new Uint8Array(Uint16Array.from({ length: 256 }, (_, i) => toF16(1 + i / 64)).buffer));
    const { find, bytes } = await pack(spec);
    const floats = bytes(find(Section.attnNorm, 0));
    for (let i = 0; i < 256; i++) assert.equal(floats.readFloatLE(4 * i), 1 + i / 64);
  });

  it("multiplies a converter's scale tensor into the rows' scales", async () => {
    const spec = goodSpec();
    const data = new Uint8Array(Float32Array.of(3).buffer);
    spec.tensors.push({ name: "blk.0.attn_k.scale", type: TensorType.F32, shape: [1], data });
    const { find, bytes } = await pack(spec);
    const section = find(Section.qkv, 0);
    const scales = [255, 256, 383, 384].map((row) => ternaryWeight(bytes(section), 512, 256, row, 0, "t2").scale);
    assert.deepEqual(scales, [0.0625, 0.1875, 0.1875, 0.0625]);
  });

  const architectures: [string, number, number, boolean][] = [
    ["bitnet-b1.58", 0, 0, true],
    ["bitnet-25", 0, 0, true],
    ["bitnet", 1, 0, true],
    ["llama", 1, 1, false],
  ];
  for (const [name, activation, pairing, subNorms] of architectures) {
    it(`knows the architecture ${name}`, async () => {
      const { info } = await pack(goodSpec("I2_S", name));
      assert.deepEqual([info.config.activation, info.config.subNorms], [activation, subNorms]);
      assert.equal(info.config.ropePairing, pairing);
      assert.equal(
        info.sections.some((section) => section.kind === Section.attnSubNorm),
        subNorms,
      );
      assert.equal(info.metadata.sourceArchitecture, name);
    });
  }

  it("fills in what a file may leave out", async () => {
    const spec = goodSpec();
    const left = ["vocab_size", "rope.dimension_count", "rope.freq_base"].map((key) => `bitnet-b1.58.${key}`);
    spec.values = spec.values.filter(([key]) => !left.includes(key));
    const { config } = (await pack(spec)).info;
    assert.deepEqual([config.vocabSize, config.headDim, config.ropeDim, config.ropeTheta], [300, 64, 64, 10000]);
  });

  it("gives every head its own keys when the file names no KV heads", async () => {
    const spec = goodSpec();
    spec.values = spec.values.filter(([key]) => !key.endsWith("head_count_kv"));
    for (const [part, seed] of [
      ["attn_k", 2],
      ["attn_v", 3],
    ] as const) {
      const index = spec.tensors.findIndex((tensor) => tensor.name === `blk.0.${part}.weight`);
      spec.tensors[index] = ternary(`blk.0.${part}.weight`, "I2_S", 256, 256, seed);
    }
    assert.equal((await pack(spec)).info.config.kvHeadCount, 4);
  });

  it("keeps name, licence and chat template", async () => {
    const spec = goodSpec();
    setValue(spec, "general.license", { type: "string", value: "mit" });
    setValue(spec, "tokenizer.chat_template", { type: "string", value: "{{ messages }}\n" });
    const { metadata } = (await pack(spec)).info;
    assert.deepEqual(metadata, {
      name: "test",
      sourceArchitecture: "bitnet-b1.58",
      sourceType: "I2_S",
      chatTemplate: "{{ messages }}\n",
      license: "mit",
    });
  });

  describe("when it is stopped", () => {
    const leftovers = () => readdirSync(dirname(folder.path("x"))).filter((name) => name.startsWith("stopped.pack"));

    it("by its caller, leaves nothing behind", async () => {
      writeFileSync(folder.path("stopped.gguf"), encodeSpec(goodSpec()));
      const controller = new AbortController();
      const reason = new Error("enough");
      const onProgress = (done: number, total: number) => {
        if (done > total / 2) controller.abort(reason);
      };
      const target = folder.path("stopped.pack");
      await assert.rejects(
        packModel(folder.path("stopped.gguf"), target, { onProgress, signal: controller.signal }),
        reason,
      );
      assert.deepEqual(leftovers(), []);
    });

    it("by a bad weight late in the file, leaves the earlier pack as it was", async () => {
      await pack(goodSpec(), "stopped");
      const before = readFileSync(folder.path("stopped.pack"));
      const spec = goodSpec();
      tensorOf(spec, "blk.0.ffn_down.weight").data.fill(0xff, 16000, 16001);
      await assert.rejects(pack(spec, "stopped"), ModelFileError);
      assert.ok(readFileSync(folder.path("stopped.pack")).equals(before));
      assert.deepEqual(leftovers(), ["stopped.pack"]);
    });

    it("by a folder that is not there, says so", async () => {
      await pack(goodSpec());
      await assert.rejects(
        packModel(folder.path("packer.gguf"), folder.path("none/x.pack")),
        (error) => error instanceof StorageError && /ENOENT.*Check the folder/.test(error.message),
      );
    });
  });

  it("reports progress up to the end", async () => {
    writeFileSync(folder.path("progress.gguf"), encodeSpec(goodSpec()));
    const seen: [number, number][] = [];
    await packModel(folder.path("progress.gguf"), folder.path("progress.pack"), {
      onProgress: (done, total) => seen.push([done, total]),
    });
    assert.ok(seen.length > 10);
    assert.ok(seen.every(([done, total], i) => done <= total && done >= (seen[i - 1]?.[0] ?? 0)));
    assert.equal(seen.at(-1)?.[0], seen.at(-1)?.[1]);
  });
});
