// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the suggestions are code.
import assert from "node:assert/strict";
import { indentation } from "../../../engine/completion/filters/blockIndentation.ts";
import { closersBelow } from "../../../engine/completion/filters/closersBelow.ts";
import { expressionEnd } from "../../../engine/completion/filters/expressionEnd.ts";
import { afterCache, beforeCache } from "../../../engine/completion/filters/index.ts";
import { nextLine } from "../../../engine/completion/filters/nextLine.ts";
import { onlyWhitespace } from "../../../engine/completion/filters/onlyWhitespace.ts";
import { prose } from "../../../engine/completion/filters/prose.ts";
import { repetition } from "../../../engine/completion/filters/repeatedText.ts";
import { statementEnd } from "../../../engine/completion/filters/statementEnd.ts";
import { overlap } from "../../../engine/completion/filters/suffixOverlap.ts";
import { trailingWhitespace } from "../../../engine/completion/filters/trailingWhitespace.ts";
import { brackets } from "../../../engine/completion/filters/unbalancedBrackets.ts";
import { accepted, type Row, table } from "../support/filterTable.ts";
import { contextAt } from "../support/marked.ts";

table("overlap with the rest of the line", overlap, [
  ["foo(^", "a, b)", "foo(a, b)"],
  ["foo(^)", "a, b)", "foo(a, b)"],
  ["foo(^)", "a, b);", "foo(a, b);"],
  ["foo(^);", "a, b);", "foo(a, b);"],
  ["foo(^);", "a, b)", "foo(a, b);"],
  ["foo(^)", "a, b", "foo(a, b)"],
  ["foo(^)", "bar(a)", "foo(bar(a))"],
  ["const a =^>", " (b: C<D>): E<F> =", "const a = (b: C<D>): E<F> =>"],
  ["foo(^)", "bar(a))", "foo(bar(a))"],
  ["foo([^])", "1, 2])", "foo([1, 2])"],
  ["foo([^])", "1, 2]", "foo([1, 2])"],
  ["foo({^})", " a: [1] }", "foo({ a: [1] })"],
  ['foo("^")', 'text")', 'foo("text")'],
  ['foo("^")', 'text"', 'foo("text")'],
  ['foo("^")', "it's a text", 'foo("it\'s a text")'],
  ["foo(^)", '"a)"', 'foo("a)")'],
  ["if (^) {", "a === b) {", "if (a === b) {"],
  ["const x = ^ + b;", "a + b;", "const x = a + b;"],
  ["call(^first, second)", "first, second)", "<repeats-suffix>"],
  ["call(^)", ")", "<repeats-suffix>"],
  ["const a = ^other", "value ", "const a = value other"],
]);

table("what follows the cursor is not doubled", overlap, [
  ["let x = ^;", "foo();", "let x = foo();"],
  ["let x = ^;", "foo()", "let x = foo();"],
  ["[a, ^, c]", "b,", "[a, b, c]"],
  ["f(^, b)", "a,", "f(a, b)"],
  ["const alpha = ^ + gamma;", "compute(beta) + gamma;", "const alpha = compute(beta) + gamma;"],
  ["const alpha = ^ + gamma;", "compute(beta) ", "const alpha = compute(beta) + gamma;"],
  ["f(^, b);", "a, c);", "f(a, c, b);"],
  ["if^) {", " (must_fail) {", "if (must_fail) {"],
  ['printf(^...");', '"Disconnected...");', 'printf("Disconnected...");'],
  ["const a: Map<string, ^> = b;", "number> = b;", "const a: Map<string, number> = b;"],
  ["f(`a ^`)", "${b}`)", "f(`a ${b}`)"],
]);

table("what belongs into the gap is kept, although it ends as the rest begins", overlap, [
  ["import x from '^../util'", "../", "import x from '../../util'"],
  ["f(^, b, c)", "a, b", "f(a, b, b, c)"],
  ["f(^, b)", "g(a, b)", "f(g(a, b), b)"],
  ["f(g(^)", "a)", "f(g(a))"],
  ['[Benchmark(Description = "First"^]', ")", '[Benchmark(Description = "First")]'],
  ["const a: Map<string, Set<^>", "number>", "const a: Map<string, Set<number>>"],
  ['f("^")', 'a" + "b', 'f("a" + "b")'],
  ["f(\n  a,^;", " 2)", "f(\n  a, 2);"],
  ["x = ^ // why", "1", "x = 1 // why"],
  ["std^cout", "::", "std::cout"],
]);

table(
  "symbols, of which a colon is the beginning",
  overlap,
  [
    ["gem 'a^ :mri", "', platform:", "gem 'a', platform: :mri"],
    ["task a^:b do", ": ", "task a: :b do"],
    ["x = a ?^: 1", " b :", "x = a ? b: 1"],
  ],
  "ruby",
);
table(
  "overlap where brackets are not counted",
  overlap,
  [
    ["(see [1](https://a.b/^),\n[2](c))", "d),", "(see [1](https://a.b/d),\n[2](c))"],
    ["(see [1](^)", "d)", "(see [1](d))"],
    ["a(function(^)\nend)", "self)", "a(function(self)\nend)"],
    ["a(\n  b(^)\n)\n", "c)", "a(\n  b(c)\n)\n"],
    ["1) a(\n  b(^)\n)\n", "c)", "1) a(\n  b(c)\n)\n"],
  ],
  "markdown",
);
table(
  "overlap in lists of lists",
  overlap,
  [
    ["(defun f (^)\n  (g a))\n", "a)", "(defun f (a)\n  (g a))\n"],
    ["(a (b^)\n   (c))\n", " (d)", "(a (b (d))\n   (c))\n"],
  ],
  "lisp",
);
table("overlap in a comment of markup", overlap, [["<!-- ^>", "<item>", "<!-- <item>"]], "xml");
table(
  "overlap in templates of statements",
  overlap,
  [
    ["{#-- it's } #}\n{% for a in ^%}", "b %}", "{#-- it's } #}\n{% for a in b %}"],
    ["{{ return(^) }}", "'') }}", "{{ return('') }}"],
    ["SELECT 'a = ^'''", "''b", "SELECT 'a = ''b'''"],
  ],
  "sql",
);
table("overlap with blanks in a string", overlap, [['a = ^"', '"  ', 'a = "  "']], "toml");
table("overlap with strings in strings", overlap, [['s := `a ^"', '"b` + "c', 's := `a "b` + "c"']], "go");
table(
  "overlap with three quotes in a here-document",
  overlap,
  [["a <<EOF\n^'''\nEOF\n", "r'''", "a <<EOF\nr'''\nEOF\n"]],
  "shellscript",
);

describe("a text that the gate has cut", () => {
  const rows: [marked: string, shown: string, whole: string, expected: string][] = [
    ["call(^first, second)", "zero, fir", "zero, first, second)", "call(zero, first, second)"],
    ["call(^, second)", "zero, sec", "zero, second)", "call(zero, second)"],
    ["call(^, second)", "zero, se", "zero, selected", "call(zero, se, second)"],
  ];
  for (const [marked, text, whole, expected] of rows) {
    it(`${JSON.stringify(marked)} + ${JSON.stringify(text)} of ${JSON.stringify(whole)}`, () => {
      const verdict = overlap({ text, replaceLength: 0, whole }, contextAt(marked));
      const [before = "", after = ""] = marked.split("^");
      assert.ok(verdict.kind === "keep");
      assert.equal(before + verdict.suggestion.text + after.slice(verdict.suggestion.replaceLength), expected);
    });
  }
});

table("only white space", onlyWhitespace, [
  ["a^", "", "<model-silent>"],
  ["a^", "  \t", "<only-whitespace>"],
  ["a^", " b", "a b"],
]);

table("trailing white space", trailingWhitespace, [
  ["a^", "b  \t", "ab"],
  ["a^c", "b ", "ab c"],
  ["a^   ", "b ", "ab   "],
]);

table("duplicates of the next line", nextLine, [
  ["  foo^\n\n  foo(1);\n", "(1);", "<duplicates-next-line>"],
  ["  foo^\n\n  foo(2);\n", "(1);", "  foo(1);\n\n  foo(2);\n"],
  ["^\nreturn x;", "return x;", "<duplicates-next-line>"],
  ["  ^\n}", "}", "  }\n}"],
  ["foo^", "(1);", "foo(1);"],
  ["  en^\n  end,", "d,", "  end,\n  end,"],
  ["  <^\n  </div>", "/div>", "  </div>\n  </div>"],
  ["  ^\nendif()", "endif()", "  endif()\nendif()"],
  ["#^\n#endif", "endif", "#endif\n#endif"],
  ["^\ndone", "done", "done\ndone"],
  ["{{- ^\n{{- end }}", "end }}", "{{- end }}\n{{- end }}"],
  ["^\nending();", "ending();", "<duplicates-next-line>"],
  // A deeper line is another one.
  ["if a:\n    ^\nreturn None", "return None", "if a:\n    return None\nreturn None"],
  ["f(\n  ^\n    f(", "f(", "f(\n  f(\n    f("],
  ["  ^\n  return x;", "return x;", "<duplicates-next-line>"],
  // Tables of values.
  ["[\n  ^\n  None,", "None,", "[\n  None,\n  None,"],
  ["[\n  ^\n  0, 0x1f, 1.5,", "0, 0x1f, 1.5,", "[\n  0, 0x1f, 1.5,\n  0, 0x1f, 1.5,"],
  ["[\n  ^\n  name,", "name,", "<duplicates-next-line>"],
]);

table("repetition inside the line", repetition, [
  ["x = ^", "abc abc abc abc abc abc", "<repetitive>"],
  ["foo(^", "a, a, a, a, a, a, a,", "<repetitive>"],
  ["// a, a, a, a, ^", "a, a, a", "<repetitive>"],
  ["// ^", "-----------------------", "// -----------------------"],
  ["[^", "0, 0, 0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 0]"],
  ["[^", "0x00, 0x00, 0x00, 0x00, 0x00, 0x00]", "[0x00, 0x00, 0x00, 0x00, 0x00, 0x00]"],
  ["[0x00, 0x00, 0x00, 0x^", "00, 0x00, 0x00, 0x00]", "[0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]"],
  ["x = ^", "aaaaaaaaaaaaaaaaaaaaaaaa", "<repetitive>"],
  ["^", "if (a.b.c && a.b.d) {", "if (a.b.c && a.b.d) {"],
  ["^", "import { a } from 'a';", "import { a } from 'a';"],
  ["abcabcabcabcabc^", "x", "abcabcabcabcabcx"],
  ["(^", "None, None, None, None)", "(None, None, None, None)"],
  ["x: [^", "number, number, number, number]", "x: [number, number, number, number]"],
  ["// 'eyJhbGciOiJIUzI1NiJ9.eyJ^", "AwMDAwMDAwfQ.M3'", "// 'eyJhbGciOiJIUzI1NiJ9.eyJAwMDAwMDAwfQ.M3'"],
]);

table("prose of a chat model", prose, [
  ["x = ^", "```typescript", "<prose>"],
  ["^", "Here's the completed code:", "<prose>"],
  ["^", "Sure, this function adds", "<prose>"],
  ["// ^", "Here is the completed code", "// Here is the completed code"],
  ["const text = 'a^", "Sure, why not';", "const text = 'aSure, why not';"],
  ["^", "heredoc(1)", "heredoc(1)"],
  ["/**\n * ^", "```ts", "/**\n * ```ts"],
  ["`\n^", "Here is the list:", "`\nHere is the list:"],
]);
table("prose in markup", prose, [["<p>^", "Here is the list:", "<p>Here is the list:"]], "html");
table("prose where people write prose", prose, [["^", "Here is a list:", "Here is a list:"]], "markdown");

table("brackets that close nothing", brackets, [
  ["call(^", "a, b);", "call(a, b);"],
  ["call(^", "a, b));", "call(a, b)"],
  ["call(^);", "f(a)", "call(f(a));"],
  ["call([^", "a, b)", "call([a, b"],
  ["^", ")", "<unbalanced>"],
  ["^", "} else {", "<unbalanced>"],
  ["if (a) {\n  b();\n^", "} else {", "if (a) {\n  b();\n} else {"],
  ["f(^", '")", a)', 'f(")", a)'],
  ["f(^", "it's)", "f(it's)"],
  ["// it's fine\nf(^", "a);", "// it's fine\nf(a);"],
  ["f('^", "a)", "f('a)"],
  ["f(^", "`a)`)", "f(`a)`)"],
  ["f(^", '"\\")" )', 'f("\\")" )'],
  // What follows the cursor ends the string or the regular expression.
  ["return /(?:[ab^)+c/.test(d)", "]", "return /(?:[ab])+c/.test(d)"],
]);

table("brackets in comments, expressions and strings do not count", brackets, [
  ["// sad :(\nif (a) {\n  b();\n^", "}", "// sad :(\nif (a) {\n  b();\n}"],
  ["return ^", 's.replace(/\\{[^}]+\\}/g, "")', 'return s.replace(/\\{[^}]+\\}/g, "")'],
  ["x = ^", "1.0 // [-1, 1)", "x = 1.0 // [-1, 1)"],
  ["x = ^", "`${a)}`", "x = `${a"],
]);
table("a semicolon inside brackets", statementEnd, [
  ["if (q^) {}", "uantity < 0.07;", "if (quantity < 0.07) {}"],
  ["f(^", "a; b", "f(a"],
  ["f(^", ";", "<unbalanced>"],
  ["for (let i = 0^", "; i < n; i++) {", "for (let i = 0; i < n; i++) {"],
  ["f(() => {^", " a(); });", "f(() => { a(); });"],
  ["f(^", '"a;");', 'f("a;");'],
  ["f(\n^", "a;", "f(\na;"],
]);
table("a semicolon inside Rust's brackets", statementEnd, [["let a = [^", "0; 4];", "let a = [0; 4];"]], "rust");

describe("a text that the gate has cut inside an expression", () => {
  const rows: [marked: string, text: string, whole: string, expected: string][] = [
    ["return ^", "width * height +", "width * height + depth;", "width * height"],
    ["return ^", "a &&", "a && b", "a"],
    ["return ^", "a &&", "a &&", "a &&"],
    ["return ^", "a++", "a++;", "a++"],
    ["x^", " =>", " => y", " =>"],
    ["x^", "y +=", "y += 1", "y"],
    ["x^", "y :=", "y := 1", "y"],
    ["x^", "y <-", "y <- 1", "y"],
    ["x^", " =", " = y", "<unsure>"],
    ["const s = '^", "a +", "a + b'", "a +"],
    ["f(^", "a", "a, b)", "a"],
  ];
  for (const [marked, text, whole, expected] of rows) {
    it(`${JSON.stringify(text)} of ${JSON.stringify(whole)} becomes ${expected}`, () => {
      const verdict = expressionEnd({ text, replaceLength: 0, whole }, contextAt(marked));
      assert.equal(verdict.kind === "keep" ? verdict.suggestion.text : `<${verdict.reason}>`, expected);
    });
  }
});

table("characters of one bracket", brackets, [["r = '^'", "(', ')", "r = '(', ')'"]], "go");
table("Rust's lifetimes open nothing", brackets, [["fn a(&'a self^", ") {", "fn a(&'a self) {"]], "rust");
table(
  "patterns of the shell close nothing",
  brackets,
  [['case "$1" in\n^', "-p) a ;;", 'case "$1" in\n-p) a ;;']],
  "shellscript",
);
table(
  "branches of the preprocessor",
  brackets,
  [["#if A\nf(\n#else\ng(\n#endif\n^", "1);", "#if A\nf(\n#else\ng(\n#endif\n1);"]],
  "c",
);
table("a document whose brackets make no sense is left alone", brackets, [["f(]\n^", "} else {", "f(]\n} else {"]]);
table("text whose language is not known", brackets, [["^", "a) b", "a) b"]], "klingon");

table("closing lines that are below already", closersBelow, [
  ["if (a) {\n  ^\n}", "b();\n}", "if (a) {\n  b();\n}"],
  ["f(() => {\n  ^\n});", "b();\n});", "f(() => {\n  b();\n});"],
  ["if (a) {\n  ^\n}", "if (b) {\n    c();\n  }\n}", "if (a) {\n  if (b) {\n    c();\n  }\n}"],
  ["if (a) {\n^\n}", "}", "<repeats-suffix>"],
  ["if (a) {\n  ^\nb();", "c();\n}", "if (a) {\n  c();\n}\nb();"],
  ["if (a) {\n  ^", "c();\n}", "if (a) {\n  c();\n}"],
]);

table("indentation of a document without an editor", indentation, [
  ["\tif (a) {\n\t\tb();\n\t^", "if (c) {\n        d();", "\tif (a) {\n\t\tb();\n\tif (c) {\n\t\td();"],
  ["  a();\n  ^", "if (c) {\n\td();", "  a();\n  if (c) {\n\td();"],
  ["\ta();\n    b();\n^", "    c();", "\ta();\n    b();\n    c();"],
]);

table(
  "indentation within strings",
  indentation,
  [
    ["\ta(`\n^", "  b:\n    c`)", "\ta(`\n  b:\n    c`)"],
    ["\ta()\n\t^", "b(`\n  c: 1\n`)\n    d()", "\ta()\n\tb(`\n  c: 1\n`)\n\td()"],
  ],
  "go",
);

describe("indentation as the editor writes it", () => {
  const rows: [insertSpaces: boolean, tabSize: number, marked: string, raw: string, expected: string][] = [
    [true, 4, "if (a) {^", "\n\tb();\n}", "\n    b();\n}"],
    [true, 2, "if (a) {^", "\n\t b();", "\n   b();"],
    [false, 4, "if (a) {^", "\n    b();\n      c();", "\n\tb();\n\t  c();"],
    [false, 2, "^", "    b();", "\t\tb();"],
    [false, 4, "a =^", "    b;", "    b;"],
  ];
  for (const [insertSpaces, tabSize, marked, raw, expected] of rows) {
    it(`${insertSpaces ? "spaces" : "tabs"} of ${tabSize}: ${JSON.stringify(raw)}`, () => {
      const context = { ...contextAt(marked), indent: { insertSpaces, tabSize } };
      const verdict = indentation({ text: raw, replaceLength: 0 }, context);
      assert.equal(verdict.kind === "keep" && verdict.suggestion.text, expected);
    });
  }
});

table(
  "overlap in shell scripts, where strings go on over lines",
  overlap,
  [
    // What only a quote tells apart is not shown.
    ["run 'it splits^'\n  code\n'\n", "' '", "<repeats-suffix>"],
    ["node -e '\n  let^`\n  a\n  \\`)'\n", " b = run(\\`", "<repeats-suffix>"],
    ['echo "a^"', 'b"', 'echo "ab"'],
    ['echo "a^"', "b", 'echo "ab"'],
    ["cat << ^>&2", "USAGE >&2", "cat << USAGE >&2"],
    ["cat << ^ >&2", "USAGE", "cat << USAGE >&2"],
    ['echo^}"', ' "${folder}/a ${path', 'echo "${folder}/a ${path}"'],
  ],
  "shellscript",
);

table(
  "overlap in code that a string or a comment holds",
  overlap,
  [
    ["run [[\n  local ok = pcall(function(^)\n  end)\n]]\n", ")", "<repeats-suffix>"],
    ["--- call(a,^)\n", " function()", "<repeats-suffix>"],
    ["--- call(a,^)\n", " function(b)", "<repeats-suffix>"],
    ["--- call(a,^)\n", " b(c)", "--- call(a, b(c))\n"],
    ["run [[\n  end^)\n]]\n", ")(", "run [[\n  end)()\n]]\n"],
    ["run [[\n  f(^)\n]]\n", "a)", "run [[\n  f(a)\n]]\n"],
    ["run [[\n  f(^)\n]]\n", "a", "run [[\n  f(a)\n]]\n"],
  ],
  "lua",
);

table(
  "overlap below a sentence with a bracket between tags",
  overlap,
  [
    ["f() {\n  if (a) return <p>Error :(</p>\n  const b = c.filter(^)\n}\n", "Boolean)", "<repeats-suffix>"],
    ["f() {\n  const b = c.filter(^)\n}\n", "d()", "f() {\n  const b = c.filter(d())\n}\n"],
    ["f() {\n  const b = c.filter(^)\n}\n", "Boolean)", "f() {\n  const b = c.filter(Boolean)\n}\n"],
  ],
  "typescriptreact",
);

table(
  "overlap on a line of the preprocessor that goes on",
  overlap,
  [
    [
      "#if (defined(A) || defined(^) || \\\n  defined(B))\n",
      "C) || \\",
      "#if (defined(A) || defined(C) || \\\n  defined(B))\n",
    ],
  ],
  "cpp",
);

describe("a long line of digits", () => {
  it("is compared with the next line in no time", () => {
    const line = `${"1".repeat(400)}x!`;
    assert.equal(accepted(nextLine, [`^\n${line}`, line, ""]), "<duplicates-next-line>");
  });
});

describe("all filters together", () => {
  const rows: Row[] = [
    ["foo(^)", "a, b)   ", "foo(a, b)"],
    ["foo(^)", "   ", "<only-whitespace>"],
    ["foo(^", "```", "<prose>"],
    ["  foo(^)\n  foo(a)", "a)", "<duplicates-next-line>"],
  ];
  for (const row of rows) {
    it(`${JSON.stringify(row[0])} + ${JSON.stringify(row[1])}`, () => {
      assert.equal(
        accepted((suggestion, where) => {
          const first = beforeCache(suggestion.text, where);
          return first.kind === "drop" ? first : afterCache(first.suggestion.text, where);
        }, row),
        row[2],
      );
    });
  }
});
