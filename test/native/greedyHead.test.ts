/** The int8 head's choice must be that of the f16 head, however sure or unsure the model is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { packModel } from "../../engine/models/packer.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import { GREEDY, loadAddon, type NativeModel } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

const PROMPTS = 20;
const TOKENS = 500;

describe("the greedy choice of the int8 head is that of the f16 head", function () {
  this.timeout(300_000);
  const folder = temporaryFolder();

  /** What both heads write after random prompts. A single different choice would change everything after it. */
  async function compare(gguf: string, prompts: number, drafts: boolean): Promise<void> {
    const pack = folder.path("model.pack");
    await packModel(gguf, pack, loadAddon(root).preferredLayouts());
    const write = async (head: "int8" | "f16") => {
      const model = await loadAddon(root).loadModel(pack, { head, threads: 2 });
      try {
        const texts: Uint32Array[] = [];
        for (let seed = 0; seed < prompts; seed++) texts.push(await continuation(model, seed, drafts));
        return texts;
      } finally {
        await model.close();
      }
    };
    const [ours, theirs] = [await write("int8"), await write("f16")];
    assert.equal(
      ours.reduce((sum, text) => sum + text.length, 0),
      prompts * TOKENS,
    );
    assert.deepEqual(ours, theirs);
  }

  async function continuation(model: NativeModel, seed: number, drafts: boolean): Promise<Uint32Array> {
    const { vocabSize } = model.config;
    const tokens = Uint32Array.from({ length: 12 }, (_, i) => (seed * 104729 + i * 7919 + 300) % vocabSize);
    const request = { tokens, maxTokens: TOKENS, sampling: GREEDY, stop: [], stopTokens: new Uint32Array(), drafts };
    return (await model.generate({ ...request, priority: 0 }).done).tokens;
  }

  it(`at ${PROMPTS * TOKENS} places of the built-in model`, () =>
    compare(join(root, "models", "sterna-builtin.gguf"), PROMPTS, false));

  // The low nibbles of 9,001 rows of 1,024 are larger than what stays mapped, so rows are read.
  const shape = { ...parseShape("1024x2x8x4x1536"), vocabSize: 9001 };
  for (const [what, peak, prompts, drafts] of [
    [`at ${PROMPTS * TOKENS} places of a synthetic model as sure as a trained one`, 8, PROMPTS, false],
    ["where the model is less sure, and drafts are checked together", 6, 4, true],
    ["where nothing tells the tokens apart", 0, 2, false],
  ] as const) {
    it(what, async () => {
      await synthesise(folder.path("model.gguf"), { shape, type: "TQ2_0", seed: 7, peak });
      await compare(folder.path("model.gguf"), prompts, drafts);
    });
  }
});
