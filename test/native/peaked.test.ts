/** Synthetic models whose logits are as peaked as those of a trained model (synthPeaked.ts). */
import assert from "node:assert/strict";
import { packModel } from "../../engine/models/packer.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import { GREEDY, loadAddon, type NativeModel } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

describe("a synthetic model with a peak", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const shape = { ...parseShape("1024x3x8x4x1536"), vocabSize: 4001 };
  const tokens = Uint32Array.from({ length: 96 }, (_, i) => (1237 * i * i + 11) % shape.vocabSize);

  async function withModel<T>(
    options: Partial<Parameters<typeof synthesise>[1]>,
    use: (model: NativeModel) => Promise<T>,
  ): Promise<T> {
    await synthesise(folder.path("peak.gguf"), { shape, type: "TQ2_0", seed: 5, ...options });
    await packModel(folder.path("peak.gguf"), folder.path("peak.pack"));
    const model = await loadAddon(root).loadModel(folder.path("peak.pack"), { threads: 2 });
    try {
      return await use(model);
    } finally {
      await model.close();
    }
  }

  /** For each position, how many standard deviations the largest logit is above the mean, and its token. */
  async function tops(model: NativeModel): Promise<{ height: number; token: number }[]> {
    const logits = await model.logits(tokens, "int8");
    return Array.from(tokens, (_, position) => {
      const row = logits.subarray(position * shape.vocabSize, (position + 1) * shape.vocabSize);
      const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
      const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length);
      const token = row.reduce((best, x, i) => (x > (row[best] ?? 0) ? i : best), 0);
      return { height: ((row[token] ?? 0) - mean) / deviation, token };
    });
  }
  const average = (found: { height: number }[]) => found.reduce((sum, { height }) => sum + height, 0) / found.length;

  for (const architecture of ["bitnet-b1.58", "bitnet"] as const) {
    it(`of architecture ${architecture} has it where it was asked for, with heights that vary`, async () => {
      for (const peak of [6, 8]) {
        const found = await withModel({ peak, architecture }, tops);
        assert.ok(Math.abs(average(found) / peak - 1) < 0.12, `${average(found)} for ${peak}`);
        const heights = found.map(({ height }) => height).sort((a, b) => a - b);
        const [low = 0, high = 0] = [heights[9], heights[86]];
        assert.ok(high - low > 0.25 * peak && high - low < peak, `${low} to ${high}`);
        assert.ok(new Set(found.map(({ token }) => token)).size > 90);
      }
    });
  }

  it("writes no token twice in a row, nor soon again", async () => {
    const text = await withModel({ peak: 8 }, async (model) => {
      const request = { tokens: tokens.subarray(0, 5), maxTokens: 100, sampling: GREEDY, stop: [] };
      return (await model.generate({ ...request, stopTokens: new Uint32Array(), priority: 0 }).done).tokens;
    });
    assert.ok(new Set(text).size > 80, `${text}`);
  });

  it("is flat with the peak 0", async () => {
    // The largest of 4001 normally distributed numbers is 3.6 on average.
    const found = await withModel({ peak: 0 }, tops);
    assert.ok(Math.abs(average(found) - 3.6) < 0.3, `${average(found)}`);
  });
});
