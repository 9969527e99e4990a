import assert from "node:assert/strict";
import { parseEdit } from "../../../../engine/chat/edits/parseEdit.ts";
import { assertRefused, changed, selected } from "./changedFile.ts";

describe("code that looks like text is code", () => {
  const cases: [string, string, string][] = [
    ["sql", "SELECT id FROM users", "SELECT id, name FROM users AS u ORDER BY name"],
    ["sql", "SELECT 1", "CREATE TABLE a AS SELECT * FROM b WHERE c IS NOT NULL AND d IN (1)"],
    ["dockerfile", "FROM node:18", "FROM node:20 AS build and more"],
    ["dockerfile", "RUN a", "COPY --from=build /app/dist and the rest ."],
    ["json", '"a": "b"', '"description": "This is a sentence that says what it is for"'],
    ["json", '"a": "b"', '"The key is a sentence, too": true'],
    ["python", "x = 1", '"""Return the sum of all the values that are given."""'],
    ["python", "x = 1", "'''Return the sum of all.'''\nx = 2"],
    ["python", "x = 1", 'r"""Return the sum of all the values."""'],
    ["typescript", "a();", '"use strict";'],
    ["typescript", "a();", "// This is a comment of many words that ends in a stop.\na();"],
    ["typescript", " * Old words.", " * Returns the sum of all the values that are given."],
    ["mdx", "Old words.", "This is a sentence with <Component /> in it."],
    ["feature", "Given a user", "Given a user that is on the first page of the site"],
    ["gherkin", "Given a user", "Scenario Outline: A user signs in with the right name"],
    ["plaintext", "Old", "Sorry is the word that this text begins with."],
    ["html", "<p>Old</p>", "This is the text of a paragraph."],
    ["yaml", "name: a", "name: This is the name of a job"],
    ["toml", 'a = "b"', "# This is a comment of the file and its words"],
    ["ini", "a=b", "; This is a comment of the file and its words"],
    ["properties", "a=b", "Title of the page = A title of many words"],
    ["makefile", "all:", "# Builds all of the files that are there"],
    ["latex", "Old", "This is a sentence of the text that has changed."],
    ["restructuredtext", "Old", "Here is a sentence of the text."],
    ["haskell", "data A", "Just a value of that type as an argument"],
    ["cobol", "x", "MOVE A TO B THEN ADD C TO D GIVING E"],
    ["swift", "let a = 1", "/// Returns the sum of all the values that are given.\nlet a = 2"],
    ["go", "A string", 'Secret string `json:"secret,omitempty"` //nolint:gosec // yes, this is exported because of it'],
    ["go", "A string", 'Secret string `json:"a" description:"the secret of the user"`'],
    ["ruby", "a", "# Returns the sum of all the values that are given.\na"],
  ];
  for (const [languageId, original, answer] of cases) {
    it(`${languageId}: ${answer.slice(0, 50)}`, () => {
      const parsed = parseEdit(answer, "end", { original, languageId, indent: 2 });
      assert.deepEqual(parsed, { kind: "edit", text: answer });
    });
  }
  it("within a docstring, between tags, and beside other text", () => {
    const docstring = selected("python", 'def f():\n    """Short.\n\n>    a\n    """');
    assert.match(changed("edit", docstring, "    This is the longer text that says what it does."), /longer text/);
    const tags = selected("typescriptreact", "return (\n  <p>\n>    {a}\n  </p>\n);", 2);
    assert.match(changed("edit", tags, "    This is the text of the paragraph."), /paragraph/);
  });
});

describe("dots of a file of no known language", () => {
  const file = "1 | a\n...\n3 | b\n\n>4 | c\n>5 | d\n\n6 | e\n";
  const answer = "4 | f\n...\n7 | g";
  it("are what other lines of it are", () =>
    assert.equal(changed("edit", selected("unknown", file), answer), file.replace(">4 | c\n>5 | d", answer)));
  it("stand for what is left out where it has none", () =>
    assertRefused(changed("edit", selected("unknown", file.replace("...\n", "")), answer), /leaves parts/));
});

describe("text is not taken for code", () => {
  for (const [languageId, answer] of [
    ["typescript", "I cannot change this code because it is fine."],
    ["typescript", "Here is the refactored version:\ntotal() {}"],
    ["python", "Sure, this is the new version of it:\nx = 1"],
    ["python", "The function is correct as it is."],
    ["go", "Sorry, but there is nothing to change in this part."],
    ["sql", "Sorry, but I cannot help you with that."],
    ["dockerfile", "Here is the file that you have asked for:"],
    ["rust", "**Note** that the code is fine as it is."],
    ["java", "This code has a problem in line two."],
  ] as const) {
    it(`${languageId}: ${answer}`, () => {
      const parsed = parseEdit(answer, "end", { original: "a", languageId, indent: 2 });
      assert.ok(parsed.kind === "refused" && /not code/.test(parsed.reason), JSON.stringify(parsed));
    });
  }
});

describe("dots", () => {
  const accepted: [string, string, string, string][] = [
    ["a spread of an object", "typescript", "const a = {\n  b,\n};", "const a = {\n  ...rest,\n  b,\n};"],
    ["a spread alone", "typescript", "f(\n  a,\n);", "f(\n  ...existing\n);"],
    ["a spread of a call", "javascript", "x = [\n  1,\n];", "x = [\n  ...other(1),\n];"],
    ["a spread of a property", "javascript", "x = {\n  a: 1,\n};", "x = {\n  ...this.same,\n  ...previous?.more,\n};"],
    ["a rest parameter", "typescript", "function f(\n  a,\n) {}", "function f(\n  ...rest\n) {}"],
    ["a spread with a condition", "javascript", "x = {\n  a,\n};", "x = {\n  ...(rest && { b }),\n};"],
    [
      "a new body",
      "python",
      "x = 1",
      "class P(Protocol):\n    def f(self) -> int:\n        ...\n\n    def g(self) -> int: ...",
    ],
    [
      "overloads",
      "python",
      "def f(x):\n    return x",
      "@overload\ndef f(x: int) -> int:\n    ...\ndef f(x):\n    return x",
    ],
    ["in what is kept", "python", "def f(x):\n    ...", "def f(x, y):\n    ..."],
    ["the end of a document", "yaml", "a: 1\n...", "a: 2\n..."],
    ["in a text about code", "markdown", "Old.", "New:\n\n...\n\nand more."],
    ["a comment beside all that was there", "typescript", "a();", "// ...\na();\nb();"],
  ];
  for (const [what, languageId, original, answer] of accepted) {
    it(`${what} are code`, () =>
      assert.deepEqual(parseEdit(answer, "end", { original, languageId, indent: 4 }), { kind: "edit", text: answer }));
  }
  const refused: [string, string, string, string][] = [
    ["alone", "typescript", "function f() {\n  a();\n  b();\n}", "function f() {\n  ...\n}"],
    ["in a comment", "python", "def f():\n    a()\n    b()", "def f():\n    # ... rest of the code\n    c()"],
    ["for a body that was there", "python", "def f():\n    return 1", "def f():\n    ..."],
    ["for a body under another header", "python", "def f():\n    return 1", "def f(x: int) -> int:\n    ..."],
    ["as one character", "java", "void f() {\n  a();\n}", "void f() {\n  // …\n}"],
    ["in markup", "html", "<ul>\n<li>1</li>\n</ul>", "<ul>\n<!-- ... existing items -->\n</ul>"],
    ["in JSX", "typescriptreact", "<ul>\n<li>1</li>\n</ul>", "<ul>\n{/* ... rest of the items */}\n</ul>"],
    ["with words behind them", "typescript", "f() {\n  a();\n}", "f() {\n  ... rest of the code\n}"],
    ["in words", "go", "func f() {\n\ta()\n}", "func f() {\n\t// existing code remains unchanged\n}"],
  ];
  for (const [what, languageId, original, answer] of refused) {
    it(`${what} stand for what was left out`, () => {
      const parsed = parseEdit(answer, "end", { original, languageId, indent: 2 });
      assert.ok(parsed.kind === "refused" && /leaves parts/.test(parsed.reason), JSON.stringify(parsed));
    });
  }
});

describe("Fix where a bracket is the problem", () => {
  const cases: [string, string, string, string][] = [
    ["missing", "typescript", "function f(a, b) {\n>  return sum(a, b;\n}", "  return sum(a, b);"],
    ["too many", "typescript", "function f(a, b) {\n>  return sum(a, b));\n}", "  return sum(a, b);"],
    ["missing at the end of a block", "java", "class A {\n>  void f() {\n>    g();\n}", "  void f() {\n    g();\n  }"],
    ["of the wrong kind", "python", ">x = [1, 2)\ny = 3", "x = [1, 2]"],
    ["of a string", "python", '>x = f("a)\ny = 3', 'x = f("a")'],
    ["of a comment", "c", "int a;\n>/* open\nint b;", "/* open */"],
  ];
  for (const [what, languageId, file, answer] of cases) {
    it(`${what}`, () => {
      const code = { ...selected(languageId, file, 2) };
      const result = changed("edit", code, answer);
      assert.ok(result.includes(answer), result);
    });
  }
  it("but an answer that leaves one open is refused", () => {
    const code = selected("typescript", "function f() {\n>  return g(a);\n}", 2);
    assertRefused(changed("edit", code, "  return g(a;"), /brackets/);
    assertRefused(changed("edit", code, "  return g(b);\n}\n}"), /brackets/);
    assertRefused(changed("edit", code, "  return `g(a);"), /brackets/);
  });
});

describe("an answer that repeats what stands round the lines", () => {
  const FILE = "import a\n\ndef f(x):\n>    y = x\n>    return y\n\n\ndef g():\n    return 1\n";
  const expected = "import a\n\ndef f(x):\n    return x\n\n\ndef g():\n    return 1\n";
  for (const [what, answer] of [
    ["the lines alone", "    return x"],
    ["the header, too", "def f(x):\n    return x"],
    ["the whole file", "import a\n\ndef f(x):\n    return x\n\n\ndef g():\n    return 1"],
    ["all above", "import a\n\ndef f(x):\n    return x"],
    ["all below", "    return x\n\n\ndef g():\n    return 1"],
  ] as const) {
    it(`is only taken for what it was asked for: ${what}`, () =>
      assert.equal(changed("edit", selected("python", FILE), answer), expected));
  }
  it("keeps lines that are the same by chance", () => {
    const code = selected("typescript", "log();\n>b();\nc();");
    assert.equal(changed("edit", code, "log();\nd();"), "log();\nlog();\nd();\nc();");
  });
});

describe("length", () => {
  const body = Array.from({ length: 60 }, (_, index) => `  const value${index} = read(${index});`).join("\n");
  const file = `function one(a: number) {\n${body}\n}\n\n>done();`;
  it("may be that of another version of a function", () => {
    const other = `function one(a: string) {\n${body}\n}`;
    assert.ok(changed("edit", selected("typescript", file, 2), other).endsWith(`\n\n${other}`));
  });
  it("may not be that of the file's own function", () => {
    const own = `function two() {\n}\n\nfunction one(a: number) {\n${body}\n}`;
    assertRefused(changed("edit", selected("typescript", file, 2), own), /longer/);
  });
  it("may grow without end where the original is kept", () => {
    const more = Array.from({ length: 200 }, (_, index) => `export const value${index} = ${index};`).join("\n");
    const code = selected("typescript", ">export const a = 1;");
    assert.match(changed("edit", code, `export const a = 1;\n${more}`), /value199/);
  });
});
