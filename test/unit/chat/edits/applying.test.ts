import assert from "node:assert/strict";
import { applyTo } from "../../../../engine/chat/edits/applyTarget.ts";
import { insertion } from "../../../../engine/chat/edits/insertion.ts";
import { subjectsOf, subjectsOfAnswer } from "../../../../engine/chat/subjects.ts";
import type { CodeContext } from "../../../../engine/protocol/tasks.ts";

const FILE = `import { tax } from "./tax";

export class Cart {
  total() {
    return this.items.length * tax;
  }

  first() {
    return this.items[0];
  }
}

export function empty() {
  return new Cart();
}
`;
const LINES = FILE.split("\n");

/** The file with a cursor, or a selection of lines, at a line that contains this text. */
function contextOf(text: string, lines = 0, file = FILE): CodeContext {
  const start = file.split("\n").findIndex((line) => line.includes(text));
  const symbols = [
    { name: "Cart", start: 2, end: 11, isBlock: true },
    { name: "total", start: 3, end: 6, isBlock: true },
    { name: "first", start: 7, end: 10, isBlock: true },
    { name: "empty", start: 12, end: 15, isBlock: true },
  ].filter((symbol) => symbol.start <= start && symbol.end > start);
  return {
    path: "cart.ts",
    languageId: "typescript",
    text: file,
    selection: { start, end: start + lines },
    symbols: file === FILE ? symbols : [],
    indent: 2,
  };
}

function applied(code: CodeContext, text: string, asked?: string): string {
  const { target, ...parsed } = applyTo(code, text, asked);
  if (parsed.kind === "refused") return `refused: ${parsed.reason}`;
  const lines = code.text.split("\n");
  const isNew = target.start === target.end;
  lines.splice(target.start, target.end - target.start, ...parsed.text.split("\n"));
  return isNew ? `${lines.join("\n")} (new)` : lines.join("\n");
}

describe("code of an answer is applied", () => {
  const total = "total() {\n  return this.items.reduce(sum, 0) * tax;\n}";
  const changedTotal = FILE.replace("return this.items.length * tax;", "return this.items.reduce(sum, 0) * tax;");

  it("to the function with the cursor", () =>
    assert.equal(applied(contextOf("this.items.length"), total), changedTotal));
  it("to the selection", () => assert.equal(applied(contextOf("total()", 3), total), changedTotal));
  it("to the whole file, wherever the cursor is", () => {
    for (const place of ["this.items.length", "items[0]", "new Cart", "import"]) {
      assert.equal(applied(contextOf(place), changedTotal), changedTotal);
      assert.equal(applied(contextOf(place), changedTotal.trimEnd()), changedTotal);
    }
  });
  it("to the whole file, whose first and last lines are nothing but signs", () => {
    const art = "# .-. .-.\n# '-' '-'\n\n__title__ = 'a'\n__version__ = '1'\n\n# ----\n";
    const code = { ...contextOf("__version__", 0, art), languageId: "python" };
    const answer = art.replace("'1'", "'2'");
    assert.equal(applied(code, answer), answer);
  });
  it("to the whole file, with a selection", () =>
    assert.equal(applied(contextOf("total()", 3), changedTotal), changedTotal));
  it("to the class, with the cursor in a method of it", () => {
    const answer = changedTotal.split("\n").slice(2, 11).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("to a file whose head the answer leaves out", () => {
    const answer = changedTotal.split("\n").slice(2).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("to a file whose end the answer leaves out", () => {
    const answer = changedTotal.split("\n").slice(0, 11).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("not to a file whose head or end it leaves out just where the cursor is", () => {
    const head = changedTotal.split("\n").slice(0, 11).join("\n");
    const end = changedTotal.split("\n").slice(2).join("\n");
    for (const [place, answer] of [
      ["new Cart", head],
      ["export function empty", head],
      ["import", end],
    ] as const) {
      assert.match(applied(contextOf(place), answer), /^refused: It ends at the cursor.*select the lines/);
    }
  });
  it("to the whole file, with the brackets of a group that goes", () => {
    const file = 'package a\n\nimport "io"\n\ntype (\n\tB interface {\n\t\tC() io.Writer\n\t\tD()\n\t}\n)\n';
    const code = { ...contextOf("type (", 0, file), languageId: "go", indent: "tab" } as const;
    const answer = 'package a\n\nimport "io"\n\ntype B interface {\n\tC() io.Writer\n\tD()\n}\n';
    assert.equal(applied(code, answer), answer);
  });
  it("without imports that the file has already", () => {
    const answer = `import { tax } from "./tax";\n\n${total}`;
    assert.equal(applied(contextOf("this.items.length"), answer), changedTotal);
  });
  it("to the lines that were asked about, wherever the cursor is and though they have moved", () => {
    const asked = LINES.slice(3, 6).join("\n");
    const moved = FILE.replace("import", "// new\n\nimport");
    const code = contextOf("new Cart", 0, moved);
    assert.equal(
      applied(code, total, asked),
      moved.replace("return this.items.length * tax;", "return this.items.reduce(sum, 0) * tax;"),
    );
  });
  it("to the block that it is of, with the cursor in another one", () => {
    const file = "def one():\n    return first(1)\n\n\ndef two():\n    return second(2)\n";
    const code = { ...contextOf("first", 0, file), languageId: "python", indent: 4 } as const;
    const answer = "def two():\n    log()\n    return second(2)";
    assert.equal(applied(code, answer), file.replace("    return second", "    log()\n    return second"));
  });
  it("beside the function with the cursor when it is another function", () => {
    const result = applied(contextOf("new Cart"), "export function full() {\n  return filled(9);\n}");
    assert.ok(result.endsWith(" (new)") && result.includes("new Cart();\n}\n\nexport function full"), result);
  });
  it("not at all when it is of several places", () => {
    const answer = "  total() {\n    return 1;\n  }\n\nexport function empty() {\n  return undefined;\n}";
    assert.match(applied(contextOf("items[0]"), answer), /^refused: .*several places/);
  });
  it("to a file of one line", () => {
    assert.equal(applied({ ...contextOf("1.0", 0, "1.0.2\n"), languageId: "plaintext" }, "1.0.3"), "1.0.3\n");
  });
  it("to the selection, though the answer goes on with lines that stand elsewhere", () => {
    const answer =
      "first() {\n  return this.items[0];\n}\n\nlast() {\n  return this.items.at(-1);\n}\n\nempty() {\n  return new Cart();\n}";
    const result = applied(contextOf("first()", 3), answer);
    for (const line of LINES) assert.ok(result.includes(line.trim()), result);
  });
  it("not when it leaves parts out", () => {
    const answer =
      'import { tax } from "./tax";\n\nexport class Cart {\n  // ... existing code\n}\n\nexport function empty() {\n  return new Cart();\n}';
    assert.match(applied(contextOf("items[0]"), answer), /^refused/);
  });
  it("with the blocks of code in it, when it is text", () => {
    const file = "# A\n\nOld.\n\n# B\n";
    const code = { ...contextOf("Old", 1, file), languageId: "markdown" };
    assert.equal(
      applied(code, "```sh\na\n```\n\nNew.\n\n```\nb\n```"),
      "# A\n\n```sh\na\n```\n\nNew.\n\n```\nb\n```\n\n# B\n",
    );
  });
});

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

describe("what an answer is about", () => {
  const selection = {
    kind: "selection",
    label: "a.ts:1",
    path: "src/a.ts",
    languageId: "typescript",
    text: "a();",
  } as const;
  const question = (id: number, about?: { path: string; text: string }[]) => ({
    id,
    role: "user" as const,
    text: "",
    state: "done" as const,
    note: "",
    attached: [],
    modelText: "",
    ...(about && { about }),
  });

  it("are the files of its question, and the lines in question", () => {
    const terminal = { ...selection, kind: "terminal", path: "" } as const;
    assert.deepEqual(subjectsOf({ type: "ask", text: "", attachments: [selection, terminal] }), [
      { path: "src/a.ts", text: "a();" },
    ]);
    const code = { ...contextOf("total()", 3) };
    assert.deepEqual(subjectsOf({ type: "ask", text: "", attachments: [], code }), [
      { path: "cart.ts", text: LINES.slice(3, 6).join("\n") },
    ]);
  });
  it("are those of the question before, where a question has none", () => {
    const about = [{ path: "a.ts", text: "" }];
    const turns = [question(1, about), question(3, []), question(5, [{ path: "b.ts", text: "" }])];
    const conversation = { id: "c", title: "", created: 0, updated: 0, foldedUpTo: 0, turns };
    assert.deepEqual(subjectsOfAnswer(conversation, 2), about);
    assert.deepEqual(subjectsOfAnswer(conversation, 4), about);
    assert.deepEqual(subjectsOfAnswer(conversation, 6), [{ path: "b.ts", text: "" }]);
    assert.deepEqual(subjectsOfAnswer({ ...conversation, turns: [question(1)] }, 2), []);
  });
});
