import assert from "node:assert/strict";
import { TypingSpeed } from "../../../engine/completion/typingSpeed.ts";

describe("the speed of typing", () => {
  const keys = (...gaps: number[]) => {
    const speed = new TypingSpeed();
    let now = 1000;
    speed.recordKey(now);
    for (const gap of gaps) {
      now += gap;
      speed.recordKey(now);
    }
    return speed.typicalMs;
  };

  it("is the mean of the gaps between keys in the flow of typing", () => {
    assert.equal(keys(100, 120, 140, 100, 140), 120);
    assert.equal(keys(100, 120, 5000, 140, 100, 0, 140), 120);
  });

  it("is assumed until a few are known, and forgets what is long past", () => {
    assert.equal(keys(), keys(50, 50, 50));
    assert.equal(keys(...Array<number>(60).fill(100), ...Array<number>(50).fill(200)), 200);
  });
});
