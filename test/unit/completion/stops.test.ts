import assert from "node:assert/strict";
import { blankLine } from "../../../engine/completion/stops/blankLine.ts";
import { dedent } from "../../../engine/completion/stops/dedent.ts";
import { stopAt } from "../../../engine/completion/stops/index.ts";
import { lineBelow } from "../../../engine/completion/stops/lineBelow.ts";
import { markup } from "../../../engine/completion/stops/markup.ts";
import { repetition } from "../../../engine/completion/stops/repetition.ts";
import type { StopRule } from "../../../engine/completion/stops/rule.ts";
import { suffixStart } from "../../../engine/completion/stops/suffixStart.ts";
import { contextAt } from "../support/marked.ts";

/**
 * [document with ^ at the cursor, text so far with | where it should have ended, or without it where it may continue]
 */
type Row = [document: string, text: string];

function table(name: string, rule: StopRule, rows: Row[], languageId?: string): void {
  describe(`a text stops at ${name}`, () => {
    for (const [document, marked] of rows) {
      it(`${JSON.stringify(document)} + ${JSON.stringify(marked)}`, () => {
        const end = rule(marked.replace("|", ""), contextAt(document, languageId));
        const expected = marked.indexOf("|");
        assert.equal(end, expected === -1 ? undefined : expected);
      });
    }
  });
}

table("a blank line", blankLine, [
  ["^", "a();\nb();"],
  ["^", "a();|\n\nb();"],
  ["^", "a();|\n  \t\nb();"],
  ["if (x) {^", "\n\n  a();"],
  ["^", "a();\n"],
]);

table("a dedent", dedent, [
  ["  ^", "a();\n  b();"],
  ["  ^", "a();|\nb();"],
  ["  a^", "();|\nb();"],
  ["if (x) {^", "\n  a();\n}"],
  ["if (x) {^", "\n  a();\n}|\nb();"],
  ["if (x) {^", "\n  a();|\nb();"],
  ["  if (x) {^", "\n    a();\n  });|\n  b();"],
  ["  if (x) {^", "\n    a();|\n}"],
  ["if (x) {^ // done", "\n  a();|\n}"],
  ["\tif (x) {^", "\n\t\ta();\n\t}|\n\tb();"],
  ["  ^", "a();\n\n  b();"],
]);
table(
  "a dedent in Python",
  dedent,
  [
    ["def f():^", "\n    return 1|\nprint(f())"],
    ["def f():^", '\n    x = """\nSELECT 1\n"""\n    return x|\nprint(f())'],
  ],
  "python",
);
table("a dedent in C", dedent, [["void f() {^", "\n  a();\n#if B\n  b();\n#endif\n}|\nint c;"]], "c");

table("the line below", lineBelow, [
  ["^\nreturn total;", "a();|\nreturn total;\n"],
  ["  ^\n\n  return total;", "a();|\n  return total;"],
  ["function f() {^\n  i++;", "\n  while (q) {\n    i++;\n"],
  ["@font-face {^\n@font-face {", "\n  src: x;"],
  ["retu^\nreturn total;", "|rn total;"],
  ["^\n}", "a();\n}"],
  ["^\nreturn total;", "a();\nreturn tot"],
  ["^", "a();\nb();"],
]);

table("markup", markup, [
  ["^", "a();|\n```"],
  ["^", "|```typescript"],
  ["^", "a();|<|im_end|>"],
  ["^", "a();|</s>"],
  ["^", "`a` + `b`"],
  ["^", "a << b > c"],
]);
table("no markup where that is the text", markup, [["^", "a\n```"]], "markdown");
table("no markup in comments and strings", markup, [
  ["/**\n *^", " ```ts"],
  ["EOS = ^", '"</s>"'],
  ["a = `\n^", "```\n"],
]);
table("no markup where it is an element", markup, [["<p>^", "old <s>9</s>"]], "html");

table("a loop", repetition, [
  ["^", "abc abc abc abc abc |"],
  ["x: ^", "[number, number, number, number]"],
  ["// abc abc abc abc ^", "abc |"],
  ["^", "a.push(1);|\na.push(1);\na.push(1);\n"],
  ["^", "a.push(1);\na.push(2);\na.push(3);\n"],
  ["^", "}\n}\n}\n"],
  ["^", "None,\nNone,\nNone,\n"],
]);

table("the rest of the line", suffixStart, [
  ["call(^, options)", "value|, options)"],
  ["call(^)", "value)"],
  ["call(^, b)", "value, b)"],
  ["const alpha = ^ + gamma;", "compute(beta)| + gamma;"],
  ["if (same(^ updated", "current, updated"],
]);

describe("the stop rules together", () => {
  it("end the text where the first of them does", () => {
    const context = contextAt("  ^\n  return total;");
    assert.equal(stopAt("a();\n\n  return total;", context, "block"), 4);
    assert.equal(stopAt("a();\n  return total;", context, "block"), 4);
    assert.equal(stopAt("a();\n  b();", context, "block"), undefined);
  });

  it("leave blank lines and dedents alone in a single line", () => {
    assert.equal(stopAt("a();\n\nb();", contextAt("  ^"), "line"), undefined);
  });
});
