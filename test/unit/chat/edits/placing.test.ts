import assert from "node:assert/strict";
import { reindent } from "../../../../engine/chat/edits/reindent.ts";
import { changed, selected } from "./changedFile.ts";

/** A method as it is written in a class, indented by four columns. */
const METHODS: [string, string, string][] = [
  ["whose last line is a closing bracket", "python", "def f(self):\n    return dict(\n        a=1,\n    )"],
  [
    "whose last lines are closing brackets",
    "python",
    "def f(self):\n    return [\n        (\n            1,\n        ),\n    ]",
  ],
  [
    "that ends with a call over lines",
    "python",
    "async def f(\n    self,\n    a: int,\n) -> None:\n    await g(\n        a\n    )",
  ],
  ["with a decorator over lines", "python", "@cache(\n    size=1,\n)\ndef f(self):\n    return 1"],
  ["with aligned arguments", "python", "def f(self,\n      a,\n      b):\n    return g(a,\n             b)"],
  [
    "with a chain of calls",
    "python",
    "def f(self):\n    return (\n        self.q\n        .filter(1)\n        .all()\n    )",
  ],
  ["with a docstring", "python", 'def f(self):\n    """One.\n\n    Two.\n    """\n    return 1'],
  ["with a comment first", "python", "# Why.\ndef f(self):\n    return {\n        1: 2,\n    }"],
  ["of braces", "typescript", "f(a: number) {\n    return g(\n        a,\n    );\n}"],
  [
    "with a case",
    "java",
    "int f(int a) {\n    switch (a) {\n        case 1:\n            return 2;\n        default:\n            return 3;\n    }\n}",
  ],
  ["of words", "ruby", "def f(a)\n  if a\n    1\n  else\n    2\n  end\nend"],
  [
    "with a lambda",
    "kotlin",
    "fun f() =\n    list\n        .map { it }\n        .filter {\n            it > 1\n        }",
  ],
  ["of one line", "python", "x = 1"],
  ["of two equal lines", "python", "x = 1\ny = 2"],
];

const indented = (code: string, by: string) =>
  code
    .split("\n")
    .map((line) => (line === "" ? "" : by + line))
    .join("\n");

describe("a method keeps how its lines stand to one another", () => {
  for (const [what, languageId, method] of METHODS) {
    for (const by of ["    ", "\t", "        "]) {
      const code = by === "\t" ? method.replaceAll(/^( {4})+/gm, (run) => "\t".repeat(run.length / 4)) : method;
      const top = by.length === 8 ? "class A:\n    if x:\n" : "class A:\n";
      const old = indented(languageId === "python" ? "old = 0\nolder = 1" : "old();\nolder();", by);
      const context = selected(
        languageId,
        `${top}${old.replaceAll(/^/gm, ">")}\n\n${by}after`,
        by === "\t" ? "tab" : 4,
      );
      const expected = `${top}${indented(code, by)}\n\n${by}after`;
      it(`${what}, at the margin, in a place at ${JSON.stringify(by)}`, () =>
        assert.equal(changed("edit", context, code), expected));
      it(`${what}, as it stands in the file, at ${JSON.stringify(by)}`, () =>
        assert.equal(changed("edit", context, indented(code, by)), expected));
    }
  }
});

describe("an answer whose first line alone is at the margin", () => {
  const place = (text: string) => `class A:\n    def f(self):\n${text}\n        return 3\n`;
  const cases: [string, string][] = [
    ["several statements", "        x = 1\n        y = 2\n        z = 3"],
    ["a condition", "        if x:\n            y = 2"],
    ["a loop, then more", "        for x in y:\n            z(x)\n        print(z)"],
    ["a call over lines", "        x = f(\n            1,\n        )"],
  ];
  for (const [what, text] of cases) {
    it(what, () => {
      const code = selected("python", place(">        a = 0\n>        b = 1"));
      assert.equal(changed("edit", code, text.trimStart()), place(text));
    });
  }
});

describe("an answer as it stands in the file stays as it is", () => {
  const cases: [string, string, string, string, string][] = [
    ["deeper than before", "typescript", "if (a) {\n>  b();\n}", "    b();", "if (a) {\n    b();\n}"],
    [
      "with directives at the margin",
      "c",
      "int f() {\n>    a();\n}",
      "#ifdef X\n    b();\n#endif",
      "int f() {\n#ifdef X\n    b();\n#endif\n}",
    ],
    [
      "no deeper than its neighbours, where the group around it has gone",
      "go",
      "type A struct{}\n\n>\t// B is one.\n>\ttype B struct{}\n\n// C is one.\ntype C struct{}\n",
      "// B is one.\ntype B struct{}",
      "type A struct{}\n\n// B is one.\ntype B struct{}\n\n// C is one.\ntype C struct{}\n",
    ],
    [
      "that only takes a step back, up to the end of the block",
      "go",
      "type A interface {\n\t// B is one.\n\tB()\n\n>\t\t// C is one.\n>\t\tC()\n>\t}\n",
      "\t// C is one.\n\tC()\n}",
      "type A interface {\n\t// B is one.\n\tB()\n\n\t// C is one.\n\tC()\n}\n",
    ],
    [
      "as deep as what else is in a namespace",
      "cpp",
      "namespace a {\n>  template <typename T>\n>  struct b<T> : c {};\n\ntemplate <> struct d : e {\n  int f;\n};\n}\n",
      "template <> struct b<int> : c {};",
      "namespace a {\ntemplate <> struct b<int> : c {};\n\ntemplate <> struct d : e {\n  int f;\n};\n}\n",
    ],
    [
      "that leaves the block",
      "typescript",
      "function f() {\n>  a();\n}",
      "  a();\n}\n\nfunction g() {\n  b();",
      "function f() {\n  a();\n}\n\nfunction g() {\n  b();\n}",
    ],
    [
      "with tabs in a Makefile",
      "makefile",
      "all:\n>\tcc a.c",
      "\tcc -O2 a.c\n\tstrip a",
      "all:\n\tcc -O2 a.c\n\tstrip a",
    ],
    [
      "with text in a template",
      "typescript",
      "  const a = 1;\n>  const b = `x`;",
      "  const b = `\nat the margin\n      deep\n  `;",
      "  const a = 1;\n  const b = `\nat the margin\n      deep\n  `;",
    ],
    [
      "with a here-document",
      "shellscript",
      "f() {\n>  a\n}",
      "  cat <<EOF\ntext\n   more\nEOF",
      "f() {\n  cat <<EOF\ntext\n   more\nEOF\n}",
    ],
    [
      "with its own continuation",
      "python",
      "def f():\n>    x = 1",
      "    x = (1 +\n         2)\n    y = x \\\n        + 1",
      "def f():\n    x = (1 +\n         2)\n    y = x \\\n        + 1",
    ],
  ];
  for (const [what, languageId, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected(languageId, file, 2), answer), expected));
  }
});

describe("steps of indentation", () => {
  it("of the file are kept where the answer has others", () => {
    const code = selected("typescript", "function f() {\n  if (a) {\n    b();\n  }\n}\n>g();", 2);
    assert.ok(changed("edit", code, "if (g) {\n    h();\n}").endsWith("\nif (g) {\n  h();\n}"));
  });
  it("that the file has, too, are kept", () => {
    const code = selected("typescript", "function f() {\n    if (a) {\n      b();\n    }\n}\n>g();", 4);
    assert.ok(changed("edit", code, "if (g) {\n    h();\n}").endsWith("\nif (g) {\n    h();\n}"));
  });
  it("become tabs in a file of tabs, also in a place inside of a block", () => {
    const code = selected("go", "func f() {\n\tif a {\n\t\tb()\n\t}\n>\tc()\n}", "tab");
    assert.ok(changed("edit", code, "    if c {\n        d()\n    }").includes("\n\tif c {\n\t\td()\n\t}\n"));
  });
  it("do not change what a string holds", () => {
    const lines = ["f(`", "    four", "`);", "if (a) {", "    b();", "}"];
    const out = reindent(lines, ["if (x) {", "  y();", "}"], 2, { languageId: "typescript" });
    assert.deepEqual(out, ["f(`", "    four", "`);", "if (a) {", "  b();", "}"]);
  });
});
