/** What every model's numbers must not depend on, tested on one of random weights. */
import assert from "node:assert/strict";
import { GREEDY } from "../../engine/native.ts";
import { addon, promptOf, request, withSmallModel } from "./smallModel.ts";

describe("a loaded model", function () {
  this.timeout(60000);
  const small = withSmallModel();

  describe("numerics", () => {
    it("do not depend on the number of threads, bit for bit", async () => {
      const prompt = promptOf(150);
      const one = await small.model.logits(prompt, "int8");
      for (const threads of [2, 3]) {
        const other = await small.load({ threads });
        assert.deepEqual(Buffer.from((await other.logits(prompt, "int8")).buffer), Buffer.from(one.buffer));
        await other.close();
      }
    });

    it("do not depend on the kernel set, bit for bit", async () => {
      const prompt = promptOf(70);
      const best = await small.model.logits(prompt, "int8");
      assert.ok(addon.info().kernels.length >= 1);
      for (const kernel of addon.info().kernels) {
        const other = await small.load({ kernel });
        assert.equal(other.kernel, kernel);
        assert.deepEqual(Buffer.from((await other.logits(prompt, "int8")).buffer), Buffer.from(best.buffer), kernel);
        await other.close();
      }
    });

    it("of a position do not depend on what is computed behind it in the same batch", async () => {
      const prompt = promptOf(130);
      const vocab = small.model.config.vocabSize;
      const whole = await small.model.logits(prompt, "int8");
      for (const length of [1, 2, 3, 63, 64, 65, 128]) {
        const part = await small.model.logits(prompt.slice(0, length), "int8");
        assert.deepEqual(part, whole.slice(0, length * vocab), `first ${length} tokens`);
      }
    });

    /** Sampling at temperature 1 over the full vocabulary: one differing logit bit would soon change the text. */
    const sampled = { ...GREEDY, temperature: 1, seed: 42 };

    it("do not depend on the cache: fed whole, in pieces, or after a hit", async () => {
      const prompt = promptOf(140);
      const want = await small.model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(want.cachedTokens, 0);

      const hit = await small.model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(hit.cachedTokens, 139);
      assert.equal(hit.prefilledTokens, 1);
      assert.deepEqual(hit.tokens, want.tokens);

      small.model.clearCache();
      for (const length of [1, 2, 5, 64, 65, 66, 100, 139]) {
        await small.model.generate(request(prompt.slice(0, length), { maxTokens: 0 })).done;
      }
      const pieces = await small.model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(pieces.cachedTokens, 139);
      assert.deepEqual(pieces.tokens, want.tokens);

      // Another continuation in the same slot, then back: the divergent part must be gone.
      await small.model.generate(request(Uint32Array.from([...prompt.slice(0, 100), ...promptOf(20, 9)]))).done;
      const back = await small.model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.ok(back.cachedTokens >= 100);
      assert.deepEqual(back.tokens, want.tokens);
    });

    it("of the logits call equal those that generation uses", async () => {
      const prompt = promptOf(20);
      const vocab = small.model.config.vocabSize;
      const last = (await small.model.logits(prompt, "int8")).slice(-vocab);
      const best = last.reduce((at, value, i) => (value > last[at]! ? i : at), 0);
      const result = await small.model.generate(request(prompt, { maxTokens: 1 })).done;
      assert.deepEqual(Array.from(result.tokens), [best]);
    });

    it("of the int8 head are close to those of the f16 head", async () => {
      const f16 = await small.load({ head: "f16" });
      const prompt = promptOf(40);
      const a = await small.model.logits(prompt, "float");
      const b = await f16.logits(prompt, "float");
      await f16.close();
      let error = 0;
      let power = 0;
      a.forEach((value, i) => {
        error += (value - b[i]!) ** 2;
        power += b[i]! ** 2;
      });
      // Eight bits a weight: a relative error of about 2^-8 / sqrt(3) against the row's largest weight.
      assert.ok(error > 0 && Math.sqrt(error / power) < 0.02, String(Math.sqrt(error / power)));
    });
  });
});
