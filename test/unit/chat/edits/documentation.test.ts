import assert from "node:assert/strict";
import { scan, scanState } from "../../../../engine/text/scanner.ts";
import { changed, selected } from "./changedFile.ts";

const DOC = "Adds the numbers.";

/** Where the comment is inserted; all other lines stay the same. */
const PLACES: [what: string, languageId: string, file: string, expected: string][] = [
  [
    "below a shebang",
    "shellscript",
    "#!/bin/bash\n>f() {\n>  a\n>}",
    "#!/bin/bash\n# Adds the numbers.\nf() {\n  a\n}",
  ],
  [
    "below a shebang and what follows it",
    "shellscript",
    "#!/bin/bash\n# Deploys the site.\n>f() {\n>}",
    "#!/bin/bash\n# Deploys the site.\n# Adds the numbers.\nf() {\n}",
  ],
  ["above a directive of Go", "go", "//go:noinline\n>func f() {}", "// Adds the numbers.\n//go:noinline\nfunc f() {}"],
  [
    "in place of the text above a directive",
    "go",
    "// Old.\n//go:noinline\n//go:nosplit\n>func f() {}",
    "// Adds the numbers.\n//go:noinline\n//go:nosplit\nfunc f() {}",
  ],
  [
    "below a build constraint",
    "go",
    "//go:build linux\n>func f() {}",
    "//go:build linux\n// Adds the numbers.\nfunc f() {}",
  ],
  [
    "above an export for cgo",
    "go",
    "//export Add\n>func Add() {}",
    "// Adds the numbers.\n//export Add\nfunc Add() {}",
  ],
  [
    "above a comment of eslint",
    "typescript",
    "// eslint-disable-next-line no-x\n>function f() {}",
    "/**\n * Adds the numbers.\n */\n// eslint-disable-next-line no-x\nfunction f() {}",
  ],
  [
    "above a comment of TypeScript",
    "typescript",
    "/** Old. */\n// @ts-expect-error why\n>function f() {}",
    "/**\n * Adds the numbers.\n */\n// @ts-expect-error why\nfunction f() {}",
  ],
  [
    "below the file's own comment",
    "javascript",
    "/** @fileoverview All of it. */\n>function f() {}",
    "/** @fileoverview All of it. */\n/**\n * Adds the numbers.\n */\nfunction f() {}",
  ],
  [
    "below a licence",
    "go",
    "// Copyright 2020 A. Author\n// All rights reserved, and more\n>func f() {}",
    "// Copyright 2020 A. Author\n// All rights reserved, and more\n// Adds the numbers.\nfunc f() {}",
  ],
  [
    "below a licence in a block",
    "java",
    "/**\n * Copyright 2020 A. Author\n */\n>class A {}",
    "/**\n * Copyright 2020 A. Author\n */\n/**\n * Adds the numbers.\n */\nclass A {}",
  ],
  ["beside a task that is noted", "python", "# TODO: later\n>x = 1", "# TODO: later\n# Adds the numbers.\nx = 1"],
  ["beside code that is commented out", "go", "// f(1);\n>func f() {}", "// f(1);\n// Adds the numbers.\nfunc f() {}"],
  ["beside a separator", "ruby", "# ------\n>def f\n>end", "# ------\n# Adds the numbers.\ndef f\nend"],
  [
    "not over a comment behind code",
    "typescript",
    "/** Of g. */\ng();\nh(); /* why */\n>function f() {}",
    "/** Of g. */\ng();\nh(); /* why */\n/**\n * Adds the numbers.\n */\nfunction f() {}",
  ],
  [
    "above a decorator over lines",
    "typescript",
    "a();\n@Component({\n  selector: 'x',\n})\n>class A {}",
    "a();\n/**\n * Adds the numbers.\n */\n@Component({\n  selector: 'x',\n})\nclass A {}",
  ],
  [
    "above several decorators",
    "typescript",
    "  @a\n  @b(1)\n>  f() {}",
    "  /**\n   * Adds the numbers.\n   */\n  @a\n  @b(1)\n  f() {}",
  ],
  [
    "above attributes over lines",
    "rust",
    "/// Old.\n#[derive(\n    Debug,\n    Clone,\n)]\n#[serde(a)]\n>struct A;",
    "/// Adds the numbers.\n#[derive(\n    Debug,\n    Clone,\n)]\n#[serde(a)]\nstruct A;",
  ],
  [
    "above attributes of C#",
    "csharp",
    '[Fact]\n[Trait("a",\n  "b")]\n>void F() {}',
    '/// Adds the numbers.\n[Fact]\n[Trait("a",\n  "b")]\nvoid F() {}',
  ],
  [
    "not above a list",
    "typescript",
    "const a = [\n  [b],\n];\n>function f() {}",
    "const a = [\n  [b],\n];\n/**\n * Adds the numbers.\n */\nfunction f() {}",
  ],
  ["into a body of its own", "python", ">def f(x): return x", 'def f(x):\n    """Adds the numbers."""\n    return x'],
  [
    "into a body of its own, with a comment",
    "python",
    "class A:\n>    def f(self, x: int = 1) -> dict: return {x: 1}  # why",
    'class A:\n    def f(self, x: int = 1) -> dict:\n        """Adds the numbers."""\n        return {x: 1}  # why',
  ],
  [
    "before dots",
    "python",
    ">def f(x: int) -> int: ...",
    'def f(x: int) -> int:\n    """Adds the numbers."""\n    ...',
  ],
  [
    "below a list of parameters",
    "python",
    ">def f(\n>    a,  # note:\n>    b={1: 2},\n>    c=lambda x: x,\n>):\n>    return 1",
    'def f(\n    a,  # note:\n    b={1: 2},\n    c=lambda x: x,\n):\n    """Adds the numbers."""\n    return 1',
  ],
  [
    "below a decorator over lines",
    "python",
    ">@app.route(\n>    '/a:',\n>    methods=['GET'],\n>)\n>class A:\n>    x = 1",
    '@app.route(\n    \'/a:\',\n    methods=[\'GET\'],\n)\nclass A:\n    """Adds the numbers."""\n    x = 1',
  ],
  [
    "below a header with a comment",
    "python",
    ">def f(a):  # type: (int) -> int\n>    return 1",
    'def f(a):  # type: (int) -> int\n    """Adds the numbers."""\n    return 1',
  ],
  ["at the body's own step", "python", ">def f(a):\n>  return 1", 'def f(a):\n  """Adds the numbers."""\n  return 1'],
  [
    "in place of a docstring behind a comment",
    "python",
    '>def f(a):\n>    # type: (int) -> int\n>    """Old."""\n>    return 1',
    'def f(a):\n    # type: (int) -> int\n    """Adds the numbers."""\n    return 1',
  ],
  [
    "in place of a raw docstring",
    "python",
    ">def f(a):\n>    r'''Old \\d.\n>\n>    More.'''\n>    return 1",
    'def f(a):\n    """Adds the numbers."""\n    return 1',
  ],
  [
    "not over a string that is used",
    "python",
    '>def f(a):\n>    """a""".strip()\n>    return 1',
    'def f(a):\n    """Adds the numbers."""\n    """a""".strip()\n    return 1',
  ],
  [
    "above statements that are no function",
    "python",
    ">x = {\n>    'a': 1,\n>}",
    "# Adds the numbers.\nx = {\n    'a': 1,\n}",
  ],
  ["in comments where there are no blocks", "sql", ">SELECT 1", "-- Adds the numbers.\nSELECT 1"],
  ["in markup", "html", ">  <p>a</p>", "  <!-- Adds the numbers. -->\n  <p>a</p>"],
  ["in YAML", "yaml", "a:\n>  b: 1", "a:\n  # Adds the numbers.\n  b: 1"],
  [
    "beside annotations for tools",
    "python",
    "# pylint: disable=all\n# noqa: E501\n>x = 1",
    "# Adds the numbers.\n# pylint: disable=all\n# noqa: E501\nx = 1",
  ],
  [
    "beside a comment of shellcheck",
    "shellscript",
    "# Old words.\n# shellcheck disable=SC2086\n>f() {\n>}",
    "# Adds the numbers.\n# shellcheck disable=SC2086\nf() {\n}",
  ],
  [
    "below a magic comment",
    "ruby",
    "# frozen_string_literal: true\n>class A\n>end",
    "# frozen_string_literal: true\n# Adds the numbers.\nclass A\nend",
  ],
];

describe("documentation goes", () => {
  for (const [what, languageId, file, expected] of PLACES) {
    it(what, () => assert.equal(changed("document", selected(languageId, file), DOC), expected));
  }

  it("with the tags of the old comment that types depend on", () => {
    const code = selected("javascript", "/**\n * Old.\n * @deprecated use g\n * @template T\n */\n>function f() {}");
    const result = changed("document", code, DOC);
    const typed = selected("javascript", "/** @type {import('x').Y} */\n>const a = 1;");
    assert.match(
      changed("document", typed, DOC),
      /^\/\*\*\n \* Adds the numbers\.\n \* @type \{import\('x'\)\.Y\}\n \*\/\nconst/,
    );
    assert.match(result, /Adds the numbers\.\n \* @deprecated use g\n \* @template T\n \*\/\nfunction/);
  });
});

describe("the text of documentation", () => {
  const texts = [
    "Reads `src/**/*.ts` and more.",
    "Ends in a */ mark.",
    'Returns "x"',
    '"Quoted" at the beginning',
    "Splits at \\n and \\d",
    "Ends in a backslash \\",
    'Says """triple""" quotes',
    "Says '''triple''' quotes",
    "**Bold** words, `/* code */` and <b>tags</b> --> here",
    "First line.\n\n@param a */ the first",
    "Uses #{b} and %s and `$a`",
    "A list:\n* one\n* two",
    "// slashes and # hashes",
  ];
  const functions: [string, string, string][] = [
    ["typescript", "function f(a) {}", "function f"],
    ["python", "def f(a):\n    return 1", "return 1"],
    ["python", "def f(a): return 1", "return 1"],
    ["kotlin", "fun f(a: Int) = 1", "fun f"],
    ["c", "int f(int a);", "int f"],
    ["go", "func f() {}", "func f"],
    ["rust", "fn f() {}", "fn f"],
    ["ruby", "def f\nend", "def f"],
    ["css", ".a { b: c; }", ".a"],
    ["html", "<p>a</p>", "<p>"],
  ];
  for (const text of texts) {
    for (const [languageId, code, rest] of functions) {
      it(`${JSON.stringify(text)} stays inside its comment, in ${languageId}: ${code.slice(0, 12)}`, () => {
        const file = selected(languageId, code.replaceAll(/^/gm, ">"));
        const result = changed("document", file, text);
        const lines = result.split("\n");
        for (const line of code.split("\n")) {
          if (!/^def f\(a\): /.test(line)) assert.ok(lines.includes(line), result);
        }
        // After the comment the code is still code, and the comment's text is not.
        const { tokens } = scan(result, languageId);
        const at = result.indexOf(rest, result.indexOf(text.slice(0, 3)) === -1 ? 0 : undefined);
        const token = tokens.find(
          ({ start, end }) => start <= result.lastIndexOf(rest) && end > result.lastIndexOf(rest),
        );
        assert.ok(at !== -1 && token?.kind !== "comment" && token?.kind !== "string", result);
        assert.equal(scanState(result, languageId).frame, undefined, result);
      });
    }
  }

  it("ends in a quote on a line of its own", () => {
    const code = selected("python", ">def f():\n>    return 1");
    assert.equal(changed("document", code, 'Returns "x"'), 'def f():\n    """Returns "x"\n    """\n    return 1');
  });
  it("keeps a pattern of paths", () => {
    const code = selected("typescript", ">function f() {}");
    assert.match(changed("document", code, "Reads `src/**/*.ts` and more."), /Reads `src\/\*\*\\\/\*\.ts` and more\./);
  });
  it("with backslashes is a raw string", () => {
    const code = selected("python", ">def f():\n>    return 1");
    assert.match(changed("document", code, "Splits at \\d"), /r"""Splits at \\d"""/);
  });
  it("of several lines keeps how they stand to one another", () => {
    const code = selected("python", "class A:\n>    def f():\n>        return 1");
    const answer = "Adds.\n\n        Args:\n            a: the first\n        ";
    assert.equal(
      changed("document", code, answer),
      'class A:\n    def f():\n        """Adds.\n\n        Args:\n            a: the first\n        """\n        return 1',
    );
  });
  it("ends where the model goes on with the code", () => {
    const code = selected("python", ">def f():\n>    return 1");
    assert.equal(changed("document", code, 'Adds."""\n    return 1\n```'), 'def f():\n    """Adds."""\n    return 1');
    const script = selected("typescript", ">function f() {}");
    assert.equal(changed("document", script, "Adds.\n */\nfunction f() {}"), "/**\n * Adds.\n */\nfunction f() {}");
    assert.equal(changed("document", script, "Adds. */\nfunction f() {}"), "/**\n * Adds.\n */\nfunction f() {}");
  });
});
