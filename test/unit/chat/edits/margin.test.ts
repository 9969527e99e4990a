import assert from "node:assert/strict";
import { changed, selected } from "./changedFile.ts";

type Row = [where: string, languageId: string, file: string, answer: string, expected: string];

/** @param indent blanks by which the file's lines are indented. */
function table(what: string, indent: number, rows: readonly Row[]): void {
  describe(what, () => {
    for (const [where, languageId, file, answer, expected] of rows) {
      it(where, () => assert.equal(changed("edit", selected(languageId, file, indent), answer), expected));
    }
  });
}

const FUNCTION = "const f = (a) => {\n  g(a);\n};";
const DEEP = "  const f = (a) => {\n    g(a);\n  };";

table("in a page, an answer at the margin for deeper lines stays there", 2, [
  [
    "above a line of the same script",
    "html",
    "<script>\n>  var f = function (a) {\n>    g(a);\n>  };\n\nh();\n</script>\n",
    FUNCTION,
    `<script>\n${FUNCTION}\n\nh();\n</script>\n`,
  ],
  [
    "below a line of the same script",
    "html",
    "<script>\nconst h = {\n  a: 1,\n};\n\n>  var f = function (a) {\n>    g(a);\n>  };\n</script>\n",
    `/* Calls g. */\n${FUNCTION}`,
    `<script>\nconst h = {\n  a: 1,\n};\n\n/* Calls g. */\n${FUNCTION}\n</script>\n`,
  ],
  [
    "below an element of the same depth",
    "html",
    "<section>\n<h1>A</h1>\n>  <p>\n>    b\n>  </p>\n</section>\n",
    "<p>\n  c\n</p>",
    "<section>\n<h1>A</h1>\n<p>\n  c\n</p>\n</section>\n",
  ],
]);

table("a function at the margin stays there in place of a method whose class has gone", 4, [
  [
    "below another function",
    "python",
    "def f():\n    a()\n\n>    def g(self):\n>        self.a()\n\n\ndef h():\n    b()\n",
    "def g():\n    a()",
    "def f():\n    a()\n\ndef g():\n    a()\n\n\ndef h():\n    b()\n",
  ],
  [
    "but is moved into a class that is there",
    "python",
    "def f():\n    a()\n\nclass C:\n>    def g(self):\n>        self.a()\n\n\ndef h():\n    b()\n",
    "def g(self):\n    a()",
    "def f():\n    a()\n\nclass C:\n    def g(self):\n        a()\n\n\ndef h():\n    b()\n",
  ],
  [
    "but is moved into a function that had one inside",
    "python",
    "def f():\n>    def g(a):\n>        a()\n\n    g(b)\n\n\ndef h():\n    b()\n",
    "def g(a):\n    a(1)",
    "def f():\n    def g(a):\n        a(1)\n\n    g(b)\n\n\ndef h():\n    b()\n",
  ],
]);

describe("regions stand as deep as the code that they fold", () => {
  const file = "class A\n{\n>    void F() { }\n}";
  const answer = "#region Calls\nvoid F() { }\n\nvoid G() { }\n#endregion";
  const placed = answer.replaceAll(/^(?=.)/gm, "    ");
  it("where they take the place of code", () =>
    assert.equal(changed("edit", selected("csharp", file), answer), `class A\n{\n${placed}\n}`));
});

table("in a page, an answer at the margin is moved to its place", 2, [
  [
    "alone in its element",
    "html",
    "<script>\n>  var f = function (a) {\n>    g(a);\n>  };\n</script>\n",
    FUNCTION,
    `<script>\n${DEEP}\n</script>\n`,
  ],
  [
    "below a line that is as deep",
    "vue",
    "<script>\n  h();\n>  var f = function (a) {\n>    g(a);\n>  };\n</script>\n",
    FUNCTION,
    `<script>\n  h();\n${DEEP}\n</script>\n`,
  ],
  [
    "inside brackets",
    "html",
    "<script>\nfunction h() {\n>  var f = function (a) {\n>    g(a);\n>  };\n}\n</script>\n",
    FUNCTION,
    `<script>\nfunction h() {\n${DEEP}\n}\n</script>\n`,
  ],
  [
    "inside a block of a template",
    "handlebars",
    "<p>a</p>\n{{#if a}}\n>  <b>\n>    c\n>  </b>\n{{/if}}\n",
    "<b>\n  d\n</b>",
    "<p>a</p>\n{{#if a}}\n  <b>\n    d\n  </b>\n{{/if}}\n",
  ],
  [
    "above what divides a block of a template",
    "jinja",
    "{% if a %}\n>  <b>\n>    c\n>  </b>\n{% else %}\n  d\n{% endif %}\n",
    "<b>\n  e\n</b>",
    "{% if a %}\n  <b>\n    e\n  </b>\n{% else %}\n  d\n{% endif %}\n",
  ],
  [
    "above the end of a block of Svelte",
    "svelte",
    "{#if a}\n>  <b>\n>    c\n>  </b>\n{:else}\n  d\n{/if}\n",
    "<b>\n  e\n</b>",
    "{#if a}\n  <b>\n    e\n  </b>\n{:else}\n  d\n{/if}\n",
  ],
  [
    "above the end of a block of Ruby",
    "erb",
    "<% a.each do |b| %>\n>  <b>\n>    c\n>  </b>\n<% end %>\n",
    "<b>\n  d\n</b>",
    "<% a.each do |b| %>\n  <b>\n    d\n  </b>\n<% end %>\n",
  ],
]);
