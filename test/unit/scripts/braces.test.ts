import assert from "node:assert/strict";
import { missingBraces } from "../../../scripts/lib/braces.mjs";

describe("the style of braces", () => {
  const kept: [what: string, text: string][] = [
    ["a body on the line of its condition", "if (a) return b;\nfor (const a of b) c(a);\n"],
    ["a body in braces", "if (a) {\n  return b;\n} else {\n  c();\n}\n"],
    ["a condition of several lines with braces", "if (\n  a &&\n  b\n) {\n  c();\n}\n"],
    ["a call that closes like a condition", "check(\n  a,\n)\n  .then(b);\n"],
    ["an object that the line returns", "  if (a) return {\n    b,\n  };\n"],
    ["a pattern with parentheses", 'if (/\\)$/.test(a) || a === ")" || /[(]/.test(a)) return b;\n'],
    ["a loop that waits", "for await (const a of b) c(a);\n"],
  ];
  for (const [what, text] of kept) it(`lets pass ${what}`, () => assert.deepEqual(missingBraces("a.ts", text), []));

  const refused: [what: string, text: string, line: number][] = [
    ["the body of an if", "x();\nif (a)\n  b();\n", 2],
    ["the body of an else", "if (a) {\n  b();\n} else\n  c();\n", 3],
    ["the body of an else if", "if (a) b();\nelse if (c)\n  d();\n", 2],
    ["the body of a loop within a function", "function f() {\n  for (const a of b)\n    c(a);\n}\n", 2],
    ["the body of an if that the compiler decides", "  if constexpr (A)\n    b();\n", 1],
    ["the body of an if in C++ whose condition goes over two lines", "  if (a &&\n      b)\n    return c;\n", 2],
    ["the body behind a condition of several lines", "  if (\n    a &&\n    b\n  )\n    c();\n", 4],
  ];
  for (const [what, text, line] of refused) {
    it(`asks for braces around ${what}`, () => {
      assert.deepEqual(missingBraces("a.ts", text), [
        `a.ts:${line}: the body is on a line of its own and needs braces`,
      ]);
    });
  }
});
