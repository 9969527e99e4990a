import assert from "node:assert/strict";
import { refusalReason, widgetTextAt } from "../../../engine/completion/refusals.ts";
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
    // Another item; one that also replaces text after the cursor; one that replaces text before it; and one of two
    // lines.
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
