import assert from "node:assert/strict";
import { applyTo } from "../../../../engine/chat/edits/applyTarget.ts";
import { insertion } from "../../../../engine/chat/edits/insertion.ts";
import type { CodeContext } from "../../../../engine/protocol/tasks.ts";

/** The file with "|>" removed, which shows where the cursor is. */
function cursorIn(file: string, languageId: string, indent: number | "tab" = 2): CodeContext {
  const line = file.split("\n").findIndex((each) => each.includes("|>"));
  const text = file.replace("|>", "");
  return { path: "a", languageId, text, selection: { start: line, end: line }, symbols: [], indent };
}

function inserted(file: string, text: string, languageId: string, indent: number | "tab" = 2): string {
  const lines = file.split("\n");
  const code = cursorIn(file, languageId, indent);
  const { start } = code.selection;
  const [before = "", after = ""] = (lines[start] ?? "").split("|>");
  lines[start] = before + insertion({ ...code, selection: { start, end: start + 1 } }, text, { before, after }) + after;
  return lines.join("\n");
}

function applied(file: string, text: string, languageId: string): string {
  const code = cursorIn(file, languageId);
  const { target, ...parsed } = applyTo(code, text);
  if (parsed.kind === "refused") return `refused: ${parsed.reason}`;
  const lines = code.text.split("\n");
  lines.splice(target.start, target.end - target.start, ...parsed.text.split("\n"));
  return lines.join("\n");
}

describe("code at a cursor", () => {
  const cases: [what: string, languageId: string, file: string, text: string, expected: string][] = [
    [
      "behind a statement begins a line",
      "typescript",
      "f() {\n  a();|>\n}",
      "b();\nc();",
      "f() {\n  a();\n  b();\n  c();\n}",
    ],
    ["behind an opening bracket goes inside", "typescript", "f() {|>\n}", "b();\nc();", "f() {\n  b();\n  c();\n}"],
    ["behind a head goes inside", "python", "def f():|>\n", "x = 1\ny = 2", "def f():\n  x = 1\n  y = 2\n"],
    [
      "behind an assignment begins a line",
      "python",
      "def f():\n  x = 1|>\n",
      "y = 2\nz = 3",
      "def f():\n  x = 1\n  y = 2\n  z = 3\n",
    ],
    [
      "behind what wants a value stays there",
      "typescript",
      "f() {\n  return|>\n}",
      " {\n  a,\n}",
      "f() {\n  return{\n    a,\n  }\n}",
    ],
    ["behind a key stays there", "json", '{\n  "a": |>\n}', "{\n  b\n}", '{\n  "a": {\n    b\n  }\n}'],
    [
      "behind a comment begins a line",
      "typescript",
      "f() {\n  // Now: |>\n}",
      "b();\nc();",
      "f() {\n  // Now: \n  b();\n  c();\n}",
    ],
    [
      "behind a tag goes inside",
      "html",
      "<ul>|>\n</ul>",
      "<li>a</li>\n<li>b</li>",
      "<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>",
    ],
    [
      "on an empty line of a block is as deep as the block",
      "python",
      "def f():\n  x\n|>\n  y",
      "a\nb",
      "def f():\n  x\n  a\n  b\n  y",
    ],
    [
      "on an empty line at a block's end, too",
      "typescript",
      "f() {\n  x();\n|>\n}",
      "a();",
      "f() {\n  x();\n  a();\n}",
    ],
    [
      "on an empty line between blocks stays at the margin",
      "python",
      "def f():\n  x\n|>\ny",
      "a\nb",
      "def f():\n  x\na\nb\ny",
    ],
    ["is part of the item", "markdown", "- a\n- |>\n- c", "b\nmore", "- a\n- b\n  more\n- c"],
    ["is items like those of the list", "markdown", "- a\n- |>", "- b\n- c", "- a\n- b\n- c"],
    ["is the keys of an item", "yaml", "s:\n  - |>\n", "name: a\nrun: b", "s:\n  - name: a\n    run: b\n"],
    ["is an item and its keys", "yaml", "s:\n  - |>\n", "- name: a\n  run: b", "s:\n  - name: a\n    run: b\n"],
    ["is what a key has", "yaml", "a:\n  b:|>\n", "c: 1\nd: 2", "a:\n  b:\n    c: 1\n    d: 2\n"],
    ["goes on with a comment", "typescript", "// a\n// |>\nf();", "b\nc", "// a\n// b\n// c\nf();"],
    [
      "goes on with documentation",
      "typescript",
      "/**\n * |>\n */",
      "Adds.\n@param a b",
      "/**\n * Adds.\n * @param a b\n */",
    ],
    [
      "goes on with documentation in lines",
      "rust",
      "/// |>\nfn f() {}",
      "/// Adds.\n/// More.",
      "/// Adds.\n/// More.\nfn f() {}",
    ],
    ["goes on with a quotation", "markdown", "> a\n> |>\n> c", "b\nd", "> a\n> b\n> d\n> c"],
    [
      "on an empty line above what is inside of the block that it opens",
      "cpp",
      "namespace a {\ntemplate <class A,\n          class B>\n|>\n  b();\n}\n}\n",
      "int f() {",
      "namespace a {\ntemplate <class A,\n          class B>\nint f() {\n  b();\n}\n}\n",
    ],
    [
      "keeps the value of a function with an arrow where the formatter puts it",
      "dart",
      "void main() {\n  group('a', () {\n    |>\n",
      "setUp(() => wait([\n      one(),\n      two(),\n    ]).then((all) => b = all));",
      "void main() {\n  group('a', () {\n    setUp(() => wait([\n          one(),\n          two(),\n        ]).then((all) => b = all));\n",
    ],
    ["that is nothing changes nothing", "python", "def f():\n  |>\n", "\n\n", "def f():\n  \n"],
  ];
  for (const [what, languageId, file, text, expected] of cases) {
    it(what, () => assert.equal(inserted(file, text, languageId), expected));
  }
});

const TEXT =
  "# Title\n\nIntro.\n\n## Install\n\nRun |>the installer now.\n\nThen wait.\n\n## Usage\n\nUse it.\n\nAnd more.\n\n## License\n\nMIT\n";
const BARE = TEXT.replace("|>", "");

describe("an answer of sections is applied", () => {
  it("to the whole text, however short it is", () => {
    const short = "# Title\n\nShort.\n\n## License\n\nMIT";
    assert.equal(applied(TEXT, short, "markdown"), `${short}\n`);
    const bare = "# Title\n\nAll of it is new.\n\nMIT";
    assert.equal(applied(TEXT, bare, "markdown"), `${bare}\n`);
  });
  it("to its section", () => {
    const section = "## Install\n\nRun it.\n\nWait.\n";
    const expected = BARE.replace("## Install\n\nRun the installer now.\n\nThen wait.\n", section);
    assert.equal(applied(TEXT, section.trimEnd(), "markdown"), expected);
  });
  it("to several sections in a row", () => {
    const sections = "## Install\n\nRun it.\n\n## Usage\n\nUse.\n";
    const result = applied(TEXT, sections, "markdown");
    assert.equal(result, "# Title\n\nIntro.\n\n## Install\n\nRun it.\n\n## Usage\n\nUse.\n\n## License\n\nMIT\n");
  });
  it("to the whole text that begins with blank lines", () =>
    assert.equal(
      applied(`\n\n${TEXT}`, `\n${BARE.replace("Use it", "Use")}`, "markdown"),
      `\n\n${BARE.replace("Use it", "Use")}`,
    ));
  it("not where it leaves out the last one, with the cursor there", () =>
    assert.match(
      applied(
        TEXT.replace("|>", "").replace("MIT", "|>MIT"),
        BARE.slice(0, BARE.indexOf("\n\n## License")),
        "markdown",
      ),
      /^refused/,
    ));
  it("not to the title alone where it has more than that", () => {
    const file = "Title\n=====\n\nWrite |>to us.\n\nThen wait.\n\nAnd more.\n";
    assert.match(applied(file, "Title\n=====\n\nAll is elsewhere now.\n", "restructuredtext"), /^refused/);
  });
  it("to a paragraph that it says in other words", () =>
    assert.equal(applied(TEXT, "Run the new installer now.", "markdown"), BARE.replace("Run the", "Run the new")));
  it("not where sections between others are missing", () =>
    assert.match(applied(TEXT, "## Install\n\nRun.\n\n## License\n\nISC\n", "markdown"), /^refused/));
  it("below the paragraph where it is a new one", () =>
    assert.equal(
      applied(TEXT, "Something else entirely.", "markdown"),
      BARE.replace("now.\n", "now.\n\nSomething else entirely.\n"),
    ));
});

describe("an answer that may be about a part is not applied to the whole", () => {
  const cases: [what: string, languageId: string, file: string, text: string][] = [
    [
      "a class with one of its methods",
      "python",
      "class A:\n  def f(self):\n    |>return 1\n\n  def g(self):\n    return 2\n",
      "class A:\n  def f(self):\n    return 3\n",
    ],
    [
      "a class with braces",
      "typescript",
      "class A {\n  f() {\n    |>return 1;\n  }\n\n  g() {\n    return 2;\n  }\n}\n",
      "class A {\n  f() {\n    return 3;\n  }\n}\n",
    ],
    ["some keys", "json", '{\n  "a": 1,\n  |>"b": 2,\n  "c": 3,\n  "d": 4\n}\n', '{\n  "b": 3\n}'],
    ["the first section of data", "yaml", "a:\n  b: 1\n  c: |>2\nd:\n  e: 3\n", "a:\n  b: 1\n  c: 5"],
    ["statements without a function", "python", "def f(x):\n  y = 1\n  |>return x\n", "z = 2\nreturn z"],
  ];
  for (const [what, languageId, file, text] of cases) {
    it(what, () => assert.match(applied(file, text, languageId), /^refused: .*select the lines/));
  }
  it("but a file without a comment at its very end is", () => {
    const file = "a = f()\n\nb = |>g(a)\nif b:\n  h(a, b)\n# So it is.\n";
    const answer = "a = f()\n\nif a:\n  b = g(a)\n  if b:\n    h(a, b)\n";
    assert.equal(applied(file, answer, "python"), answer);
  });
  it("but a function without its helper is", () => {
    const file = "function f() {\n  const |>a = () => 1;\n  return a() + b();\n}\n";
    assert.equal(
      applied(file, "function f() {\n  return 1 + b();\n}", "typescript"),
      "function f() {\n  return 1 + b();\n}\n",
    );
  });
  it("and a diff changes its lines", () => {
    const file = "def f(x):\n  y = 1\n  |>return x\n\ndef g():\n  pass\n";
    const answer = "@@ -1,3 +1,3 @@\n def f(x):\n   y = 1\n-  return x\n+  return y";
    assert.equal(applied(file, answer, "python"), file.replace("|>return x", "return y"));
  });
});

describe("a whole file as the answer", () => {
  it("ends without a bracket that closed what the answer has no more", () => {
    const inner = "    e(5) { f in\n      g(f)\n    }\n";
    const head = "import H\nimport I\n\nclass A {\n  func b() {\n    c {\n      d()\n    }\n\n";
    const file = `${head}|>${inner}  }\n  }\n}\n`;
    const answer = `${head}    e(5) { (f) in\n      g(f)\n  }\n  }\n}\n`;
    assert.equal(applied(file, answer, "swift"), answer);
  });
});
