/** Files of architecture minicpm: where their factors go in a pack, and what is refused. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { TensorType } from "../../../engine/models/gguf/types.ts";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { RopeScaling, Section } from "../../../engine/models/packFormat.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, removeValue, type Spec, setValue, tensorOf, ternary } from "./ggufSpec.ts";
import { KEYS, miniCpmFile, SHAPE } from "./miniCpmSpec.ts";
import { halfAt, headOf, readSections } from "./packSections.ts";

const f32 = (key: string, value: number) => (spec: Spec) => setValue(spec, `minicpm.${key}`, { type: "f32", value });
const text = (key: string, value: string) => (spec: Spec) =>
  setValue(spec, `minicpm.${key}`, { type: "string", value });
const remove = (key: string) => (spec: Spec) => removeValue(spec, `minicpm.${key}`);
const setFactor = (name: string, value: number) => (spec: Spec) =>
  new DataView(tensorOf(spec, name).data.buffer).setFloat32(20, value, true);
const removeTensors = (part: string) => (spec: Spec) => {
  spec.tensors = spec.tensors.filter(({ name }) => !name.includes(part));
};
const LIMITS = "not a number between 0.000001 and 1000000. The file is damaged";

const REFUSED: readonly [what: string, bend: (spec: Spec) => void, message: string][] = [
  ...["embedding_scale", "residual_scale", "logit_scale"].flatMap((key): typeof REFUSED => [
    [`no ${key}`, remove(key), `key minicpm.${key}: is missing. The file is damaged`],
    [`a ${key} of 0`, f32(key, 0), `key minicpm.${key}: is 0, ${LIMITS}`],
    [`a negative ${key}`, f32(key, -12), `key minicpm.${key}: is -12, ${LIMITS}`],
    [`a ${key} of NaN`, f32(key, Number.NaN), `key minicpm.${key}: is NaN, ${LIMITS}`],
    [`an infinite ${key}`, f32(key, Number.POSITIVE_INFINITY), `key minicpm.${key}: is Infinity, ${LIMITS}`],
    [`a ${key} that is text`, text(key, "12"), `key minicpm.${key}: is of the wrong type`],
  ]),
  ["an epsilon that the residual scale makes 4", f32("residual_scale", 0.05), "key minicpm.residual_scale: is 0.05"],
  [
    "an embedding that its scale makes too large",
    f32("embedding_scale", 9e5),
    "tensor token_embd.weight: holds a value that is not finite or beyond the range of half precision",
  ],
  [
    "a ternary embedding",
    (spec) =>
      Object.assign(tensorOf(spec, "token_embd.weight"), ternary("", "PQ2_0", SHAPE.vocab, 256, 1), {
        name: "token_embd.weight",
      }),
    "tensor token_embd.weight: is of type PQ2_0, whose scales cannot take in the embedding's scale",
  ],
  [
    "another rotation",
    text("rope.scaling.type", "linear"),
    'key minicpm.rope.scaling.type: is "linear", which this version cannot compute',
  ],
  ["a factor for all pairs", f32("rope.scaling.factor", 4), "key minicpm.rope.scaling.factor: is 4, which"],
  ["a magnitude of 0", f32("rope.scaling.attn_factor", 0), "key minicpm.rope.scaling.attn_factor: is 0, not a number"],
  [
    "an original context of 0",
    (spec) => setValue(spec, "minicpm.rope.scaling.original_context_length", { type: "u32", value: 0 }),
    "key minicpm.rope.scaling.original_context_length: is 0, not a whole number",
  ],
  ["no short factors", removeTensors("factors_short"), "tensor rope_factors_short.weight: is missing"],
  ["no long factors", removeTensors("factors_long"), "tensor rope_factors_long.weight: is missing"],
  ["factors without LongRoPE", remove("rope.scaling.type"), "belongs to no part of the model"],
  [
    "too few factors",
    (spec) => Object.assign(tensorOf(spec, "rope_factors_short.weight"), { shape: [32], data: new Uint8Array(128) }),
    "tensor rope_factors_short.weight: has the shape [32]",
  ],
  ["a factor of 0", setFactor("rope_factors_short.weight", 0), "tensor rope_factors_short.weight: holds a factor"],
  ["a negative factor", setFactor("rope_factors_short.weight", -1), "tensor rope_factors_short.weight: holds a factor"],
  [
    "a factor of NaN",
    setFactor("rope_factors_short.weight", Number.NaN),
    "tensor rope_factors_short.weight: holds a value that is not finite",
  ],
  [
    "a bias",
    (spec) => spec.tensors.push({ ...tensorOf(spec, "output_norm.weight"), name: "blk.0.attn_q.bias" }),
    "belongs to no part of the model",
  ],
];

describe("files of architecture minicpm", () => {
  const folder = temporaryFolder();

  async function pack(form: "tied" | "untied", bend: (spec: Spec) => void = () => undefined) {
    const { spec, weights } = miniCpmFile(form);
    bend(spec);
    writeFileSync(folder.path("model.gguf"), encodeSpec(spec));
    await packModel(folder.path("model.gguf"), folder.path("model.pack"));
    return { ...(await readSections(folder.path("model.pack"))), weights };
  }

  for (const form of ["tied", "untied"] as const) {
    it(`${form}: have the embedding's scale in its weights, and the others in epsilon and the output norm`, async () => {
      const { info, find, bytes, weights } = await pack(form);
      const values = (name: string) => weights.get(name)?.values ?? new Float64Array();
      const [embeddingScale, residualScale, logitScale, epsilon] = [
        Math.fround(KEYS.embeddingScale),
        Math.fround(KEYS.residualScale),
        Math.fround(KEYS.logitScale),
        Math.fround(KEYS.epsilon),
      ];
      const gain = embeddingScale / residualScale;
      const embedding = bytes(find(Section.embedding));
      values("token_embd.weight").forEach((value, i) => {
        const rounded = F16_TO_F32[toF16(value * gain)] ?? 0;
        // A product in another order may be rounded to the other neighbour.
        assert.ok(Math.abs(halfAt(embedding, i) - rounded) <= Math.abs(rounded) * 2 ** -10, `weight ${i}`);
      });
      assert.equal(info.config.rmsEpsilon, Math.fround(epsilon / residualScale ** 2));
      const norm = bytes(find(Section.outputNorm));
      values("output_norm.weight").forEach((value, i) => {
        const expected = value / logitScale / (form === "tied" ? gain : 1);
        assert.ok(Math.abs(norm.readFloatLE(4 * i) - expected) <= expected * 2 ** -23, `channel ${i}`);
      });
      if (form === "tied") return;
      const head = bytes(find(Section.headF16));
      values("output.weight").forEach((value, i) => {
        assert.equal(halfAt(head, i), F16_TO_F32[toF16(value)], `head ${i}`);
      });
      const { arrays } = headOf({ find, bytes }, SHAPE.vocab, 256);
      const largest = Math.max(...values("output.weight").subarray(0, 256).map(Math.abs));
      assert.ok(Math.abs((arrays(0)[0] ?? 0) * 127 - largest) < 0.001 * largest);
    });
  }

  it("have the factors of the short context, which is the whole one where the file does not tell", async () => {
    const { info, find, bytes, weights } = await pack("tied");
    const factors = bytes(find(Section.ropeFactors));
    const short = weights.get("rope_factors_short.weight")?.values ?? [];
    assert.deepEqual(
      Array.from({ length: factors.length / 4 }, (_, i) => factors.readFloatLE(4 * i)),
      [...short],
    );
    const { ropeScaling, ropeOriginalContext, ropeMagnitude, contextLength } = info.config;
    assert.deepEqual(
      { ropeScaling, ropeOriginalContext, ropeMagnitude, contextLength },
      {
        ropeScaling: RopeScaling.longRope,
        ropeOriginalContext: KEYS.originalContext,
        ropeMagnitude: Math.fround(KEYS.magnitude),
        contextLength: KEYS.originalContext,
      },
    );
    const { info: silent } = await pack("tied", (spec) => {
      removeValue(spec, "minicpm.rope.scaling.original_context_length");
      removeValue(spec, "minicpm.rope.scaling.attn_factor");
    });
    assert.equal(silent.config.contextLength, KEYS.context);
    assert.equal(silent.config.ropeMagnitude, 1);
  });

  it("need no factors of the rotation", async () => {
    const { info } = await pack("tied", (spec) => {
      text("rope.scaling.type", "none")(spec);
      removeTensors("rope_factors")(spec);
    });
    assert.equal(info.config.contextLength, KEYS.context);
    assert.ok(!info.sections.some(({ kind }) => kind === Section.ropeFactors));
  });

  it("keep the scale of each block of TQ2_0 for both of its groups", async () => {
    const { info, find, bytes, weights } = await pack("tied");
    assert.equal(info.config.groupSize, 128);
    const { values } = weights.get("blk.0.ffn_down.weight") ?? { values: new Float64Array() };
    const down = bytes(find(Section.ffnDown, 0));
    // A unit of t2 begins with the scales of its 32 rows.
    const unit = 64 + 8 * 128;
    for (const row of [0, 5, 31]) {
      for (let group = 0; group < SHAPE.ffn / 128; group++) {
        const columns = values.subarray(row * SHAPE.ffn + 128 * group, row * SHAPE.ffn + 128 * (group + 1));
        assert.equal(halfAt(down.subarray(group * unit), row), Math.max(...columns), `${row}, ${group}`);
      }
    }
  });

  for (const [what, bend, message] of REFUSED) {
    it(`are refused with one sentence: ${what}`, async () => {
      await assert.rejects(pack("tied", bend), (error) => {
        assert.ok(error instanceof ModelFileError, String(error));
        assert.ok(error.message.includes(message), error.message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    });
  }

  it("may have a body with scales per group", async () => {
    const { info } = await pack("tied", (spec) => {
      spec.tensors = spec.tensors.map((tensor, i) =>
        tensor.type === TensorType.TQ2_0
          ? ternary(tensor.name, "PQ2_0", Number(tensor.shape[1]), Number(tensor.shape[0]), i)
          : tensor,
      );
    });
    assert.equal(info.metadata.sourceType, "PQ2_0");
  });
});
