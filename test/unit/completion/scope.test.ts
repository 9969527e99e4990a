import assert from "node:assert/strict";
import { lengthInScope } from "../../../engine/completion/scope.ts";
import { contextAt } from "../support/marked.ts";

const OTHER =
  "export const width = 1;\nfunction deleteBook() {}\nvalues = range_of(width)\nDeprecationWarning HTMLInputElement KeyboardEvent\n" +
  "__name__ __main__ defineProps $props React index key\n";

/** [document with ^ at the cursor, text with | where it leaves the scope, or without it where all of it is in scope] */
const CASES: [languageId: string, document: string, text: string][] = [
  ["typescript", "half(cents) { return ^", "cents * |width;"],
  ["typescript", "for (^", "let i = 0, width = keys.length; i < width; i++) {"],
  ["typescriptreact", "return ^", "<width>deleteBook</width>;"],
  ["python", "def ^", "f(values): return values"],
  ["typescript", "const width = 2;\nreturn ^", "width / 2;"],
  ["typescript", "return ^\n}\nimport { width } from 'a';", "width / 2;"],
  ["typescript", "return ^", "this.width / 2;"],
  ["typescript", "return ^", "{ width: 2 };"],
  ["typescript", "^", "const width = 2; return width;"],
  ["typescript", "return ^", "'width' // width"],
  ["typescript", "return ^", "height / 2;"],
  ["typescript", "return ^", "console.log(1)"],
  ["typescript", "return wid^", "th"],
  ["python", "with warns(^", "DeprecationWarning):"],
  ["typescript", "on(^", "KeyboardEvent, HTMLInputElement)"],
  ["typescript", "return ^", "|width"],
  ["typescript", "^", "const { width, height: [values] } = this.size; return width + values;"],
  ["typescript", "rows.map(^", "(width) => width + 1)"],
  ["typescript", "rows.map(^", "values => values.length)"],
  ["typescript", "try {\n} ^", "catch (values) { return values; }"],
  ["typescript", "  ^", "scale(width, values) { return width * 2; }"],
  ["typescript", "  ^", "if (|width) { return 2; }"],
  ["python", "return ^", "[width for width in self.rows]"],
  ["python", "^", "width, values = self.size"],
  ["python", "rows.sort(key=^", "lambda values: values[0])"],
  ["typescriptreact", "onClick={() => ^", " deleteBook()}"],
  ["python", "total = ^", "len(|values)"],
  ["python", "total = f(^", "width=3)"],
  ["python", "from a import ^", "values"],
  ["typescript", "imp^", "ort { width } from 'a';"],
  ["python", "for ^", "values in a: values"],
  // In Go a file sees the others in its folder.
  ["go", "return ^", "width / 2"],
  // Names of other blocks.
  ["go", "func a(width int) {\n}\n\nfunc b() {\n\treturn ^\n}", "2 * |width"],
  ["go", "func a(width int) {\n}\n\nfunc b() {\n\t^\n}", "width, err := c(); return width"],
  ["go", "func a(width int) {\n}\n\n^", "func b(width int) int {"],
  [
    "typescript",
    "class A {\n  a(key: string) {\n  }\n  b(): boolean {\n    return this.lines.^\n  }\n}",
    "delete(|key);",
  ],
  ["python", "def a(key):\n    return key\n\n\ndef b():\n    return ^\n", "c(|key)"],
  ["klingon", "return ^", "width / 2"],
  // What follows the cursor shows that the text declares.
  ["typescript", "fs.mkdir(path, (^) => {", "values"],
  ["typescript", "keys.map(^ => 1)", "values"],
  ["typescript", "run(^) {", "key, values"],
  ["typescript", "x.call({ ^: 1 })", "width"],
  ["typescript", "get ^() {", "width"],
  ["typescript", "keys.then((^) => {\n})", "[values, width]"],
  ["typescriptreact", "<div ^={1}>", "width"],
  ["python", "f(^=1)", "width"],
  ["python", "for ^ in keys:", "index, values"],
  ["python", "first, *^ = keys", "values"],
  ["go", "func a(values int) {\n}\n\nfunc b() {\n\tfor _, ^ := range keys {", "values"],
  ["typescript", "f(^)", "|width"],
  ["typescript", "if (^ === 1) {", "|width"],
  // Declarations of several kinds.
  ["typescript", "const a = {\n  ^\n}", "width(key) { return key; }"],
  ["typescript", "abstract ^", "width(): void;"],
  ["typescript", "enum A {\n  one,\n  ^\n}", "width, values"],
  ["typescript", "interface A {\n  ^\n}", "width?: number;"],
  ["typescript", "type A = B extends C<infer ^> ? 1 : 2", "values"],
  ["python", "match key:\n    case ^", "{'a': width, 'b': [values]}:"],
  // The line that names the program which runs the file.
  ["javascript", "#!/usr/bin/^", "env width"],
  ["javascript", "^", "#!/usr/bin/env width"],
  ["typescript", "class A {\n  #width() {\n  }\n  a() {\n    if (this.#^", "width()) {"],
  ["javascript", "<p>do more with less ^", "width</p>"],
  // Between tags there are sentences.
  ["typescriptreact", "<p>No, ^", "there is no width</p>"],
  ["typescriptreact", "  <p>\n    ^\n  </p>", "Set the width"],
  ["typescriptreact", "<p>It is {a} ^", "width</p>"],
  ["typescriptreact", "<p>{^}</p>", "|width"],
  ["typescriptreact", "if ^", "(|width) {"],
  // Of a component in markup only the script is code.
  ["vue", '<div class="^">', "width values"],
  ["vue", "<script ^>", "width"],
  ["vue", "<script setup>\nconst props = ^\n</script>", "defineProps({ width: 1 })"],
  ["vue", "<script setup>\nconst props = ^\n</script>", "|width + 1"],
  ["vue", "<script setup>\n</script>\n<p>^</p>", "the width"],
  ["svelte", "<script>\n  let { width } = ^\n</script>", "$props();"],
  // What every file knows.
  ["python", "if ^", '__name__ == "__main__":'],
  ["typescript", "children: ^", "React.ReactNode"],
];

describe("the names of a suggestion", () => {
  for (const [languageId, document, marked] of CASES) {
    it(`in ${languageId}: ${JSON.stringify(document)} + ${JSON.stringify(marked)}`, () => {
      const text = marked.replace("|", "");
      const expected = marked.includes("|") ? marked.indexOf("|") : text.length;
      assert.equal(
        lengthInScope(text, contextAt(document, languageId), () => [OTHER]),
        expected,
      );
    });
  }

  it("are all in scope where no other file knows them", () => {
    assert.equal(
      lengthInScope("width;", contextAt("return ^"), () => []),
      6,
    );
  });

  it("are found behind a long line of data", () => {
    for (const data of ["item, ".repeat(50_000), `"${"a1".repeat(150_000)}", `]) {
      const context = { ...contextAt("^"), prefix: `const all = [${data}` };
      assert.equal(
        lengthInScope("1, width]", context, () => [OTHER]),
        3,
      );
    }
  });
});
