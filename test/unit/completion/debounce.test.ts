import assert from "node:assert/strict";
import { type DebounceInput, debounceDelay, MODE_PRESETS } from "../../../engine/completion/debounce.ts";

describe("the wait before the model is asked", () => {
  const input: DebounceInput = {
    trigger: "automatic",
    configuredMs: null,
    mode: "eager",
    typicalMs: 200,
    responseMs: 40,
    last: " ",
  };
  const wait = (changes: Partial<DebounceInput>) => debounceDelay({ ...input, ...changes });

  it("is the pause in which the answer should be there, less the time that it takes", () => {
    assert.equal(wait({}), 200 * MODE_PRESETS.eager.gaps - 40);
    assert.equal(wait({ responseMs: 10_000 }), 0);
    assert.equal(wait({ typicalMs: 400, responseMs: 0, mode: "subtle" }), 1000);
  });

  it("is none before a model that is quick, in the eager mode", () => {
    assert.equal(wait({ responseMs: 20 }), 0);
    assert.ok(wait({ responseMs: 21 }) > 0);
    assert.ok(wait({ responseMs: 20, mode: "subtle" }) > 0);
    // The response time is not known yet.
    assert.ok(wait({ responseMs: 0 }) > 0);
  });

  it("is longer inside a word, and in the subtle mode", () => {
    for (const last of ["a", "_", "7", "ü"]) assert.ok(wait({ last }) > wait({}), last);
    assert.ok(wait({ mode: "subtle" }) > wait({}));
  });

  it("is what the user has set, and none when asked by hand", () => {
    assert.equal(wait({ configuredMs: 350 }), 350);
    assert.equal(wait({ configuredMs: 0 }), 0);
    assert.equal(wait({ configuredMs: 350, trigger: "manual" }), 0);
  });
});
