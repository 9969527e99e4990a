import assert from "node:assert/strict";
import {
  commentLine,
  isSameFamily,
  languageIdOfPath,
  languageOf,
  opensBlock,
  testFileOf,
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
  ] as const) {
    it(`writes a comment in ${languageId}`, () => assert.equal(commentLine(languageId, "x"), expected));
  }

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
