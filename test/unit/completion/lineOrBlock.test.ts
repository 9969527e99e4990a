import assert from "node:assert/strict";
import { afterEnter } from "../../../engine/completion/enter.ts";
import { type Shape, shapeOf } from "../../../engine/completion/lineOrBlock.ts";
import { columnsOf } from "../../../engine/text/indentation.ts";
import { opensBlock } from "../../../engine/text/languages.ts";
import { contextAt } from "../support/marked.ts";

/** [document with ^ at the cursor, shape, language] */
const SHAPES: [document: string, shape: Shape, languageId?: string][] = [
  ["const a = ^", "line"],
  ["if (a) {^", "block"],
  ["if (a) {^}", "block"],
  ["if (a) {\n  ^\n}", "block"],
  ["if (a) {\n  ^\n  b();\n}", "line"],
  ["if (a) {^\n  b();\n}", "line"],
  ["if (a) {^ b(); }", "line"],
  ["const f = () =>^", "block"],
  ["for f in *; do^", "block", "shellscript"],
  ["def f():\n    ^", "block", "python"],
  ["def f():\n    ^\n    return 1", "line", "python"],
  ["const a = { b:^", "line"],
  ["a();\n^", "line"],
];

describe("the shape of a suggestion", () => {
  for (const [document, shape, languageId] of SHAPES) {
    it(`is a ${shape} at ${JSON.stringify(document)}`, () => {
      assert.equal(shapeOf(contextAt(document, languageId), false), shape);
    });
  }

  it("is a block behind what was just accepted, unless text follows on the line", () => {
    assert.equal(shapeOf(contextAt("a();^"), true), "block");
    assert.equal(shapeOf(contextAt("a(^ + b);"), true), "line");
  });

  it("counts a tab as four columns, and knows what opens a block", () => {
    assert.equal(columnsOf("\t  a"), 6);
    assert.equal(columnsOf("a"), 0);
    assert.ok(opensBlock("else:", "python") && !opensBlock("else:", "typescript") && !opensBlock("undo", "lua"));
  });
});

/** [document with ^ at the cursor, the same after Enter or null where that is not likely] */
const ENTERS: [document: string, after: string | null][] = [
  ["  a();^\n  b();", "  a();\n  ^\n  b();"],
  ["  if (a) {^}", "  if (a) {\n    ^\n  }"],
  ["\tif (a) {^\n\t\tb();", "\tif (a) {\n\t\t^\n\t\tb();"],
  ["  call(^)", "  call(\n    ^\n  )"],
  ["const a = ^", null],
  ["value^", null],
  ["a(^b)", null],
  ["call(a^);", null],
  ["", null],
];

describe("Enter", () => {
  for (const [document, after] of ENTERS) {
    it(`at ${JSON.stringify(document)} leads to ${JSON.stringify(after)}`, () => {
      const next = afterEnter(contextAt(document === "" ? "^" : document));
      const below = next?.below === undefined ? "" : `\n${next.below}`;
      assert.equal(next === undefined ? null : `${next.prefix}^${next.restOfLine}${below}`, after);
    });
  }

  it("indents as the editor says", () => {
    const context = { ...contextAt("if (a) {^"), indent: { insertSpaces: false, tabSize: 8 } };
    assert.equal(afterEnter(context)?.prefix, "if (a) {\n\t");
  });
});
