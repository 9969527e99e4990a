import assert from "node:assert/strict";
import { tooLong } from "../../../scripts/lib/lengths.mjs";

const body = (lines: number, indent = "  ") =>
  Array.from({ length: lines }, (_, i) => `${indent}step(${i});`).join("\n");

describe("the limits of length", () => {
  const kept: [what: string, file: string, text: string][] = [
    ["a file of 400 lines", "a.css", "x\n".repeat(400)],
    ["a C++ function of 60 lines", "a.cc", `void f(int a) {\n${body(58)}\n}\n`],
    ["a long class of short functions", "a.h", `class A {\n${"  void f() {\n    g();\n  }\n".repeat(30)}};\n`],
    ["a long table", "a.cc", `constexpr int kTable[] = {\n${"  1,\n".repeat(90)}};\n`],
    ["a Python function of 60 lines", "a.py", `def f(a):\n${body(59, "    ")}\n\n\ndef g():\n    pass\n`],
    ["a long Python class of short functions", "a.py", `class A:\n${"    def f(self):\n        pass\n\n".repeat(30)}`],
  ];
  for (const [what, file, text] of kept) it(`let pass ${what}`, () => assert.deepEqual(tooLong(file, text, {}), []));

  const refused: [what: string, file: string, text: string, message: RegExp][] = [
    ["a file of 401 lines", "a.css", "x\n".repeat(401), /^a\.css:1: the file has 401 lines/],
    ["a C++ function of 61 lines", "a.cc", `int g;\nvoid f(int a) {\n${body(59)}\n}\n`, /^a\.cc:2: f has 61 lines/],
    [
      "a long method whose head goes over two lines",
      "a.cc",
      `template <typename T>\nvoid Model::forward(const T& a,\n                    int b) {\n${body(70)}\n}\n`,
      /Model::forward has 74 lines/,
    ],
    [
      "a long function inside a class",
      "a.h",
      `class A {\n public:\n  void f() {\n${body(70, "    ")}\n  }\n};\n`,
      /f has 72 lines/,
    ],
    ["a long Python function", "a.py", `def f(\n    a,\n):\n${body(60, "    ")}\n`, /^a\.py:1: f has 63 lines/],
  ];
  for (const [what, file, text, message] of refused) {
    it(`refuse ${what}`, () => {
      const found = tooLong(file, text, {});
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", message);
    });
  }

  it("let pass what has a reason", () => {
    const text = `void f() {\n${body(70)}\n}\n`;
    assert.deepEqual(tooLong("a.cc", text, { "a.cc:f": "a table in disguise" }), []);
    assert.equal(tooLong("a.cc", text, { "a.cc:g": "a table in disguise" }).length, 1);
  });
});
