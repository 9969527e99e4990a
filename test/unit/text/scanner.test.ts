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

/** Strings whose holes hold expressions, some with the quotes of the string itself. */
const HOLES: [string, string, string[]][] = [
  ["python", 'f"{d["k"]} {e}"', pieces('f"|{|[|"k"|]|}| |{|}|"')],
  ["python", "rf'{d['k']}' + Fr'' + T'{t'{x}'}'", pieces("rf'|{|[|'k'|]|}|'|Fr''|T'|{|t'|{|}|'|}|'")],
  ["python", 'f"{{x}} {{{y}}}" (', pieces('f"{{x}} {{|{|}|}}"|(')],
  ["python", 'f"{x:#>{width}} {y!r:\'^9}" (', pieces('f"|{|#>|{|}|}| |{|\'^9|}|"|(')],
  ["python", 'f"{ {1: 2}[1]:>4}{(lambda a: a)(1)}"', pieces('f"|{|{|}|[|]|>4|}|{|(|)|(|)|}|"')],
  ["python", 'f"""{x["a"]} "(" {f\'{y}\'}\n{z}""" (', pieces('f"""|{|[|"a"|]|}| "(" |{|f\'|{|}|\'|}|\n|{|}|"""|(')],
  ["python", 'f"a {\n  b["c"]\n}" (', pieces('f"a |{|[|"c"|]|}|"|(')],
  ["python", 'rf"\\{x}" f"\\"{x}" (', pieces('rf"\\|{|}|"|f"\\"|{|}|"|(')],
  ["python", '"{x" f"a" xf"b', pieces('"{x"|f"a"')],
  // Holes that are not closed yet.
  ["python", 'print(f"{x")\n(', pieces('(|f"{x"|)|(')],
  ["python", 'print(f"{d["k"]")\n(', pieces('(|f"|{|[|"k"|]|"|)|(')],
  ["python", 'print(f"{", d["k"])\n(', pieces('(|f"{"|[|"k"|]|)|(')],
  ["python", 'f"{x\n(', ["open {", "open ("]],
  ["python", 'f"""{x["k"]"""\n(', pieces('f"""|{|[|"k"|]|"""|(')],
  ["csharp", '$"{d["k"]:#,##0} {{{(a ? "b" : "c")}" (', pieces('$"|{|[|"k"|]|#,##0|}| {{|{|(|"b"|"c"|)|}|"|(')],
  ["csharp", '$@"{d["k"]:N2}""" + $"""a "{b}" """ (', pieces('$@"|{|[|"k"|]|N2|}|"""|$"""a "|{|}|" """|(')],
  ["csharp", 'f($"{x");\n(', pieces('(|$"{x"|)|(')],
  ["dart", "\"${m[\"k\"]}\" '${a['b']}' (", pieces("\"$|{|[|\"k\"|]|}|\"|'$|{|[|'b'|]|}|'|(")],
  ["swift", '"\\(d["k"]!)" #"\\(x \\#(y)"# (', pieces('"\\|(|[|"k"|]|)|"|#"\\(x \\#|(|)|"#|(')],
  ["ruby", '"#{h["k"]} #{t "x"}" (', pieces('"#|{|[|"k"|]|}| #|{|"x"|}|"|(')],
  ["scala", 's"${m("k")}" (', pieces('"$|{|(|"k"|)|}|"|(')],
  ["groovy", '"${m["k"]}" \'${\' """${x}"\n""" (', pieces('"$|{|[|"k"|]|}|"|\'${\'|"""$|{|}|"\n"""|(')],
  ["php", '<?php "{$m["k"]} { ${n["l"]}" (', pieces('"|{|[|"k"|]|}| { $|{|[|"l"|]|}|"|(')],
  ["php", '<?php f("{$m");\n(', pieces('(|"{$m"|)|(')],
  ["kotlin", 'f("${x")\n(', pieces('(|"${x"|)|(')],
];

/** Tokens by their texts, with lines between. */
function pieces(texts: string): string[] {
  const kind = (text: string) => (/^[([{]$/.test(text) ? "open" : /^[)\]}]$/.test(text) ? "close" : "string");
  return texts.split("|").map((text) => `${kind(text)} ${text}`);
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
      ["string `x $", "open {", "open (", "string `}`", "close )", "close }", "string  y`"],
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
    ["shellscript", 'a="$(b "(")"', ['string "$', "open (", 'string "("', "close )", 'string "']],
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
      ["regex /\\(/", "string %w[a b]", 'string "#', "open {", "open (", "close )", "close }", 'string "'],
    ],
    ["elixir", "f(~S'''\na \"\"\" '( #{b\n''')", ["open (", "string ~S'''\na \"\"\" '( #{b\n'''", "close )"]],
    ["ruby", "x.empty?(y) ? ?( : <<~EOS\n(\nEOS\n", ["open (", "close )", "string ?(", "string (\nEOS"]],
    ["css", "a { b: url(x); } /* } */", ["open {", "open (", "close )", "close }", "comment /* } */"]],
    [
      "kotlin",
      '"${a["x"]}" /* /* */ ( */',
      ['string "$', "open {", "open [", 'string "x"', "close ]", "close }", 'string "', "comment /* /* */ ( */"],
    ],
    ["haskell", "foldl' f '(' {- {- -} ( -}", ["string '('", "comment {- {- -} ( -}"]],
    ["php", "<p>don't (</p>\n<?php f('('); # (\n?> (", ["open (", "string '('", "close )", "comment # ("]],
    ["csharp", 'f(@"\\", $"{x}")', ["open (", 'string @"\\"', 'string $"', "open {", "close }", 'string "', "close )"]],
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
    ...HOLES,
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
