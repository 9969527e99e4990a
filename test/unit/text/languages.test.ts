import assert from "node:assert/strict";
import {
  commentLine,
  isSameFamily,
  LANGUAGES,
  languageIdOfPath,
  languageOf,
  opensBlock,
  testFileOf,
  UNKNOWN,
} from "../../../engine/text/languages.ts";

describe("the table of languages", () => {
  for (const [languageId, expected] of [
    ["python", "# x"],
    ["gitignore", "# x"],
    ["sql", "-- x"],
    ["scheme", ";; x"],
    ["tex", "% x"],
    ["vue", "<!-- x -->"],
    ["css", "/* x */"],
    ["go", "// x"],
    ["nim", "# x"],
    ["terraform", "# x"],
    ["klingon", "// x"],
    ["dockercompose", "# x"],
    ["dotenv", "# x"],
    ["ignore", "# x"],
    ["git-rebase", "# x"],
    ["git-commit", "# x"],
    ["raku", "# x"],
    ["dockerbake", "# x"],
    ["snippets", "// x"],
    ["sass", "// x"],
    ["hlsl", "// x"],
    ["vue-html", "<!-- x -->"],
    ["instructions", "<!-- x -->"],
    ["handlebars", "{{!-- x --}}"],
    ["razor", "@* x *@"],
    ["jade", "//- x"],
    ["haml", "-# x"],
    ["slim", "/ x"],
    ["bibtex", "% x"],
    ["abap", '" x'],
    ["wat", ";; x"],
    ["restructuredtext", ".. x"],
  ] as const) {
    it(`writes a comment in ${languageId}`, () => assert.equal(commentLine(languageId, "x"), expected));
  }

  for (const languageId of (
    "abap bat bibtex c chatagent clojure coffeescript cpp csharp css cuda-cpp d dart delphi diff " +
    "dockercompose dockerfile dotenv elixir erlang fsharp git-commit git-rebase go groovy haml handlebars haskell haxe " +
    "hlsl html ignore ini instructions jade java javascript javascriptreact json jsonc jsonl julia juliamarkdown latex " +
    "less log lua makefile markdown objective-c objective-cpp ocaml pascal perl perl6 php plaintext powershell prompt " +
    "properties pug python r raku razor restructuredtext ruby rust sass scss search-result shaderlab shellscript skill " +
    "slim snippets sql stylus svelte swift tex toml typescript typescriptreact vb vue vue-html wat xml xsl yaml"
  ).split(" ")) {
    it(`knows ${languageId}`, () => assert.notEqual(languageOf(languageId), UNKNOWN));
  }

  it("has no language and no file name extension twice", () => {
    for (const list of [LANGUAGES.flatMap(({ ids }) => ids), LANGUAGES.flatMap(({ extensions }) => extensions)]) {
      assert.deepEqual(
        list.filter((each, index) => list.indexOf(each) !== index),
        [],
      );
    }
  });

  it("has languages without comments", () => {
    const without = LANGUAGES.filter(({ hasComments }) => !hasComments).flatMap(({ ids }) => ids);
    assert.deepEqual(without.toSorted(), "csv diff json jsonl log plaintext search-result tsv".split(" "));
  });

  for (const [path, id] of [
    ["src/a.TSX", "typescriptreact"],
    ["a.d.ts", "typescript"],
    ["a/b.h", "c"],
    ["a.b/Makefile", "unknown"],
    [".bashrc", "unknown"],
    ["x.yml", "yaml"],
  ] as const) {
    it(`takes ${path} for ${id}`, () => assert.equal(languageIdOfPath(path), id));
  }

  for (const [one, other, expected] of [
    ["typescript", "typescriptreact", true],
    ["javascript", "vue", true],
    ["c", "cpp", true],
    ["css", "less", true],
    ["json", "jsonc", true],
    ["yaml", "dockercompose", true],
    ["html", "handlebars", true],
    ["python", "cython", true],
    ["python", "ruby", false],
    ["klingon", "klingon", true],
    ["klingon", "vulcan", false],
  ] as const) {
    it(`${one} ${expected ? "may" : "may not"} copy from ${other}`, () => {
      assert.equal(isSameFamily(one, other), expected);
      assert.equal(isSameFamily(other, one), expected);
    });
  }

  for (const [path, expected] of [
    ["a/cart.ts", "a/cart.test.ts"],
    ["cart.py", "test_cart.py"],
    ["a/cart.cc", "a/cart_test.cc"],
    ["Cart.cs", "CartTests.cs"],
    ["Makefile", "Makefile.test"],
    [".profile", ".profile.test"],
  ] as const) {
    it(`puts the tests of ${path} into ${expected}`, () => assert.equal(testFileOf(path), expected));
  }

  it("knows prose, and languages whose blocks a colon opens", () => {
    const prose = ["plaintext", "markdown", "latex", "restructuredtext", "asciidoc", "git-commit"];
    assert.ok(prose.every((id) => languageOf(id).isProse));
    assert.ok(!["typescript", "klingon", "html"].some((id) => languageOf(id).isProse));
    assert.ok(opensBlock("if x:", "gdscript") && !opensBlock("case 1:", "c") && opensBlock("x => {", "klingon"));
  });

  it("documents each language in its own form", () => {
    const opens = (id: string) => languageOf(id).doc.open + languageOf(id).doc.line;
    assert.deepEqual(["python", "rust", "csharp", "go", "lua", "ruby"].map(opens), [
      '"""',
      "/// ",
      "/// ",
      "// ",
      "--- ",
      "# ",
    ]);
    assert.equal(opens("klingon"), "/** * ");
    assert.ok(languageOf("python").doc.below && !languageOf("rust").doc.below);
  });
});
