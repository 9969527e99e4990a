import assert from "node:assert/strict";
import { join } from "node:path";
import { modelInfo } from "../../../engine/models/info.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { Section } from "../../../engine/models/packFormat.ts";
import { readVocabulary, summariseVocabulary } from "../../../engine/models/vocabBlob.ts";
import { temporaryFolder } from "./folder.ts";
import { readSections } from "./packSections.ts";

const { STERNA_GOLDEN } = process.env;
const FILES = ["small-i2_s", "small-f16", "small-tq1_0.bitnet-arch", "small-tq2_0.bitnet-arch"];

describe(`golden models${STERNA_GOLDEN ? "" : " (skipped: STERNA_GOLDEN is not set)"}`, () => {
  const folder = temporaryFolder();
  const golden = (name: string) => join(STERNA_GOLDEN ?? "", name);

  before(function () {
    if (!STERNA_GOLDEN) this.skip();
  });

  it("hold the same weights in every type", async () => {
    const packs = await Promise.all(
      FILES.map(async (name) => {
        await packModel(golden(`${name}.gguf`), folder.path(`${name}.pack`));
        return readSections(folder.path(`${name}.pack`));
      }),
    );
    const [reference, ...others] = packs;
    assert.ok(reference !== undefined);
    assert.equal(reference.all.size, 39);
    others.forEach((other, i) => {
      assert.deepEqual([...other.all.keys()], [...reference.all.keys()]);
      for (const [key, bytes] of reference.all) {
        if (key.startsWith(`${Section.metadata}/`)) continue;
        assert.ok(bytes.equals(other.all.get(key) ?? Buffer.alloc(0)), `section ${key} of ${FILES[i + 1]}`);
      }
    });
    assert.deepEqual(
      packs.map(({ info }) => info.config.activation),
      [0, 0, 1, 1],
    );
  });

  it("have the shapes that their description tells", async () => {
    const { model, tokenizer } = await modelInfo(golden("small-i2_s.gguf"));
    assert.ok(model !== undefined);
    assert.deepEqual(
      [model.hiddenSize, model.layerCount, model.headCount, model.kvHeadCount, model.headDim, model.ffnSize],
      [256, 4, 4, 2, 64, 768],
    );
    assert.deepEqual([model.contextLength, model.ropeTheta, model.headType], [2048, 500000, "tied"]);
    const { bos, eos, eot } = tokenizer.special;
    assert.deepEqual([bos, eos, eot, tokenizer.tokens], [4096, 4097, 4105, 4352]);
  });

  it("have a vocabulary of LLaMA-3 whose end of turn is found by its text", async () => {
    const blob = await readVocabulary(golden("ggml-vocab-llama-bpe.gguf"));
    assert.deepEqual(summariseVocabulary(blob), {
      tokens: 128256,
      merges: 280147,
      preTokenizer: "llama-bpe",
      addBos: true,
      special: { bos: 128000, eos: 128001, eot: 128009, fimPrefix: null, fimSuffix: null, fimMiddle: null },
    });
  });
});
