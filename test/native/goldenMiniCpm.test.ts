/** Compares small models of architecture minicpm with the graph in float64 (miniCpmReference.ts). */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { packModel } from "../../engine/models/packer.ts";
import {
  ENTRY,
  HEADER,
  HEADER_BYTES,
  RopeScaling,
  SECTION_ENTRY_BYTES,
  Section,
} from "../../engine/models/packFormat.ts";
import { readPackInfo } from "../../engine/models/packInfo.ts";
import { type LayoutName, type LoadOptions, loadAddon, type NativeModel } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { encodeSpec } from "../unit/models/ggufSpec.ts";
import { KEYS, miniCpmFile, SHAPE } from "../unit/models/miniCpmSpec.ts";
import { root } from "../unit/root.ts";
import { compare, greedy32 } from "./goldens.ts";
import { type Keys, referenceLogits } from "./miniCpmReference.ts";

const FORMS = ["tied", "untied"] as const;
type Form = (typeof FORMS)[number];
const LAYOUTS = ["t2", "t16"] as const;
/** The largest difference of logits. It comes from rounding the scaled embedding to half precision. */
const LARGEST = 0.003;
const TOKENS = Array.from({ length: 60 }, (_, i) => (97 * i + 13) % SHAPE.vocab);

describe("models of architecture minicpm", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const addon = loadAddon(root);
  const files = { tied: miniCpmFile("tied"), untied: miniCpmFile("untied") };
  const wanted = { tied: referenceLogits(files.tied, TOKENS), untied: referenceLogits(files.untied, TOKENS) };
  const pack = (form: Form, layout: LayoutName) => folder.path(`${form}-${layout}.pack`);

  before(async () => {
    for (const form of FORMS) {
      writeFileSync(folder.path(`${form}.gguf`), encodeSpec(files[form].spec));
      for (const layout of LAYOUTS) await packModel(folder.path(`${form}.gguf`), pack(form, layout), { layout });
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

  for (const form of FORMS) {
    for (const layout of LAYOUTS) {
      it(`${form}, ${layout}: with float activations equal the reference and write the same text`, () =>
        withModel(pack(form, layout), { head: "f16", kv: "f32" }, async (model) => {
          const ours = await model.logits(Uint32Array.from(TOKENS), "float");
          const found = compare(ours, wanted[form], SHAPE.vocab);
          if (process.env.STERNA_SHOW) console.log(form, layout, JSON.stringify(found));
          assert.ok(found.max < LARGEST, JSON.stringify(found));
          const prompt = TOKENS.slice(0, 20);
          const text = await greedy32(model, { name: form, tokens: prompt }, "float");
          const logits = referenceLogits(files[form], [...prompt, ...text]);
          text.forEach((token, i) => {
            const row = logits.subarray((19 + i) * SHAPE.vocab, (20 + i) * SHAPE.vocab);
            assert.ok((row[token] ?? 0) > Math.max(...row) - 2 * LARGEST, `token ${i}`);
          });
        }));
    }

    it(`${form}: with int8 activations stay near the reference, the same with every kernel set and layout`, async () => {
      let first: Float32Array | undefined;
      for (const layout of LAYOUTS) {
        for (const kernel of addon.info().kernels) {
          const ours = await withModel(pack(form, layout), { kernel, head: "int8" }, (model) =>
            model.logits(Uint32Array.from(TOKENS), "int8"),
          );
          first ??= ours;
          assert.deepEqual(ours, first, `${layout} ${kernel}`);
        }
      }
      const found = compare(first ?? new Float32Array(), wanted[form], SHAPE.vocab);
      if (process.env.STERNA_SHOW) console.log(form, JSON.stringify(found));
      assert.ok(found.mean < 0.03 && found.sameTop > 0.85, JSON.stringify(found));
    });
  }

  for (const form of FORMS) {
    it(`${form}: the int8 head writes the largest of its logits, alone and in a batch`, () =>
      withModel(pack(form, addon.preferredLayouts().layout), { head: "int8" }, async (model) => {
        const prompt = TOKENS.slice(0, 20);
        const text = await greedy32(model, { name: form, tokens: prompt }, "int8");
        assert.equal(text.length, 32);
        const logits = await model.logits(Uint32Array.from([...prompt, ...text]), "int8");
        text.forEach((token, i) => {
          const row = logits.subarray((19 + i) * SHAPE.vocab, (20 + i) * SHAPE.vocab);
          assert.equal(row.indexOf(Math.max(...row)), token, `token ${i}`);
        });
      }));
  }

  it("have a context as long as the factors are for", () =>
    withModel(pack("tied", "t2"), { kv: "f32" }, (model) => {
      assert.equal(model.config.contextLength, KEYS.originalContext);
      return Promise.resolve();
    }));

  it("are refused by the loader where a factor is not above 0 or not finite, or the original context is missing", async () => {
    const file = folder.path("bad.pack");
    const refused = async (
      change: (bytes: Buffer, factors: { entry: number; offset: number; size: number }) => void,
    ) => {
      const bytes = readFileSync(pack("tied", "t2"));
      const { sections } = await readPackInfo(pack("tied", "t2"));
      const index = sections.findIndex(({ kind }) => kind === Section.ropeFactors);
      const { offset, size } = sections[index] ?? assert.fail("no factors");
      const entry = HEADER_BYTES + index * SECTION_ENTRY_BYTES;
      change(bytes, { entry, offset, size });
      bytes.writeUInt32LE(crc32(bytes.subarray(offset, offset + size)), entry + ENTRY.crc);
      bytes.writeUInt32LE(0, HEADER.headerCrc);
      const end = HEADER_BYTES + sections.length * SECTION_ENTRY_BYTES;
      bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), HEADER.headerCrc);
      writeFileSync(file, bytes);
      let message = "";
      await assert.rejects(addon.loadModel(file, { threads: 1 }), (error: Error) => {
        message = error.message;
        return true;
      });
      return message.slice(file.length);
    };
    for (const value of [0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, -Infinity]) {
      for (const place of ["first", "last"]) {
        assert.equal(
          await refused((bytes, { offset, size }) =>
            bytes.writeFloatLE(value, place === "first" ? offset : offset + size - 4),
          ),
          ": rope factors holds a factor that is not above 0 or not finite; import the model again",
        );
      }
    }
    assert.equal(
      await refused((bytes) => bytes.writeUInt32LE(0, HEADER.ropeOriginalContext)),
      ": original context length is missing; import the model again",
    );
    assert.equal(
      await refused((bytes, { entry }) => bytes.writeUInt32LE(63, entry + ENTRY.cols)),
      ": rope factors has the wrong shape or size; import the model again",
    );
    assert.equal(
      await refused((bytes) => bytes.writeUInt32LE(RopeScaling.none, HEADER.ropeScaling)),
      ": has sections that this model does not use; import the model again",
    );
    assert.equal(
      await refused((bytes) => bytes.writeUInt32LE(3, HEADER.ropeScaling)),
      ": rope scaling 3 is unknown; import the model again",
    );
  });

  const changes: [what: string, changed: Partial<Keys>, factors: string | null][] = [
    ["the embedding's scale", { embeddingScale: 10 }, "rope_factors_short.weight"],
    ["the residual scale", { residualScale: 0.31 }, "rope_factors_short.weight"],
    ["the logits' scale", { logitScale: 1.6 }, "rope_factors_short.weight"],
    ["epsilon", { epsilon: 0.02 }, "rope_factors_short.weight"],
    ["the rotation's magnitude", { magnitude: 1 }, "rope_factors_short.weight"],
    ["no factors of the rotation", {}, null],
    ["the long context's factors", {}, "rope_factors_long.weight"],
  ];
  for (const [what, changed, factors] of changes) {
    it(`would be told from those with other values: ${what}`, () => {
      for (const form of FORMS) {
        const other = referenceLogits(files[form], TOKENS, { ...KEYS, ...changed }, factors);
        const { max } = compare(other, wanted[form], SHAPE.vocab);
        if (process.env.STERNA_SHOW) console.log(form, what, max);
        assert.ok(max > 5 * LARGEST, `${form}: ${max}`);
      }
    });
  }
});
