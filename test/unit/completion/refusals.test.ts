import assert from "node:assert/strict";
import { type DebounceInput, debounceDelay, MODE_PRESETS } from "../../../engine/completion/debounce.ts";
import { refusalReason, widgetTextAt } from "../../../engine/completion/refusals.ts";
import { TypingSpeed } from "../../../engine/completion/typingSpeed.ts";
import type { CompleteParams } from "../../../engine/protocol/completion.ts";

const ASKED: CompleteParams = { uri: "a", version: 1, offset: 0, trigger: "automatic" };

describe("the model is not asked", () => {
  const rows: [why: string | undefined, params: Partial<CompleteParams>, rest: string][] = [
    [undefined, {}, ""],
    [undefined, {}, ");"],
    ["middle-of-word", {}, "name"],
    ["middle-of-word", {}, "é"],
    ["middle-of-word", {}, "$a"],
    ["selection", { isSelecting: true }, ""],
    ["several-cursors", { cursors: 2 }, ""],
    ["several-cursors", { cursors: 2, trigger: "manual" }, ""],
    [undefined, { trigger: "manual", isSelecting: true }, "name"],
  ];
  for (const [why, params, rest] of rows) {
    it(`${why ?? "without a reason"}: ${JSON.stringify(params)} before ${JSON.stringify(rest)}`, () => {
      assert.equal(refusalReason({ ...ASKED, ...params }, rest), why);
    });
  }
});

describe("with an item selected in the suggest widget", () => {
  const item = (offset: number, length: number, text: string) => ({ offset, length, text });
  const rows: [item: CompleteParams["widgetItem"], prefix: string, widgetText: string | undefined][] = [
    [undefined, "a.le", ""],
    [item(2, 2, "length"), "a.le", "ngth"],
    [item(2, 2, "le"), "a.le", ""],
    [item(4, 0, "length"), "a.b.", "length"],
    // Another item, one that also replaces what follows, one that replaces what stands before, and one of two lines.
    [item(2, 2, "lift"), "a.le", undefined],
    [item(2, 4, "length"), "a.le", undefined],
    [item(4, 0, "x"), "a.", undefined],
    [item(2, 2, "le\n"), "a.le", undefined],
  ];
  for (const [selected, prefix, widgetText] of rows) {
    it(`${JSON.stringify(selected?.text)} at ${prefix} begins with ${JSON.stringify(widgetText)}`, () => {
      assert.equal(widgetTextAt(selected, prefix, prefix.length), widgetText);
    });
  }
});

describe("the wait before the model is asked", () => {
  const moment: DebounceInput = {
    trigger: "automatic",
    configuredMs: null,
    mode: "eager",
    typicalMs: 200,
    responseMs: 40,
    last: " ",
  };
  const wait = (changes: Partial<DebounceInput>) => debounceDelay({ ...moment, ...changes });

  it("is the pause in which the answer should be there, less the time that it takes", () => {
    assert.equal(wait({}), 200 * MODE_PRESETS.eager.gaps - 40);
    assert.equal(wait({ responseMs: 10_000 }), 0);
    assert.equal(wait({ typicalMs: 400, responseMs: 0, mode: "subtle" }), 1000);
  });

  it("is none before a model that is quick, in the eager mode", () => {
    assert.equal(wait({ responseMs: 20 }), 0);
    assert.ok(wait({ responseMs: 21 }) > 0);
    assert.ok(wait({ responseMs: 20, mode: "subtle" }) > 0);
    // Not known yet.
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

describe("the rhythm of typing", () => {
  const keys = (...gaps: number[]) => {
    const rhythm = new TypingSpeed();
    let now = 1000;
    rhythm.recordKey(now);
    for (const gap of gaps) {
      now += gap;
      rhythm.recordKey(now);
    }
    return rhythm.typicalMs;
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
