import assert from "node:assert/strict";
import { bracketsFit } from "../../../engine/chat/edits/brackets.ts";
import { docTarget } from "../../../engine/chat/edits/docTarget.ts";
import { diffWithin, parseCommit } from "../../../engine/chat/edits/parseCommit.ts";
import { parseDoc } from "../../../engine/chat/edits/parseDoc.ts";
import { parseEdit } from "../../../engine/chat/edits/parseEdit.ts";
import { parseNames } from "../../../engine/chat/edits/parseNames.ts";
import { reindent } from "../../../engine/chat/edits/reindent.ts";
import { testFileOf } from "../../../engine/text/languages.ts";

const ORIGINAL = "  total(a, b) {\n    return a + b;\n  }";
const TYPESCRIPT = { original: ORIGINAL, languageId: "typescript", indent: 2 } as const;

describe("an answer that is an edit", () => {
  const edits: [string, string, string][] = [
    ["at the margin", "total(a, b) {\n  return b + a;\n}", "  total(a, b) {\n    return b + a;\n  }"],
    ["as it stands in the file", "  total(a, b) {\n    return b + a;\n  }", "  total(a, b) {\n    return b + a;\n  }"],
    [
      "with the first line at the margin",
      "total(a, b) {\n    return b + a;\n  }",
      "  total(a, b) {\n    return b + a;\n  }",
    ],
    ["with another step", "total(a, b) {\n    return b + a;\n}", "  total(a, b) {\n    return b + a;\n  }"],
    ["with tabs", "total(a, b) {\n\treturn b + a;\n}", "  total(a, b) {\n    return b + a;\n  }"],
    ["with blank lines round it", "\n\ntotal() {\n  return 1;\n}\n\n", "  total() {\n    return 1;\n  }"],
    ["in a second fence", "```ts\ntotal() {\n  return 1;\n}\n```\nThat is all.", "  total() {\n    return 1;\n  }"],
    [
      "with a comment that begins like a sentence",
      "// Adds the two numbers.\ntotal() {}",
      "  // Adds the two numbers.\n  total() {}",
    ],
    ["with a spread", "total(...all) {\n  return sum(...all);\n}", "  total(...all) {\n    return sum(...all);\n  }"],
    ["with Windows' line ends", "total() {\r\n  return 1;\r\n}", "  total() {\n    return 1;\n  }"],
  ];
  for (const [what, answer, text] of edits) {
    it(what, () => assert.deepEqual(parseEdit(answer, "end", TYPESCRIPT), { kind: "edit", text }));
  }

  const refused: [string, string, Parameters<typeof parseEdit>[1], RegExp][] = [
    ["nothing", "", "end", /no code/],
    ["blank lines", "\n  \n", "end", /no code/],
    ["an empty fence", "```\n```", "end", /no code/],
    ["what was cut", "total(a, b) {\n  return b", "length", /greatest length/],
    ["a loop", "total(a, b) {}", "loop", /repeat/],
    ["a sentence", "I cannot change this code because it is fine.", "end", /text, not code/],
    ["a sentence before code", "Here is the refactored version:\ntotal() {}", "end", /text, not code/],
    ["a list of advice", "**Use** a better name for it\n- first", "end", /text, not code/],
    ["a gap", "total(a, b) {\n  // ... rest of the code\n}", "end", /leaves parts/],
    ["dots", "total(a, b) {\n  ...\n}", "end", /leaves parts/],
    ["a remark in place of code", "total(a, b) {\n  // existing code remains unchanged\n}", "end", /leaves parts/],
    ["an open bracket", "total(a, b) {\n  return b + a;", "end", /brackets/],
    ["one bracket too many", "total(a, b) {\n  return b + a;\n}}", "end", /brackets/],
    ["the same again", "total(a, b) {\n  return a + b;\n}", "end", /changes nothing/],
    ["a whole file", `total() {}\n${"other() { return 1; }\n".repeat(60)}`, "end", /far longer/],
  ];
  for (const [what, answer, end, reason] of refused) {
    it(`refuses ${what}`, () => {
      const parsed = parseEdit(answer, end, TYPESCRIPT);
      assert.ok(parsed.kind === "refused" && reason.test(parsed.reason), JSON.stringify(parsed));
    });
  }

  it("of part of a statement may leave the same brackets open", () => {
    const request = { original: "if (a) {", languageId: "c", indent: 4 } as const;
    assert.deepEqual(parseEdit("if (a && b) {", "end", request), { kind: "edit", text: "if (a && b) {" });
  });
  it("of Python keeps its indentation", () => {
    const request = { original: "    def f(self):\n        return 1", languageId: "python", indent: 4 } as const;
    const text = "    def f(self):\n        return 2";
    assert.deepEqual(parseEdit("def f(self):\n    return 2", "end", request), { kind: "edit", text });
    assert.deepEqual(parseEdit("def f(self):\n        return 2", "end", request), { kind: "edit", text });
  });
  it("may be a sentence where the file is prose", () => {
    const request = { original: "Some old words.", languageId: "markdown", indent: 2 } as const;
    assert.equal(parseEdit("These are the new words.", "end", request).kind, "edit");
  });
});

describe("brackets", () => {
  const fits: [string, string, string, string, boolean][] = [
    ["balanced in both", "typescript", "f(a[1], { b: 2 })", "f()", true],
    ["the same left open", "typescript", "if (a && b) {", "if (a) {", true],
    ["in strings and comments", "typescript", "a('(') // (\n/* { */ + \"[\" + `{`", "a", true],
    ["in a comment of Python", "python", "x = (1 # )\n)", "x", true],
    ["lifetimes", "rust", "fn f<'a>(x: &'a str) {}", "fn f() {}", true],
    ["left open where none was", "typescript", "f(", "f()", false],
    ["that was missing", "typescript", "return sum(a, b);", "return sum(a, b;", true],
    ["that was too many", "typescript", "return sum(a, b);", "return sum(a, b));", true],
    ["still missing", "typescript", "return sum(a, [b;", "return sum(a, b;", false],
    ["in a regular expression", "typescript", "s.replace(/\\{[^}]+\\}/g, '')", "s", true],
    ["of a case in the shell", "shellscript", "  -p) run ;;", "  -q) run ;;", true],
  ];
  for (const [what, languageId, answer, original, fit] of fits) {
    it(what, () => assert.equal(bracketsFit(answer, original, languageId, undefined), fit));
  }
  it("by what the file needs, where it is known", () => {
    const around = { before: ["function f() {", "  if (a) {"], after: ["}"] };
    assert.ok(bracketsFit("    b();\n  }", "    b();", "typescript", around));
    assert.ok(!bracketsFit("    b();\n  }\n}", "    b();\n  }", "typescript", around));
  });
});

describe("indentation", () => {
  const cases: [string, string[], string[], number | "tab", string[]][] = [
    ["spaces to tabs", ["if (a) {", "  b();", "}"], ["\tx();"], "tab", ["\tif (a) {", "\t\tb();", "\t}"]],
    ["tabs to spaces", ["if (a) {", "\tb();", "}"], ["    x();"], 4, ["    if (a) {", "        b();", "    }"]],
    ["aligned lines keep their spaces", ["f(a,", "  b,", "     c)"], ["  x"], 2, ["  f(a,", "    b,", "       c)"]],
    ["blank lines become empty", ["a", "   ", "b"], ["  x"], 2, ["  a", "", "  b"]],
    ["a step that the original has too", ["a(", "    b)"], ["x(", "    y)"], 2, ["a(", "    b)"]],
  ];
  for (const [what, lines, original, unit, expected] of cases) {
    it(what, () => assert.deepEqual(reindent(lines, original, unit), expected));
  }
});

describe("a documentation comment", () => {
  const place = (languageId: string, text: string, start = 0) => {
    const lines = text.split("\n");
    return { languageId, lines, focus: { start, end: lines.length }, indent: 2 };
  };
  const comments: [string, ReturnType<typeof place>, string, string][] = [
    [
      "JSDoc",
      place("typescript", "  f() {}"),
      "Adds.\n * @returns the sum\n",
      "  /**\n   * Adds.\n   * @returns the sum\n   */",
    ],
    ["Python's", place("python", "def f():\n  pass"), "Adds.", '  """Adds."""'],
    [
      "Python's of two lines",
      place("python", "def f():\n  pass"),
      "Adds.\nReturns it.",
      '  """Adds.\n  Returns it.\n  """',
    ],
    ["Rust's", place("rust", "fn f() {}"), "/// Adds.\n/// Twice.", "/// Adds.\n/// Twice."],
    ["what follows the code is left out", place("go", "func f()"), "Adds.\n```\nI hope this helps.", "// Adds."],
    ["it cannot end itself early", place("c", "int f();"), "Ends */ here", "/**\n * Ends\n */"],
  ];
  for (const [what, at, answer, text] of comments) {
    it(what, () => assert.deepEqual(parseDoc(answer, "end", at), { kind: "edit", text }));
  }
  it("is refused when it did not come to its end, or says nothing", () => {
    assert.equal(parseDoc("Adds", "length", place("c", "int f();")).kind, "refused");
    assert.equal(parseDoc(" *\n", "end", place("c", "int f();")).kind, "refused");
  });

  const targets: [string, string, string, number, [number, number]][] = [
    ["above", "typescript", "a\nf() {}", 1, [1, 1]],
    ["above decorators", "typescript", "a\n@x\nf() {}", 2, [1, 1]],
    ["in place of the old one", "typescript", "/**\n * old\n */\nf() {}", 3, [0, 3]],
    ["beside a comment of another kind", "typescript", "/* licence */\nf() {}", 1, [1, 1]],
    ["below Python's header", "python", "def f(\n  a):\n  return 1", 0, [2, 2]],
    ["in place of an old docstring", "python", 'def f():\n  """old\n  one"""\n  return 1', 0, [1, 3]],
    ["in place of old lines", "rust", "x\n/// old\nfn f() {}", 2, [1, 2]],
  ];
  for (const [what, languageId, text, start, [from, to]] of targets) {
    it(`goes ${what}`, () => {
      const lines = text.split("\n");
      assert.deepEqual(docTarget(languageId, lines, { start, end: lines.length }), { start: from, end: to });
    });
  }
});

describe("names", () => {
  const cases: [string, string, string[]][] = [
    ["x", "1. itemCount\n2. numberOfItems\n3. count", ["itemCount", "numberOfItems", "count"]],
    ["x", "1. `totalPrice` - the sum\n2. **sum**: short", ["totalPrice", "sum"]],
    ["a_b", "itemCount, total_price", ["item_count", "total_price"]],
    ["Foo", "itemCount\nshopping_cart", ["ItemCount", "ShoppingCart"]],
    ["MAX_N", "maxItems", ["MAX_ITEMS"]],
    ["total", "total\ntotal\nsum\nsum", ["sum"]],
    ["x", "I would choose a better name here.\nclass\n42\nrm -rf /", []],
    [
      "x",
      "parseHTML\nHTTPServer",
      ["parseHTML", "httpServer"].map((name) => (name === "parseHTML" ? "parseHtml" : name)),
    ],
  ];
  for (const [present, answer, names] of cases) {
    it(`for ${present} from ${JSON.stringify(answer)}`, () => assert.deepEqual(parseNames(answer, present), names));
  }
});

describe("a commit message", () => {
  const cases: [string, string][] = [
    ["Add totals to the cart", "Add totals to the cart"],
    ['"Add totals."', "Add totals"],
    ["```\nAdd totals\n```\nThis message says...", "Add totals"],
    ["Commit message: Add totals\n\nThe cart had none.", "Add totals\n\nThe cart had none."],
    ["", ""],
    [`This change ${"does a lot of things and ".repeat(8)}`, ""],
  ];
  for (const [answer, message] of cases) {
    it(`from ${JSON.stringify(answer).slice(0, 50)}`, () => assert.equal(parseCommit(answer), message));
  }
  it("is asked for with a part of each file when the diff is long", () => {
    const file = (name: string, lines: number) => `diff --git a/${name} b/${name}\n${`+${name}\n`.repeat(lines)}`;
    const count = (text: string) => text.length;
    const cut = diffWithin(file("large", 400) + file("small", 3) + file("other", 400), 1000, count);
    assert.ok(cut.length <= 1000 && cut.length > 800, String(cut.length));
    assert.ok(cut.includes(file("small", 3)));
    assert.deepEqual(
      [...cut.matchAll(/^diff --git a\/(\w+)/gm)].map(([, name]) => name),
      ["large", "small", "other"],
    );
    assert.equal(cut.match(/\(more lines\)/g)?.length, 2);
  });
});

describe("the file of tests", () => {
  for (const [file, tests] of [
    ["src/cart.ts", "src/cart.test.ts"],
    ["stock.py", "test_stock.py"],
    ["pkg/a.go", "pkg/a_test.go"],
    ["A.java", "ATest.java"],
  ] as const) {
    it(`of ${file}`, () => assert.equal(testFileOf(file), tests));
  }
});
