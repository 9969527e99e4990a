import assert from "node:assert/strict";
import { insertion } from "../../../../engine/chat/edits/insertion.ts";
import type { CodeContext } from "../../../../engine/protocol/tasks.ts";

describe("code at the cursor", () => {
  const insert = (file: string, text: string, languageId = "python", after = "") => {
    const lines = file.split("\n");
    const line = lines.findIndex((each) => each.includes("|"));
    const [before = "", rest = ""] = (lines[line] ?? "").split("|");
    const code: CodeContext = {
      path: "a",
      languageId,
      text: file.replace("|", ""),
      selection: { start: line, end: line + 1 },
      symbols: [],
      indent: 4,
    };
    lines[line] = before + insertion(code, text, { before, after: rest + after }) + rest;
    return lines.join("\n");
  };
  const cases: [what: string, languageId: string, file: string, text: string, expected: string][] = [
    [
      "stands as deep as the cursor",
      "python",
      "class A:\n    def f(self):\n        |\n",
      "if a:\n    b()\nc()",
      "class A:\n    def f(self):\n        if a:\n            b()\n        c()\n",
    ],
    [
      "that stands as in the file",
      "python",
      "class A:\n    def f(self):\n        |\n",
      "        if a:\n            b()\n        c()",
      "class A:\n    def f(self):\n        if a:\n            b()\n        c()\n",
    ],
    [
      "with its first line at the margin",
      "python",
      "class A:\n    def f(self):\n        |\n",
      "a = 1\n        b = 2",
      "class A:\n    def f(self):\n        a = 1\n        b = 2\n",
    ],
    [
      "with tabs in a file of tabs",
      "go",
      "func f() {\n\t|\n}",
      "if a {\n\tb()\n}",
      "func f() {\n\tif a {\n\t\tb()\n\t}\n}",
    ],
    [
      "before what stands on the line",
      "typescript",
      "function f() {\n    |return a;\n}",
      "if (b) {\n    c();\n}",
      "function f() {\n    if (b) {\n        c();\n    }\n    return a;\n}",
    ],
    [
      "in the middle of a line",
      "typescript",
      "    const a = |;\n",
      "{\n    b: 1,\n}",
      "    const a = {\n        b: 1,\n    };\n",
    ],
    ["at the margin", "python", "|\nx", "def f():\n    pass", "def f():\n    pass\nx"],
    ["of one line", "python", "def f():\n    x = |\n", "g(1)\n", "def f():\n    x = g(1)\n"],
    ["with blank lines in it", "python", "def f():\n    |\n", "a()\n\nb()", "def f():\n    a()\n\n    b()\n"],
    ["with blank lines before it", "python", "def f():\n    |\n", "\n\na()\nb()", "def f():\n    a()\n    b()\n"],
    [
      "that is an item of a list, whose keys are as deep as its text",
      "yaml",
      "updates:\n  |\n    schedule:\n      interval: weekly\n",
      "- package-ecosystem: gomod\n  directory: /",
      "updates:\n  - package-ecosystem: gomod\n    directory: /\n    schedule:\n      interval: weekly\n",
    ],
    [
      "that is an item of a list, with a key that has a block",
      "yaml",
      "steps:\n  |\n",
      "- with:\n    a: 1\n  run: |\n    b",
      "steps:\n  - with:\n      a: 1\n    run: |\n      b\n",
    ],
    [
      "that is an item of a list, whose key has a list as deep as itself",
      "yaml",
      "steps:\n  |\n",
      "- on:\n  - a\n  - b\n  if: c",
      "steps:\n  - on:\n    - a\n    - b\n    if: c\n",
    ],
    ["that is an item of several lines", "markdown", "- a\n  |\n", "- b\n  c\n- d", "- a\n  - b\n    c\n  - d\n"],
    [
      "that is a numbered item of several lines",
      "markdown",
      "1. a\n   |\n",
      "1. b\n   c\n\n   d\n2. e",
      "1. a\n   1. b\n      c\n\n      d\n   2. e\n",
    ],
    [
      "whose supertypes go on below",
      "kotlin",
      "sealed class A {\n    class B(\n        val c: C,\n    |\n        val d = 1\n    }\n}\n",
      ") : E(),\n    F,\n    G {",
      "sealed class A {\n    class B(\n        val c: C,\n    ) : E(),\n        F,\n        G {\n        val d = 1\n    }\n}\n",
    ],
    [
      "whose head has several lines, with a body one step deeper than it begins",
      "java",
      "class A {\n  |\n}\n",
      "static class B\n    extends C\n    implements D {\n  int e;\n}",
      "class A {\n  static class B\n      extends C\n      implements D {\n    int e;\n  }\n}\n",
    ],
    [
      "that declares several things",
      "javascript",
      "function f() {\n  |\n}\n",
      "const a = 1,\n  b = 2;",
      "function f() {\n  const a = 1,\n    b = 2;\n}\n",
    ],
    [
      "in a string that holds a program, with the program's comments",
      "go",
      "const a = `\n    if b; then\n        |\n    fi\n`\n",
      "# if this\nc\n\n# d\nif e; then\n    f\nfi",
      "const a = `\n    if b; then\n        # if this\n        c\n\n        # d\n        if e; then\n            f\n        fi\n    fi\n`\n",
    ],
    [
      "with comments that read like directives",
      "toml",
      "[a]\n  |\n",
      "# define b\nb = 1\n# if c\nd = 2",
      "[a]\n  # define b\n  b = 1\n  # if c\n  d = 2\n",
    ],
    [
      "with directives, which stay at the margin",
      "c",
      "int f() {\n    |\n}\n",
      "#ifdef A\na();\n#endif\nb();",
      "int f() {\n    #ifdef A\n    a();\n#endif\n    b();\n}\n",
    ],
    ["that is text", "markdown", "- a\n  |\n", "- b\n- c", "- a\n  - b\n  - c\n"],
    [
      "with a string that is laid out with the code",
      "typescript",
      "f(() => {\n  |\n});\n",
      "expect(a).toBe(`\n  [\n    1,\n  ]\n`);\nexpect(b);",
      "f(() => {\n  expect(a).toBe(`\n    [\n      1,\n    ]\n  `);\n  expect(b);\n});\n",
    ],
    [
      "with a program in quotes that is laid out with the code",
      "shellscript",
      "f() {\n  |\n}\n",
      "awk '\n  /a/ { next }\n  {\n    print\n  }\n' file\ng",
      "f() {\n  awk '\n    /a/ { next }\n    {\n      print\n    }\n  ' file\n  g\n}\n",
    ],
    [
      "with a string whose text is at the margin",
      "typescript",
      "f(() => {\n  |\n});\n",
      "expect(a).toBe(`\none\n  two\n`);",
      "f(() => {\n  expect(a).toBe(`\none\n  two\n`);\n});\n",
    ],
    [
      "with a comment that begins behind a directive",
      "c",
      "int f() {\n    a();\n|\n    b();\n}\n",
      "#ifdef A /* one,\n            two */",
      "int f() {\n    a();\n#ifdef A /* one,\n            two */\n    b();\n}\n",
    ],
    [
      "with steps that are not those of the words between members",
      "cpp",
      "class A {\n public:\n  int a;\n\n private:\n  |\n};\n",
      "struct B {\n  int b;\n};",
      "class A {\n public:\n  int a;\n\n private:\n  struct B {\n    int b;\n  };\n};\n",
    ],
    [
      "with an operator on the next line, and brackets below one another",
      "haskell",
      "f a =\n  |\n",
      "a\n  `elem` [ 1,\n           2\n         ]",
      "f a =\n  a\n    `elem` [ 1,\n             2\n           ]\n",
    ],
    [
      "that goes on with a string",
      "lisp",
      '(defun a ()\n  "One.\n    |\n',
      'Two."\n  (let ((b c))\n    (d)))',
      '(defun a ()\n  "One.\n    Two."\n      (let ((b c))\n        (d)))\n',
    ],
    [
      "with a text whose indentation is taken away",
      "ruby",
      "class A\n  |\nend\n",
      "f <<~TEXT\n  one\n    two\nTEXT\ng",
      "class A\n  f <<~TEXT\n    one\n      two\n  TEXT\n  g\nend\n",
    ],
    [
      "with a block of a template",
      "html",
      "<div>\n\t|\n</div>\n",
      "{{#each a as b}}\n\t<C :b/>",
      "<div>\n\t{{#each a as b}}\n\t\t<C :b/>\n</div>\n",
    ],
    [
      "that is commented out at the margin",
      "kotlin",
      "f {\n    a()\n|\n    b()\n}\n",
      "//    c {\n//        d()\n////        e()\n//    }",
      "f {\n    a()\n//    c {\n//        d()\n////        e()\n//    }\n    b()\n}\n",
    ],
    [
      "with the first of several arguments over lines",
      "cpp",
      "void f() {\n        |\n}\n",
      "g(h([&] {\n            a();\n            b();\n        }),\n        c);",
      "void f() {\n        g(h([&] {\n                    a();\n                    b();\n                }),\n                c);\n}\n",
    ],
    [
      "with its first line at the margin, and a call in an argument",
      "typescript",
      "f(() => {\n        |\n});\n",
      "g(() => h([\n            1,\n            2,\n        ]));",
      "f(() => {\n        g(() => h([\n            1,\n            2,\n        ]));\n});\n",
    ],
    [
      "that begins with what closes the block above",
      "go",
      "func a() {\n\tif b {\n\t\tc()\n\t}\n|\n\n\td()\n}\n",
      "}\n\nfunc e() {\n\tf()",
      "func a() {\n\tif b {\n\t\tc()\n\t}\n}\n\nfunc e() {\n\tf()\n\n\td()\n}\n",
    ],
    [
      "that begins with the end of parameters",
      "python",
      "def f(\n    a: int,\n|\n    b()\n    c()\n",
      ") -> int:",
      "def f(\n    a: int,\n) -> int:\n    b()\n    c()\n",
    ],
    [
      "that begins with the word that ends a block",
      "ruby",
      "def a\n  b(\n    1\n  )\n|\n  c\nend\n",
      "end\n\ndef d",
      "def a\n  b(\n    1\n  )\nend\n\ndef d\n  c\nend\n",
    ],
    [
      "whose result's type is on the next line",
      "cpp",
      "template <typename A> struct b {\n    |\n      return c;\n    }\n};\n",
      "auto d(e f)\n    -> g(h()) {",
      "template <typename A> struct b {\n    auto d(e f)\n        -> g(h()) {\n      return c;\n    }\n};\n",
    ],
    [
      "of a fence, with what are directives elsewhere",
      "markdown",
      "- a\n\n    ```c++\n    |\n\n    int b;\n    ```\n",
      "#include <c>\n#include <d>",
      "- a\n\n    ```c++\n    #include <c>\n    #include <d>\n\n    int b;\n    ```\n",
    ],
    [
      "that is an item with an inner one four columns deeper",
      "markdown",
      "* a\n    * b\n        * c\n    |\n    * d\n",
      "* [e](#e)\n    * [f](#f)",
      "* a\n    * b\n        * c\n    * [e](#e)\n        * [f](#f)\n    * d\n",
    ],
    [
      "that ends with a closing bracket",
      "python",
      "class A:\n    |\n",
      "def f(self):\n    return g(\n        1,\n    )",
      "class A:\n    def f(self):\n        return g(\n            1,\n        )\n",
    ],
  ];
  for (const [what, languageId, file, text, expected] of cases) {
    it(what, () => assert.equal(insert(file, text, languageId), expected));
  }
});
