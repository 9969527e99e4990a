import assert from "node:assert/strict";
import { unwantedPlace } from "../../../engine/completion/unwantedPlace.ts";
import { contextAt } from "../support/marked.ts";

const NEITHER = { inComments: false, inStrings: false };

describe("a place without suggestions", () => {
  const cases: [languageId: string, prefix: string, reason: string | undefined][] = [
    ["typescript", "// what it ", "in-comment"],
    ["typescript", "/* a\n * b ", "in-comment"],
    ["typescript", "// done\nconst x = ", undefined],
    ["typescript", 'const x = "a ', "in-string"],
    ["typescript", "const x = `a ${", undefined],
    ["python", "# what ", "in-comment"],
    ["python", '"""Say ', "in-string"],
    ["python", "x = 'a'\ny = ", undefined],
  ];
  for (const [languageId, prefix, reason] of cases) {
    it(`${JSON.stringify(prefix)} in ${languageId}: ${reason ?? "is none"}`, () => {
      assert.equal(unwantedPlace(contextAt(`${prefix}^`, languageId), NEITHER), reason);
      assert.equal(unwantedPlace(contextAt(`${prefix}^`, languageId), {}), undefined);
    });
  }
});
