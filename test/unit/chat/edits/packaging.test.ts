import assert from "node:assert/strict";
import { PHRASES } from "../../../../engine/chat/edits/elision.ts";
import { assertRefused, changed, selected } from "./changedFile.ts";

type Case = [what: string, languageId: string, file: string, answer: string, expected: string];

function check(cases: readonly Case[]): void {
  for (const [what, languageId, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected(languageId, file, 2), answer), expected));
  }
}

describe("the block of code of an answer is found", () => {
  const file = ">let a = 1;\nb();";
  check([
    ["in tildes", "typescript", file, "~~~ts\nlet a = 2;\n~~~\nDone.", "let a = 2;\nb();"],
    ["with attributes", "typescript", file, '```ts {1,3} title="a.ts"\nlet a = 2;\n```\nDone.', "let a = 2;\nb();"],
    ["with the name of a file", "typescript", file, "```ts:src/a.ts\nlet a = 2;\n```", "let a = 2;\nb();"],
    ["with a name behind a blank", "python", ">a = 1\nb()", "```python src/a.py\na = 2\n```", "a = 2\nb()"],
    ["indented as a whole", "python", ">a = 1\nb()", "   ```python\n   a = 2\n   ```", "a = 2\nb()"],
    ["quoted as a whole", "python", ">a = 1\nb()", "> ```python\n> a = 2\n> ```", "a = 2\nb()"],
    ["below a step of a list", "python", "f:\n>  a = 1", "1. Change it:\n    ```py\n    a = 2\n    ```", "f:\n  a = 2"],
    ["before sentences", "python", ">a = 1\nb()", "a = 2\n\nThis sets a to 2 and keeps the rest.", "a = 2\nb()"],
    ["before a list", "go", ">a()", "b()\n\nChanges:\n- I renamed a to b.\n- It is shorter now.", "b()"],
    ["without a byte order mark", "python", ">a = 1\nb()", "\uFEFFa = 2", "a = 2\nb()"],
    [
      "in a block of Markdown that its own blocks would end",
      "markdown",
      "# T\n\n>Old.\n\nEnd",
      "```markdown\nNew:\n\n```sh\na\n```\n\nThen.\n```",
      "# T\n\nNew:\n\n```sh\na\n```\n\nThen.\n\nEnd",
    ],
    ["but tildes of a text are its own", "markdown", ">Old.", "~~~sh\na\n~~~\n\nThen.", "~~~sh\na\n~~~\n\nThen."],
    [
      "but sentences of comments are code",
      "python",
      ">a = 1",
      "a = 2\n\n# This is what it is for.",
      "a = 2\n\n# This is what it is for.",
    ],
    [
      "but sentences of a string are code",
      "python",
      ">a = 1",
      'a = """\n\nThis is what it is for.\n"""',
      'a = """\n\nThis is what it is for.\n"""',
    ],
  ]);
  it("and a word to the user alone is none", () => {
    for (const answer of ["Sure!", "Of course!", "Done.", "Okay, here you go:"]) {
      assertRefused(changed("edit", selected("python", ">a = 1\nb()"), answer), /text, not code/);
    }
  });
});

describe("numbers of lines in an answer are left out", () => {
  const file = "function f() {\n>  a();\n>  b();\n}";
  const expected = "function f() {\n  a();\n  c();\n}";
  check([
    ["before blanks", "typescript", file, "2   a();\n3   c();", expected],
    ["before bars", "typescript", file, "2 |   a();\n3 |   c();", expected],
    ["before colons", "python", "def f():\n>  a()\n>  b()", "2:   a()\n3:   c()", "def f():\n  a()\n  c()"],
    ["before tabs", "typescript", file, "2\t  a();\n3\t  c();", expected],
    [
      "but numbers of the code stay",
      "python",
      "x = {\n>  a\n}",
      '  1: "a",\n  2: "b",',
      'x = {\n  1: "a",\n  2: "b",\n}',
    ],
    ["and numbers of a text", "markdown", ">one\n>two", "1 one\n2 two", "1 one\n2 two"],
  ]);
});

describe("an answer that is a change itself is applied", () => {
  const file = "function f() {\n>  a();\n>  b();\n}";
  const expected = "function f() {\n  a();\n  c();\n}";
  const python = "def f():\n>  a()\n>  b()";
  check([
    ["lines with marks", "typescript", file, "   a();\n-  b();\n+  c();", expected],
    [
      "a unified diff",
      "typescript",
      file,
      "--- a/x.ts\n+++ b/x.ts\n@@ -1,4 +1,4 @@\n function f() {\n   a();\n-  b();\n+  c();\n }",
      expected,
    ],
    ["a hunk", "python", python, "@@ -1,3 +1,3 @@\n   a()\n-  b()\n+  c()", "def f():\n  a()\n  c()"],
    ["a hunk at the margin", "python", python, "@@ -1,3 +1,3 @@\n-b()\n+b(1)", "def f():\n  a()\nb(1)"],
    ["a block of diff", "python", python, "```diff\n   a()\n-  b()\n+  c()\n```", "def f():\n  a()\n  c()"],
    [
      "what to search and what to put there",
      "python",
      python,
      "<<<<<<< SEARCH\n  b()\n=======\n  c()\n>>>>>>> REPLACE",
      "def f():\n  a()\n  c()",
    ],
    ["but a diff in a diff is its text", "diff", ">-a\n>+b", "-a\n+c", "-a\n+c"],
    ["but lists of a text are its own", "markdown", ">- a\n>+ b", "- a\n+ c", "- a\n+ c"],
    ["but signs before values are code", "python", "x = [\n>  b,\n]", "  -b,\n  +c,", "x = [\n  -b,\n  +c,\n]"],
  ]);
  it("but not where it does not fit", () => {
    const code = selected("python", python);
    assertRefused(changed("edit", code, "@@ -1,3 +1,3 @@\n   x()\n-  y()\n+  z()"), /diff/);
    assertRefused(changed("edit", code, "@@ -1,3 +1,3 @@\n-def f():\n+def g():\n   a()"), /diff/);
  });
});

describe("entities of HTML", () => {
  check([
    ["in code become characters", "typescript", ">if (a) {}", "if (a &lt; b &amp;&amp; c) {}", "if (a < b && c) {}"],
    ["in strings stay", "typescript", ">a();", 'a("&lt;");', 'a("&lt;");'],
    [
      "in a string that began above stay",
      "csharp",
      'var a = @"\n>  ""b"": ""c""\n]";',
      '  ""b"": ""&lt;p&gt;c""',
      'var a = @"\n  ""b"": ""&lt;p&gt;c""\n]";',
    ],
    ["in markup stay", "html", "><p>a</p>", "<p>a &lt; b</p>", "<p>a &lt; b</p>"],
  ]);
});

describe("an answer that goes on round what it was asked for", () => {
  check([
    [
      "with the whole function",
      "typescript",
      "function f() {\n>  a();\n}\n\ng();",
      "function f() {\n  b();\n}",
      "function f() {\n  b();\n}\n\ng();",
    ],
    [
      "with the whole function, and more",
      "ruby",
      "def f\n>  a\nend\n\ng",
      "def f\n  b\nend\n\ng",
      "def f\n  b\nend\n\ng",
    ],
    ["with the bracket below", "typescript", "function f() {\n>  a();\n}", "  b();\n}", "function f() {\n  b();\n}"],
    [
      "but lines that the file has often are its own",
      "yaml",
      "- ruby: 1\n  file: a\n- ruby: 2\n>  file: c\n- ruby: 3\n  file: a\n- ruby: 4\n  file: b\n",
      "  file: a\n- ruby: 2\n  file: b",
      "- ruby: 1\n  file: a\n- ruby: 2\n  file: a\n- ruby: 2\n  file: b\n- ruby: 3\n  file: a\n- ruby: 4\n  file: b\n",
    ],
    [
      "with inner brackets of its own",
      "typescript",
      "f(() => {\n>  a();\n});",
      "  if (b) {\n    c();\n  }",
      "f(() => {\n  if (b) {\n    c();\n  }\n});",
    ],
  ]);
});

describe("code that is left out", () => {
  const said: [languageId: string, comment: string][] = [
    ["python", "# rest unchanged"],
    ["java", "// (unchanged)"],
    ["java", "// Keep the rest as is"],
    ["typescript", "// your code here"],
    ["typescript", "// other methods ..."],
    ["typescript", "// same as before"],
    ["typescript", "// [existing code]"],
    ["go", "// implementation omitted"],
    ["go", "// everything else stays the same"],
    ["python", "# nothing to change"],
    ["python", "# No changes needed."],
    ["sql", "-- other columns ..."],
    ...PHRASES.map(([example]): [string, string] => ["rust", `// ${example}`]),
  ];
  for (const [languageId, comment] of said) {
    it(`is told by ${comment}`, () =>
      assertRefused(changed("edit", selected(languageId, ">a(1)\n>b(2)"), `c(3)\n${comment}`), /leaves parts/));
  }
  check([
    [
      "is not told by dots of a pattern",
      "nix",
      ">{ self }:\n{ }",
      "{\n  self,\n  ...\n}:",
      "{\n  self,\n  ...\n}:\n{ }",
    ],
    ["nor by dots before a bracket that stays", "nix", "{\n>  a,\n}:\nb", "  c,\n  ...", "{\n  c,\n  ...\n}:\nb"],
    ["nor by dots of parameters", "lua", ">f(a)", "f(\n  a,\n  ...\n)", "f(\n  a,\n  ...\n)"],
    ["nor by dots of C", "c", ">int f(char *a);", "int f(char *a,\n      ...\n);", "int f(char *a,\n      ...\n);"],
    [
      "nor by dots of one more form of a function",
      "python",
      ">def f(a, b=1):\n>    return a\n",
      "@t.overload\ndef f(\n    a\n) -> int:\n    ...\n\n\ndef f(a, b=1):\n    return b",
      "@t.overload\ndef f(\n    a\n) -> int:\n    ...\n\n\ndef f(a, b=1):\n    return b\n",
    ],
    ["nor by dots for pass", "python", ">def f():\n>  pass", "def f(x: int):\n  ...", "def f(x: int):\n  ..."],
    [
      "nor by comments that say something else",
      "go",
      ">a()\n>b()",
      "c() // same as d\n// The other case.\ne()",
      "c() // same as d\n// The other case.\ne()",
    ],
  ]);
});
