import assert from "node:assert/strict";
import { changed, selected } from "./changedFile.ts";

type Case = [what: string, languageId: string, file: string, answer: string, expected: string];

function check(cases: readonly Case[]): void {
  for (const [what, languageId, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected(languageId, file, 2), answer), expected));
  }
}

describe("text at the margin goes where the old one was", () => {
  check([
    [
      "code in a fence",
      "markdown",
      "```hcl\na {\n>  b = 1\n>  c = 2\n}\n```",
      "b = 3\nc = 4",
      "```hcl\na {\n  b = 3\n  c = 4\n}\n```",
    ],
    [
      "code in a fence with its first line alone",
      "markdown",
      "```\na {\n>  b = 1\n>  c = 2\n}\n```",
      "b = 3\n  c = 4",
      "```\na {\n  b = 3\n  c = 4\n}\n```",
    ],
    ["a comment in a fence", "markdown", "```sh\n>  # a\n  b\n```", "# c", "```sh\n  # c\n  b\n```"],
    [
      "a block in a fence",
      "markdown",
      "```\n>    a {\n>    }\n```",
      "a {\n  b\n}",
      "```\n    a {\n      b\n    }\n```",
    ],
    [
      "code in a fence that goes on with the line above",
      "markdown",
      "```swift\na(b)\n>     .c { d }\n```\n",
      ".e()",
      "```swift\na(b)\n     .e()\n```\n",
    ],
    ["an inner item", "markdown", "- a\n>  - b\n- c", "- d", "- a\n  - d\n- c"],
    ["an inner item of two lines", "markdown", "- a\n>  - b\n>    c\n- d", "- e\n  f", "- a\n  - e\n    f\n- d"],
    ["code that is no sentence", "markdown", "a\n\n>    f(b)\n\nc\n", "g(d)", "a\n\n    g(d)\n\nc\n"],
    [
      "an inner item, its first line alone",
      "markdown",
      "- a\n>  - b\n>    c\n- d",
      "- e\n    f",
      "- a\n  - e\n    f\n- d",
    ],
    ["a line of plain text", "plaintext", "a\n>        b\n        c", "d", "a\n        d\n        c"],
    ["several lines of plain text", "plaintext", "a:\n>    b\n>    c", "d\n    e", "a:\n    d\n    e"],
  ]);
});

describe("text at the margin stays there", () => {
  check([
    [
      "where a sentence replaces the end of the code above it",
      "restructuredtext",
      "a\n\n    b(\n    )\n\n>        c()\n\n\nd\n",
      "Now add what the list of the others needs, in order to run it.",
      "a\n\n    b(\n    )\n\nNow add what the list of the others needs, in order to run it.\n\n\nd\n",
    ],
    [
      "that is a directive of reStructuredText in place of announced code",
      "restructuredtext",
      "Like this one:\n\n>    return a(1,\n>             b)\n\nText.",
      ".. code-block:: python\n\n    return a(\n        1,\n    )",
      "Like this one:\n\n.. code-block:: python\n\n    return a(\n        1,\n    )\n\nText.",
    ],
    ["where only its indentation changes", "markdown", "- a\n>  - b\n- c", "- b", "- a\n- b\n- c"],
    ["with a heading that was none", "markdown", "a\n\n>    b", "## b", "a\n\n## b"],
    ["with a fence that was none", "markdown", "a\n\n>    b", "```\nb\n```", "a\n\n```\nb\n```"],
    [
      "where a sentence replaces code",
      "markdown",
      "a\n\n>    f(b)\n>    g(c)\n\nd\n",
      "Call it as follows, with what you have:",
      "a\n\nCall it as follows, with what you have:\n\nd\n",
    ],
    ["where a single column was nothing", "markdown", "a\n> - b\n> - c\n\nd\n", "- e\n- c", "a\n- e\n- c\n\nd\n"],
    [
      "with a statement in a fence, where the old one went on with the line above",
      "markdown",
      "```swift\na(b)\n>     .c { d }\n>     .e()\n```\n",
      "// f",
      "```swift\na(b)\n// f\n```\n",
    ],
    ["where the old one was there", "markdown", "a\n\n>b", "c\n  d", "a\n\nc\n  d"],
  ]);
});

describe("a first line at the margin whose place was another than the old one's", () => {
  check([
    [
      "opens a block round the lines",
      "julia",
      "function f()\n>    a = 1\n  b()\nend",
      "if c\n    a = 2\n  end",
      "function f()\n  if c\n    a = 2\n  end\n  b()\nend",
    ],
    [
      "closes what was open",
      "xml",
      "<a>\n  <b>\n>    <c/>\n  </b>\n</a>",
      "</b>\n  <b>",
      "<a>\n  <b>\n  </b>\n  <b>\n  </b>\n</a>",
    ],
  ]);
});

describe("lines that are not what they look like", () => {
  check([
    [
      "an element without lines inside",
      "html",
      "<head>\n>\t<meta a>\n\t<p>b</p>\n</head>",
      "<meta c>\n\t<meta d>",
      "<head>\n\t<meta c>\n\t<meta d>\n\t<p>b</p>\n</head>",
    ],
    [
      "names of Nix that a line without a semicolon begins",
      "nix",
      "let\n>  a = 1;\nin\na",
      "inherit (b)\n  c\n  d\n  ;",
      "let\n  inherit (b)\n    c\n    d\n    ;\nin\na",
    ],
    ["a parameter of Nix", "nix", "{\n>  a = b;\n    c d;\n}", "a =\n  e:", "{\n  a =\n    e:\n    c d;\n}"],
    ["a comment that ends in a stop", "nix", "{\n>  a = b;\n}", "# Files.\n  a = c;", "{\n  # Files.\n  a = c;\n}"],
    ["a clause of SQL", "sql", "select\n>    a,\n    b\nfrom c", "d as a,", "select\n    d as a,\n    b\nfrom c"],
    [
      "cases of Haskell",
      "haskell",
      "f = g\n  where\n>    g = h\n\ni = j",
      "g = \\case\n  A -> b\n  _ -> c",
      "f = g\n  where\n    g = \\case\n      A -> b\n      _ -> c\n\ni = j",
    ],
  ]);
});

describe("a block whose head ends in words", () => {
  check([
    [
      "of a function of Lua",
      "lua",
      "f = function(a)\n>  b()\nend",
      "c()\nreturn d(a)",
      "f = function(a)\n  c()\n  return d(a)\nend",
    ],
    ["with parameters", "ruby", "a.each do |b|\n>  c\nend", "d\ne", "a.each do |b|\n  d\n  e\nend"],
    ["of names", "nix", "let\n>  a = 1;\nin\na", "b = 2;\n\nc = 3;", "let\n  b = 2;\n\n  c = 3;\nin\na"],
  ]);
});
