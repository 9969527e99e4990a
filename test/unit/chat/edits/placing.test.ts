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
  it("a statement, and the head of the block that goes on below", () => {
    const file = (head: string) => `func f() error {\n${head}\n\t\treturn a\n\t}\n\treturn nil\n}\n`;
    const code = selected("go", file(">\ta := b()\n>\tif a == nil {"), "tab");
    const head = "\ta := c()\n\tif a != nil {";
    assert.equal(changed("edit", code, head.trimStart()), file(head));
  });
  it("parameters, each with its kind", () => {
    const file = (list: string) => `class A(\n${list}\n  override val z: Z,\n)\n`;
    const code = selected("kotlin", file(">  private val a: A,"), 2);
    const list = "  internal val b: B,\n  override val c: C,\n  val d: D,";
    assert.equal(changed("edit", code, list.trimStart()), file(list));
  });
  it("several items of a list", () => {
    const file = (steps: string) => `jobs:\n  a:\n    steps:\n${steps}\n      - name: d\n`;
    const steps = "      - uses: b\n      - name: c\n        run: e && f";
    const code = selected("yaml", file(">      - uses: b"), 2);
    assert.equal(changed("edit", code, steps.trimStart()), file(steps));
  });
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
      "with a comment between directives, where a directive went on on the next line",
      "c",
      "#define Z\n\n// Why.\n>#if A && \\\n>      B\n>#elif C\n#  define D\n#endif\n",
      "#if A\n// No.\n#elif E || \\\n    F",
      "#define Z\n\n// Why.\n#if A\n// No.\n#elif E || \\\n    F\n#  define D\n#endif\n",
    ],
    [
      "whose brackets close below at the depth that they have",
      "unknown",
      "f = ->\n  g\n\n>  if a\n>    b c\n\n      d\n  }\n}\n",
      "H = {\n  i: {\n    j: ->\n      k",
      "f = ->\n  g\n\nH = {\n  i: {\n    j: ->\n      k\n\n      d\n  }\n}\n",
    ],
    [
      "no deeper than its neighbours, where the group around it has gone",
      "go",
      "type A struct{}\n\n>\t// B is one.\n>\ttype B struct{}\n\n// C is one.\ntype C struct{}\n",
      "// B is one.\ntype B struct{}",
      "type A struct{}\n\n// B is one.\ntype B struct{}\n\n// C is one.\ntype C struct{}\n",
    ],
    [
      "that is a definition above another, where statements stood",
      "python",
      "def f():\n    return 1\n\n>    a()\n>    b()\n\ndef g():\n    c()\n",
      "def h(a: int) -> int:\n    return a",
      "def f():\n    return 1\n\ndef h(a: int) -> int:\n    return a\n\ndef g():\n    c()\n",
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
      "that opens a block round the lines below, as deep as the block that it is in",
      "c",
      "void f() {\n    TEST(a) {\n>        char b[9];\n        for (;;) {\n            g(b);\n        }\n    }\n    }\n}",
      "    for (int i = 0; i < n; i++) {\n        char b[i];\n        h(b);",
      "void f() {\n    TEST(a) {\n    for (int i = 0; i < n; i++) {\n        char b[i];\n        h(b);\n        for (;;) {\n            g(b);\n        }\n    }\n    }\n}",
    ],
    [
      "with tabs in one line and blanks in the others",
      "csharp",
      "{\n        {\n>            while (a)\n            {\n            }\n        }\n}",
      "\t\t\tb();\n            while (a)",
      "{\n        {\n\t\t\tb();\n            while (a)\n            {\n            }\n        }\n}",
    ],
    [
      "in a file that begins with a byte order mark",
      "csharp",
      ">\uFEFF// Old.\n>a();\nb();",
      "\uFEFF// New.\na(1);",
      "\uFEFF// New.\na(1);\nb();",
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
      "that comments lines out at the margin",
      "yaml",
      "steps:\n      - a: 1\n\n>      - b: 2\n>        c: 3\n>        d: 4\n\n  e: 5\n",
      "#  Why.\n#      - b: 2\n#        c: 0\n#        d: 4",
      "steps:\n      - a: 1\n\n#  Why.\n#      - b: 2\n#        c: 0\n#        d: 4\n\n  e: 5\n",
    ],
    [
      "that comments its first line out at the margin",
      "typescript",
      "function f() {\n>    a();\n>    b();\n    c();\n}",
      "//    a();\n    d();",
      "function f() {\n//    a();\n    d();\n    c();\n}",
    ],
    [
      "that comments a line in its middle out at the margin",
      "python",
      "def f():\n>    if a:\n>        b()\n>    c()\n",
      "    if a:\n#         b()\n        d()\n    c()",
      "def f():\n    if a:\n#         b()\n        d()\n    c()\n",
    ],
    [
      "that marks a line in its first column",
      "lua",
      "f(function()\n    a()\n\n>    local b = c\n    d(b)\nend)\n",
      ">   local b = c",
      "f(function()\n    a()\n\n>   local b = c\n    d(b)\nend)\n",
    ],
    [
      "that comments elements out at the margin",
      "html",
      "<ul>\n>    <li>a</li>\n>    <li>b</li>\n</ul>",
      "<!--    <li>a</li>-->\n<!--    <li>b</li>-->",
      "<ul>\n<!--    <li>a</li>-->\n<!--    <li>b</li>-->\n</ul>",
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
      "that ends a function, and begins another one",
      "lua",
      "f = function()\n  if a then\n    b()\n  end\n>  if c then\n>    d()\n  end\nend\n",
      "end\nlocal g\ng = function()\n  if e then\n    d()",
      "f = function()\n  if a then\n    b()\n  end\nend\nlocal g\ng = function()\n  if e then\n    d()\n  end\nend\n",
    ],
    [
      "that begins a definition of which the file has none deeper",
      "python",
      "def f():\n    assert a\n\n>    b()\n\n    assert c\n",
      "def g():\n    d()",
      "def f():\n    assert a\n\ndef g():\n    d()\n\n    assert c\n",
    ],
    [
      "that goes on with a type as the file goes on with others",
      "fsharp",
      "type A =\n    static member B () = ()\n\n>    static member C (x: D) = x\n    static member C (x: E) = x\n",
      "type A with\n    static member C (x: F) = x",
      "type A =\n    static member B () = ()\n\ntype A with\n    static member C (x: F) = x\n    static member C (x: E) = x\n",
    ],
    [
      "of a template whose lines are at the margin",
      "unknown",
      "$if(a)$\n      <p>$a$</p>\n>      $if(b)$\n      <b>$b$</b>\n$endif$\n$if(c)$\n",
      "$endif$\n$if(b)$",
      "$if(a)$\n      <p>$a$</p>\n$endif$\n$if(b)$\n      <b>$b$</b>\n$endif$\n$if(c)$\n",
    ],
    [
      "whose last line goes on below",
      "unknown",
      "text = [[\n]]\n\n>  f: ->\n>    [[import a from b\nimport c from d\n]]",
      "    g: ->\n      [[\nimport a from b",
      "text = [[\n]]\n\n    g: ->\n      [[\nimport a from b\nimport c from d\n]]",
    ],
    [
      "with a block that begins like the one it is in",
      "php",
      "if (a) {\n    try {\n>        $b = 1;\n        c();\n        } finally {\n            d();\n        }\n    } catch (E $e) {\n    }\n}",
      "        try {\n            $b = 2;",
      "if (a) {\n    try {\n        try {\n            $b = 2;\n        c();\n        } finally {\n            d();\n        }\n    } catch (E $e) {\n    }\n}",
    ],
    [
      "with a call in the same call",
      "sql",
      "{{ f(\n    replace(\n>        replace(a, 'b', 'c'\n        ), 'd', 'e'\n    )\n) }}",
      "        replace(\n            replace(a, 'f', 'g'\n            ), 'b', 'c'",
      "{{ f(\n    replace(\n        replace(\n            replace(a, 'f', 'g'\n            ), 'b', 'c'\n        ), 'd', 'e'\n    )\n) }}",
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

describe("an answer at the margin that comments lines out where they stand is moved to its place", () => {
  const cases: [string, string, string, string][] = [
    [
      "with the marks at the code's own depth",
      "function f() {\n>    if (a) {\n>        b();\n>    }\n    c();\n}",
      "// if (a) {\n//     b();\n// }",
      "function f() {\n    // if (a) {\n    //     b();\n    // }\n    c();\n}",
    ],
    [
      "of one line",
      "function f() {\n>    b();\n    c();\n}",
      "// b();\nd();",
      "function f() {\n    // b();\n    d();\n    c();\n}",
    ],
    [
      "with an indented comment of other words",
      "function f() {\n>    b();\n    c();\n}",
      "// Options:\n//     b: why\nd();",
      "function f() {\n    // Options:\n    //     b: why\n    d();\n    c();\n}",
    ],
  ];
  for (const [what, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected("typescript", file, 4), answer), expected));
  }
});

describe("code of a new file", () => {
  const cases: [string, string, string, string][] = [
    ["goes to the margin", "csharp", "    int a;\n\n    int b;", "int a;\n\nint b;"],
    [
      "goes to the margin, whatever its strings hold",
      "python",
      '    a = """\ntext\n    """\n    b()',
      'a = """\ntext\n    """\nb()',
    ],
    [
      "stays as deep as it is between directives at the margin",
      "csharp",
      "#if A\n    int a;\n#endif\n\n    int b;",
      "#if A\n    int a;\n#endif\n\n    int b;",
    ],
    ["moves with directives", "c", "  #if A\n  int a;\n  #endif", "#if A\nint a;\n#endif"],
  ];
  for (const [what, languageId, answer, expected] of cases) {
    it(what, () => assert.equal(reindent(answer.split("\n"), [], 4, { languageId }).join("\n"), expected));
  }
});
