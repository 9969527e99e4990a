import assert from "node:assert/strict";
import { reindent } from "../../../../engine/chat/edits/reindent.ts";
import { changed, selected } from "./changedFile.ts";

describe("steps of indentation", () => {
  const SHELL = `${"f() {\n  a\n}\n\n".repeat(80)}>x\n\n${"g() {\n  a\n}\n\n".repeat(80)}`;
  const NEW = "new() {\n    # Why.\n    b\n}\n\nnewer() {\n    c\n}";
  it("that the file has far away are its own", () => {
    const far = `${SHELL}last() {\n    c\n}\n`;
    assert.ok(changed("edit", selected("shellscript", far, 2), NEW).includes(`\n${NEW}\n`));
    assert.ok(changed("edit", selected("shellscript", `h() {\n    c\n}\n${SHELL}`, 2), NEW).includes(`\n${NEW}\n`));
  });
  it("that the file has nowhere become those of the file", () => {
    assert.ok(
      changed("edit", selected("shellscript", SHELL, 2), NEW).includes(
        "\nnew() {\n  # Why.\n  b\n}\n\nnewer() {\n  c\n}\n",
      ),
    );
  });
  it("of a file of spaces stay spaces, though the file has tabs far away", () => {
    const code = selected("python", `if a:\n\tb()\n${"\n".repeat(300)}def f():\n    if c:\n>        d()\n`, 4);
    assert.ok(changed("edit", code, "if e:\n\tg()").endsWith("\n        if e:\n            g()\n"));
  });
  for (const languageId of ["vue", "typescript", "javascript"]) {
    it(`are not measured across the place itself: ${languageId}`, () => {
      const code = selected(languageId, "export default make({\n>  parts: {\n    Side,\n    View\n  }\n})\n", 2);
      const expected = "export default make({\n  parts: {\n    Header,\n    Side,\n    View\n  }\n})\n";
      assert.equal(changed("edit", code, "  parts: {\n    Header,"), expected);
    });
  }
  it("of the file are kept where the answer has others", () => {
    const code = selected("typescript", "function f() {\n  if (a) {\n    b();\n  }\n}\n>if (g) {\n>  h();\n>}", 2);
    assert.ok(changed("edit", code, "if (g) {\n    i();\n}").endsWith("\nif (g) {\n  i();\n}"));
  });
  it("that the file has, too, are kept", () => {
    const code = selected("typescript", "function f() {\n    if (a) {\n      b();\n    }\n}\n>g();", 4);
    assert.ok(changed("edit", code, "if (g) {\n    h();\n}").endsWith("\nif (g) {\n    h();\n}"));
  });
  it("become tabs in a file of tabs, also in a place inside of a block", () => {
    const code = selected("go", "func f() {\n\tif a {\n\t\tb()\n\t}\n>\tc()\n}", "tab");
    assert.ok(changed("edit", code, "    if c {\n        d()\n    }").includes("\n\tif c {\n\t\td()\n\t}\n"));
  });
  it("do not change what a string holds", () => {
    const lines = ["f(`", "    four", "`);", "if (a) {", "    b();", "}"];
    const out = reindent(lines, ["if (a) {", "  y();", "}"], 2, { languageId: "typescript" });
    assert.deepEqual(out, ["f(`", "    four", "`);", "if (a) {", "  b();", "}"]);
  });
});

describe("steps that the file has nowhere stay", () => {
  const cases: [
    what: string,
    languageId: string,
    indent: number | "tab",
    file: string,
    answer: string,
    expected: string,
  ][] = [
    [
      "in a single block that repeats nothing",
      "lua",
      2,
      "if a then\n  for b in c do\n>    local d = e(b)\n>    if d then\n>      d:f()\n    end\n  end\nend\n",
      "    local g = h(b)\n    if g then\n       g:f()",
      "if a then\n  for b in c do\n    local g = h(b)\n    if g then\n       g:f()\n    end\n  end\nend\n",
    ],
    [
      "in new blocks between lines that are repeated",
      "css",
      4,
      "a {\n    b: c;\n>}\n>\n>/*\n * d\n */\n\ne {\n    b: c;\n}\n",
      "}\n\n/*\n * f\n */\n\ng {\n  b: c;\n}\n\nh {\n  b: d;\n}\n\n/*",
      "a {\n    b: c;\n}\n\n/*\n * f\n */\n\ng {\n  b: c;\n}\n\nh {\n  b: d;\n}\n\n/*\n * d\n */\n\ne {\n    b: c;\n}\n",
    ],
    [
      "of spaces behind the file's tabs",
      "javascript",
      "tab",
      "f({\n\ta: [\n\t\tb({\n>\t\t\tc: d,\n>\t\t\te: (f) => {\n>\t\t\t\tf();\n\t\t\t}\n\t\t})\n\t]\n})\n",
      "\t\t\tg: {\n\t\t\t  c: d",
      "f({\n\ta: [\n\t\tb({\n\t\t\tg: {\n\t\t\t  c: d\n\t\t\t}\n\t\t})\n\t]\n})\n",
    ],
    [
      "of spaces in a function between lines of a file of tabs that are repeated",
      "go",
      "tab",
      "func a() {\n\tb()\n>}\n>\n>func c(d string) {\n\tb()\n}\n",
      "}\n\nfunc e() {\n    if b() {\n        panic()\n    }\n}\n\nfunc c(d string) {",
      "func a() {\n\tb()\n}\n\nfunc e() {\n    if b() {\n        panic()\n    }\n}\n\nfunc c(d string) {\n\tb()\n}\n",
    ],
    [
      "behind lines as deep as what they replace, though others are at the margin",
      "html",
      4,
      "<script>\n  function a() {\n    b();\n  }\n</script>\n<div>\n        <p>\n>            </p>\n        </p>\n",
      "            </p>\n                <pre>c {\n    d {\n        e\n}</pre>",
      "<script>\n  function a() {\n    b();\n  }\n</script>\n<div>\n        <p>\n            </p>\n                <pre>c {\n    d {\n        e\n}</pre>\n        </p>\n",
    ],
    [
      "where nothing else changes",
      "typescript",
      2,
      "a(() => {\n  b();\n});\n\n>if (c) {\n>  d();\n>}\n",
      "if (c) {\n    d();\n}",
      "a(() => {\n  b();\n});\n\nif (c) {\n    d();\n}\n",
    ],
  ];
  for (const [what, languageId, indent, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected(languageId, file, indent), answer), expected));
  }
});

describe("steps that the file has nowhere become those of the file", () => {
  const cases: [
    what: string,
    languageId: string,
    indent: number | "tab",
    file: string,
    answer: string,
    expected: string,
  ][] = [
    [
      "behind the line of a function whose body is another",
      "go",
      "tab",
      "func a() {\n\tb()\n}\n\n>func c() {\n>\tb()\n>}\n",
      "func c() {\n    if d() {\n        b()\n    }\n}",
      "func a() {\n\tb()\n}\n\nfunc c() {\n\tif d() {\n\t\tb()\n\t}\n}\n",
    ],
    [
      "in blocks that have nothing of what they replace",
      "go",
      "tab",
      "func a() {\n\tb()\n}\n\n>var c = 1\n",
      "func c() {\n    if d() {\n        b()\n    }\n}",
      "func a() {\n\tb()\n}\n\nfunc c() {\n\tif d() {\n\t\tb()\n\t}\n}\n",
    ],
    [
      "in code at the margin whose place is deeper",
      "typescript",
      2,
      "function a() {\n  if (b) {\n>    c();\n  }\n}\n",
      "for (;;) {\n    d();\n}",
      "function a() {\n  if (b) {\n    for (;;) {\n      d();\n    }\n  }\n}\n",
    ],
  ];
  for (const [what, languageId, indent, file, answer, expected] of cases) {
    it(what, () => assert.equal(changed("edit", selected(languageId, file, indent), answer), expected));
  }
});
