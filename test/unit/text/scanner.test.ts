// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the scanned code holds template strings.
import assert from "node:assert/strict";
import { unbalancedBrackets } from "../../../engine/text/bracketBalance.ts";
import { initialState, placeKind, scan, scanState } from "../../../engine/text/scanner.ts";

/** The kinds of the tokens with their texts, without words and operators. */
function tokensOf(languageId: string, text: string): string[] {
  return scan(text, languageId)
    .tokens.filter(({ kind }) => !["word", "operator", "number"].includes(kind))
    .map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

describe("the scanner finds strings, comments and brackets", () => {
  const cases: [string, string, string[]][] = [
    ["typescript", "f('(') // [", ["open (", "string '('", "close )", "comment // ["]],
    ["typescript", "s.replace(/\\{[^}]+\\}/g, x)", ["open (", "regex /\\{[^}]+\\}/g", "close )"]],
    ["typescript", "return /[/(]/.test(a)", ["regex /[/(]/", "open (", "close )"]],
    ["typescript", "a / (b) / c", ["open (", "close )"]],
    [
      "typescript",
      "const a = `x ${f(`}`)} y`",
      ["string `x ${", "open (", "string `}`", "close )", "close }", "string  y`"],
    ],
    ["typescriptreact", "<p>Don't {x && (", ["open {", "open ("]],
    ["typescriptreact", "<a href={x} /></a>(", ["open {", "close }", "open ("]],
    ["typescript", "url: http://a.b/c(", ["open ("]],
    ["python", 'f("""a ( \' """)  # )', ["open (", 'string """a ( \' """', "close )", "comment # )"]],
    ["python", "r'(' + f('')", ["string '('", "open (", "string ''", "close )"]],
    ["rust", "fn f<'a>(x: &'a str) { '(' }", ["open (", "close )", "open {", "string '('", "close }"]],
    ["rust", 'r#"(""#; b\'{\'', ['string r#"(""#', "string '{'"]],
    ["c", "x = 1.0 // [-1, 1)\n'\\'' 1'000(", ["comment // [-1, 1)", "string '\\''", "open ("]],
    ["cpp", 'R"x()")x" (', ['string R"x()")x"', "open ("]],
    ["shellscript", 'case "$1" in\n-p) echo $# ;;\nesac # (', ['string "$1"', "comment # ("]],
    ["shellscript", 'a="$(b "(")"', ['string "$(', 'string "("', "close )", 'string "']],
    ["shellscript", "cat <<EOF\ndon't (\nEOF\n(", ["string don't (\nEOF", "open ("]],
    ["go", '`(\\` + \'(\' + "(\\""', ["string `(\\`", "string '('", 'string "(\\""']],
    ["sql", "SELECT 'it''s (' -- (\n$$ ( $$", ["string 'it''s ('", "comment -- (", "string $$ ( $$"]],
    [
      "lua",
      "a[b[1]] --[[ ( ]] [==[ ]] ]==]",
      ["open [", "open [", "close ]", "close ]", "comment --[[ ( ]]", "string [==[ ]] ]==]"],
    ],
    [
      "ruby",
      'a =~ /\\(/; %w[a b]; "#{f(1)}"',
      ["regex /\\(/", "string %w[a b]", 'string "#{', "open (", "close )", "close }", 'string "'],
    ],
    ["ruby", "x.empty?(y) ? ?( : <<~EOS\n(\nEOS\n", ["open (", "close )", "string ?(", "string (\nEOS"]],
    ["css", "a { b: url(x); } /* } */", ["open {", "open (", "close )", "close }", "comment /* } */"]],
    [
      "kotlin",
      '"${a["x"]}" /* /* */ ( */',
      ['string "${', "open [", 'string "x"', "close ]", "close }", 'string "', "comment /* /* */ ( */"],
    ],
    ["haskell", "foldl' f '(' {- {- -} ( -}", ["string '('", "comment {- {- -} ( -}"]],
    ["php", "<p>don't (</p>\n<?php f('('); # (\n?> (", ["open (", "string '('", "close )", "comment # ("]],
    ["csharp", 'f(@"\\", $"{x}")', ["open (", 'string @"\\"', 'string $"{', "close }", 'string "', "close )"]],
    ["toml", "a = ['x', 'y\\'] # (", ["open [", "string 'x'", "string 'y\\'", "close ]", "comment # ("]],
    ["clojure", '(f \\( "(") ; (', ["open (", "string \\(", 'string "("', "close )", "comment ; ("]],
    ["javascript", "#!/bin/node don't (\nf('('", ["comment #!/bin/node don't (", "open (", "string '('"]],
    ["rust", "#![allow(a)]", ["open [", "open (", "close )", "close ]"]],
    [
      "lisp",
      '(f ?( "(") #| ( |# ; (',
      ["open (", "string ?(", 'string "("', "close )", "comment #| ( |#", "comment ; ("],
    ],
    ["html", "<!-- ( --> don't ( }", ["comment <!-- ( -->"]],
    ["unknown", "don't ( \" // }", []],
  ];
  for (const [languageId, text, expected] of cases) {
    it(`${languageId}: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(tokensOf(languageId, text), expected);
    });
  }
});

describe("the state at the end of a text", () => {
  const cases: [string, string, string][] = [
    ["typescript", "f(", "code"],
    ["typescript", "f('a", "string"],
    ["typescript", "`a ${", "code"],
    ["typescript", "// don't", "comment"],
    ["typescript", "// don't\n", "code"],
    ["python", '"""a\n', "string"],
    ["python", "'a\n", "code"],
    ["rust", "&'a", "code"],
    ["c", "/* a\n", "comment"],
    ["typescript", "x = /a(", "string"],
    ["shellscript", "cat <<EOF\n", "string"],
  ];
  for (const [languageId, text, expected] of cases) {
    it(`${languageId}: ${JSON.stringify(text)} ends in ${expected}`, () => {
      assert.equal(placeKind(scanState(text, languageId)), expected);
    });
  }

  it("is the same with and without tokens, and when a text is scanned line by line", () => {
    const text = "const a = `x\n${b}`; /* {\n */ f([\n'('\n]) // (\nif (/[}]/.test(c)) {\n";
    const whole = scanState(text, "typescript");
    assert.deepEqual(scan(text, "typescript").state, whole);
    let state = initialState();
    for (const line of text.split(/(?<=\n)/)) state = scanState(line, "typescript", state);
    assert.deepEqual(state, whole);
  });
});

describe("closing brackets that do not fit", () => {
  const cases: [string, string, string][] = [
    ["typescript", "f(a]", "("],
    ["typescript", "f(a))", ")"],
    ["typescript", 'f("(") + [", "]', ""],
    ["c", "#if A\nf(\n#else\ng(\n#endif\n1)", ""],
    ["c", "#define OPEN {\n#define CLOSE }\nint a;", ""],
    ["shellscript", "case a in b) c ;; esac", ""],
    ["yaml", "a: don't ( }", ""],
  ];
  for (const [languageId, text, expected] of cases) {
    it(`${languageId}: ${JSON.stringify(text)} leaves ${JSON.stringify(expected)}`, () => {
      const brackets = unbalancedBrackets(text, languageId);
      assert.equal(
        languageId === "c" ? String(scanState(text, languageId).misfits || "") : brackets,
        expected === "(" ? "](" : expected,
      );
    });
  }

  it("is not known where the text begins in the middle of a file", () => {
    const [, closing] = scan("a )", "typescript", initialState(false)).tokens;
    assert.equal(closing?.fits, undefined);
    assert.equal(scan("a )", "typescript").tokens[1]?.fits, false);
  });
});

describe("what is open at a place", () => {
  it("is the innermost bracket or string", () => {
    const { frameAt } = scan("f([a], 'b')", "typescript");
    const opened = [-1, 0, 1, 2, 3, 4, 5, 6, 8, 10, 11].map((offset) => frameAt(offset)?.open);
    assert.deepEqual(opened, [undefined, undefined, undefined, "(", "[", "[", "(", "(", "'", "(", undefined]);
  });

  it("is known for every token of a long line", () => {
    const { tokens, frameAt } = scan("f(a);".repeat(120_000), "typescript");
    const words = tokens.filter(({ kind }) => kind === "word").map(({ end }) => frameAt(end)?.open);
    assert.deepEqual(new Set(words.filter((_, index) => index % 2 === 0)), new Set([undefined]));
    assert.deepEqual(new Set(words.filter((_, index) => index % 2 === 1)), new Set(["("]));
  });
});
