import assert from "node:assert/strict";
import { afterEnter } from "../../../engine/completion/enter.ts";
import { contextAt } from "../support/marked.ts";

/** [document with ^ at the cursor, the document after Enter with the cursor at ^; undefined where Enter is not likely] */
const CASES: [languageId: string, before: string, after: string | undefined][] = [
  ["typescript", "a();^", "a();\n^"],
  ["typescript", "  a();^\nb();", "  a();\n  ^\nb();"],
  ["typescript", "if (a) {^", "if (a) {\n  ^"],
  ["typescript", "if (a) {^}", "if (a) {\n  ^\n}"],
  ["typescript", "\tif (a) {^}\nb", "\tif (a) {\n\t\t^\n\t}\nb"],
  ["typescript", "f([^])", "f([\n  ^\n])"],
  ["typescript", "f(a^)", undefined],
  ["typescript", "f(a,^)", undefined],
  ["typescript", "const a^", undefined],
  ["typescript", "a +^", undefined],
  ["typescript", "a();^ // why", undefined],
  ["python", "if a:^", "if a:\n  ^"],
  ["python", "class A:\n    x = 1\n    def f(self):^", "class A:\n    x = 1\n    def f(self):\n        ^"],
  ["python", "x = {^}", "x = {\n  ^\n}"],
];

describe("the place after Enter", () => {
  for (const [languageId, before, expected] of CASES) {
    it(`in ${languageId}: ${JSON.stringify(before)}`, () => {
      const next = afterEnter(contextAt(before, languageId));
      const below = next?.below === undefined ? "" : `\n${next.below}`;
      assert.equal(next && `${next.prefix}^${next.restOfLine}${below}`, expected);
    });
  }

  it("is indented as the editor says", () => {
    const context = contextAt("if (a) {^");
    const indented = (insertSpaces: boolean, tabSize: number) =>
      afterEnter({ ...context, indent: { insertSpaces, tabSize } })?.prefix;
    assert.equal(indented(true, 4), "if (a) {\n    ");
    assert.equal(indented(false, 4), "if (a) {\n\t");
  });
});
