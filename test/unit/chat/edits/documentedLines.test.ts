import assert from "node:assert/strict";
import { parseDoc } from "../../../../engine/chat/edits/parseDoc.ts";
import { changed, selected } from "./changedFile.ts";

const DOC = "Adds the numbers.";

describe("documentation of a selection that begins", () => {
  const cases: [what: string, languageId: string, file: string, expected: string][] = [
    ["with an interpreter", "shellscript", ">#!/bin/sh\n>set -e\n>a", `#!/bin/sh\n# ${DOC}\nset -e\na`],
    [
      "with an encoding",
      "python",
      ">#!/bin/py\n># -*- coding: utf-8 -*-\n>a()",
      `#!/bin/py\n# -*- coding: utf-8 -*-\n# ${DOC}\na()`,
    ],
    ["with the opening of PHP", "php", "><?php\n>function f() {}", `<?php\n/**\n * ${DOC}\n */\nfunction f() {}`],
    [
      "with a declaration of XML",
      "xml",
      '><?xml version="1.0"?>\n><a/>',
      `<?xml version="1.0"?>\n<!-- ${DOC} -->\n<a/>`,
    ],
    ["with a document type", "html", "><!DOCTYPE html>\n><html/>", `<!DOCTYPE html>\n<!-- ${DOC} -->\n<html/>`],
    ["with a strict mode", "javascript", ">'use strict';\n>f();", `'use strict';\n/**\n * ${DOC}\n */\nf();`],
    ["with front matter", "markdown", ">---\n>a: b\n>---\n># T", `---\na: b\n---\n<!-- ${DOC} -->\n# T`],
    ["with a character set", "css", '>@charset "utf-8";\n>.a {}', `@charset "utf-8";\n/**\n * ${DOC}\n */\n.a {}`],
    ["with a constraint", "go", ">//go:build a\n>\n>package a", `//go:build a\n\n// ${DOC}\npackage a`],
    ["with attributes of the file", "rust", ">#![allow(a)]\n>fn f() {}", `#![allow(a)]\n/// ${DOC}\nfn f() {}`],
    ["with a licence", "java", ">/* Licence. */\n>class A {}", `/* Licence. */\n/**\n * ${DOC}\n */\nclass A {}`],
    [
      "with its old documentation",
      "typescript",
      ">/** Old. */\n>function f() {}",
      `/**\n * ${DOC}\n */\nfunction f() {}`,
    ],
    ["with old lines", "rust", ">/// Old.\n>/// More.\n>fn f() {}", `/// ${DOC}\nfn f() {}`],
    ["with old lines and attributes", "csharp", ">/// Old.\n>[A]\n>void F() {}", `/// ${DOC}\n[A]\nvoid F() {}`],
    [
      "with an old block and annotations",
      "java",
      "a;\n>  /**\n>   * Old.\n>   */\n>  @A\n>  void f() {}",
      `a;\n  /**\n   * ${DOC}\n   */\n  @A\n  void f() {}`,
    ],
    ["with comments alone", "typescript", ">// a b\n>// c d", `/**\n * ${DOC}\n */\n// a b\n// c d`],
  ];
  for (const [what, languageId, file, expected] of cases) {
    it(`${what} goes where it belongs`, () =>
      assert.equal(changed("document", selected(languageId, file), DOC), expected));
  }
});

describe("documentation is written in the comments of the language", () => {
  const cases: [languageId: string, code: string, comment: string][] = [
    ["swift", "func f() {}", `/// ${DOC}`],
    ["dart", "void f() {}", `/// ${DOC}`],
    ["zig", "fn f() void {}", `/// ${DOC}`],
    ["fsharp", "let f a = a", `/// ${DOC}`],
    ["ocaml", "let f a = a", `(* ${DOC} *)`],
    ["vb", "Sub F()", `''' ${DOC}`],
    ["bat", "echo a", `REM ${DOC}`],
    ["fish", "function f", `# ${DOC}`],
    ["nim", "proc f() = a", `# ${DOC}`],
    ["gdscript", "func f():", `## ${DOC}`],
    ["terraform", 'resource "a" "b" {', `# ${DOC}`],
    ["graphql", "type A {", `# ${DOC}`],
  ];
  for (const [languageId, code, comment] of cases) {
    it(languageId, () =>
      assert.equal(changed("document", selected(languageId, `a\n>${code}\nb`), DOC), `a\n${comment}\n${code}\nb`),
    );
  }
  const parts: [what: string, languageId: string, file: string, comment: string][] = [
    ["a script of Vue", "vue", "<p/>\n<script setup>\n>f();\n</script>", `/**\n * ${DOC}\n */\n`],
    ["a typed script", "svelte", '<script lang="ts">\n>f();\n</script>\n<p/>', `/**\n * ${DOC}\n */\n`],
    ["a style of HTML", "html", "<style>\n>.a {}\n</style>", `/**\n * ${DOC}\n */\n`],
    ["what follows a script", "html", "<script>\na();\n</script>\n><p/>", `<!-- ${DOC} -->\n`],
    ["data in a script", "html", '<script type="application/ld+json">\n>{}\n</script>', `<!-- ${DOC} -->\n`],
  ];
  for (const [what, languageId, file, comment] of parts) {
    it(`of ${what}`, () =>
      assert.equal(
        changed("document", selected(languageId, file), DOC),
        file
          .replace(">f", `${comment}f`)
          .replace(">.a", `${comment}.a`)
          .replace("><p", `${comment}<p`)
          .replace(">{}", `${comment}{}`),
      ));
  }
  it("with the types of Lua's annotations", () => {
    const code = selected("lua", "--- Old.\n--- @param a number\n---@return b\n>local function f(a) end");
    assert.equal(changed("document", code, DOC), `--- ${DOC}\n---@return b\nlocal function f(a) end`);
  });
});

describe("the text of an answer with more than a comment", () => {
  const cases: [what: string, languageId: string, code: string, answer: string, text: string][] = [
    [
      "below sentences",
      "typescript",
      "function f() {}",
      "Here is the comment:\n\n/**\n * Adds.\n */",
      "/**\n * Adds.\n */",
    ],
    ["in a fence", "typescript", "function f() {}", "```ts\n/**\n * Adds.\n */\n```", "/**\n * Adds.\n */"],
    [
      "with an example in a fence",
      "typescript",
      "function f() {}",
      "Adds.\n * ```ts\n * f();\n * ```\n",
      "/**\n * Adds.\n * ```ts\n * f();\n * ```\n */",
    ],
    ["before the code", "go", "func f() {}", "// f adds.\n// It does.\nfunc f() {}", "// f adds.\n// It does."],
    [
      "below the header",
      "python",
      "def f(a):\n    return a",
      'def f(a):\n    """Adds."""\n    return a',
      '    """Adds."""',
    ],
    ["in shorter marks", "rust", "fn f() {}", "// Adds.\n// Twice.", "/// Adds.\n/// Twice."],
  ];
  for (const [what, languageId, code, answer, text] of cases) {
    it(`is found ${what}`, () => {
      const lines = code.split("\n");
      const place = { languageId, lines, focus: { start: 0, end: lines.length }, indent: 4 };
      assert.deepEqual(parseDoc(answer, "end", place), { kind: "edit", text });
    });
  }
});
