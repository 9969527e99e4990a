import assert from "node:assert/strict";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { affordablePrompt, promptBudget } from "../../../engine/prompt/budget.ts";

describe("the prompt's budget", () => {
  const speeds: { speed: number; previous?: number; tokens: number }[] = [
    { speed: 1, tokens: 256 },
    { speed: 50, tokens: 256 },
    { speed: 102.4, tokens: 256 },
    { speed: 160, tokens: 384 },
    { speed: 205, tokens: 512 },
    { speed: 410, tokens: 1024 },
    { speed: 10_000, tokens: 2048 },
    { speed: Number.MAX_SAFE_INTEGER, tokens: 2048 },
    // A small difference changes nothing; a large one does.
    { speed: 205, previous: 512, tokens: 512 },
    { speed: 250, previous: 512, tokens: 512 },
    { speed: 170, previous: 512, tokens: 512 },
    { speed: 320, previous: 512, tokens: 768 },
    { speed: 120, previous: 512, tokens: 256 },
  ];
  for (const { speed, previous, tokens } of speeds) {
    it(`at ${speed} tokens a second${previous === undefined ? "" : ` after ${previous} tokens`} is ${tokens}`, () => {
      assert.equal(affordablePrompt(speed, previous), tokens);
    });
  }

  it("is shared out within the context", () => {
    for (const { context, max, affordable } of [
      { context: 512, max: 32, affordable: 2048 },
      { context: 4096, max: 64, affordable: 384 },
      { context: 64, max: 32, affordable: 256 },
    ]) {
      const { path, suffix, prefix } = promptBudget(context, max, affordable);
      assert.ok(path + suffix + prefix <= Math.min(affordable, context - max));
      assert.ok(prefix > suffix && suffix > 0 && path > 0);
    }
  });

  it("follows the speed of real requests, and not of very short ones", () => {
    const speed = new PrefillSpeed(1000);
    assert.equal(speed.promptTokens, 2048);
    speed.observe({ prefilledTokens: 3, prefillMs: 100 });
    speed.observe({ prefilledTokens: 100, prefillMs: 0 });
    assert.equal(speed.tokensPerSecond, 1000);
    for (let i = 0; i < 40; i++) speed.observe({ prefilledTokens: 100, prefillMs: 1000 });
    assert.ok(Math.abs(speed.tokensPerSecond - 100) < 1);
    assert.equal(speed.promptTokens, 256);
  });
});
