import assert from "node:assert/strict";
import { privateWords, sameNames } from "../../../scripts/lib/names.mjs";

/** The lint reads this file as well. */
const WORD = "private";

describe("the rules for names", () => {
  const kept: [what: string, file: string, text: string][] = [
    ["a member with #", "a.ts", "class A {\n  #b = 1;\n  readonly #c: string;\n}\n"],
    ["a private constructor", "a.ts", "class A {\n  private constructor(b: string) {}\n}\n"],
    ["the word in a text or in a comment", "a.ts", '// private b = 1\nconst a = "private b: c";\n'],
    ["a sample in a test", "a.test.ts", "const a = `\nclass A {\n  private b = 1;\n}\n`;\n"],
    ["another language", "a.h", "class A {\n private:\n  int b;\n};\n"],
    ["a sample of what people write", "test/fixtures/sample/a.ts", "class A {\n  private b = 1;\n}\n"],
  ];
  for (const [what, file, text] of kept) it(`let pass ${what}`, () => assert.deepEqual(privateWords(file, text), []));

  const refused: [what: string, text: string, line: number][] = [
    ["a private field", "class A {\n  private readonly b = 1;\n}\n", 2],
    ["a private method", "class A {\n\n  private async b(): Promise<void> {}\n}\n", 3],
    ["a parameter that makes a private field", `class A {\n  constructor(${WORD} readonly b: string) {}\n}\n`, 2],
  ];
  for (const [what, text, line] of refused) {
    it(`refuse ${what}`, () => {
      assert.deepEqual(privateWords("a.ts", text), [`a.ts:${line}: a private member begins with #`]);
    });
  }

  it("refuse a second file of a name, and let pass entry points, commands and tests", () => {
    const files = ["engine/a/plan.ts", "engine/b/plan.ts", "engine/main.ts", "extension/main.ts"];
    assert.deepEqual(sameNames(files), ["engine/b/plan.ts:1: has the name of engine/a/plan.ts"]);
    const others = [
      "engine/cli/download.ts",
      "engine/models/download.ts",
      "test/unit/a/b.test.ts",
      "test/unit/c/b.test.ts",
    ];
    assert.deepEqual(sameNames(others), []);
  });
});
