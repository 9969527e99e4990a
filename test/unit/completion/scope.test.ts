import assert from "node:assert/strict";
import { lengthInScope } from "../../../engine/completion/scope.ts";
import { contextAt } from "../support/marked.ts";

const OTHER = "export const width = 1;\nfunction deleteBook() {}\nvalues = range_of(width)\n";

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
  ["typescriptreact", "onClick={() => ^", " deleteBook()}"],
  ["python", "total = ^", "len(|values)"],
  ["python", "total = f(^", "width=3)"],
  ["python", "from a import ^", "values"],
  ["typescript", "imp^", "ort { width } from 'a';"],
  ["python", "for ^", "values in a: values"],
  // In Go a file sees the others in its folder.
  ["go", "return ^", "width / 2"],
  ["klingon", "return ^", "width / 2"],
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
});
