import assert from "node:assert/strict";
import { ngramTextsFor } from "../../../engine/completion/ngramTexts.ts";
import { contextAt } from "../support/marked.ts";

const FULL = "x".repeat(128 * 1024);

const CASES: [what: string, marked: string, others: string[], expected: string[]][] = [
  ["ends its first text at the cursor", "one\ntwo ^;\nthree\n", [], ["one\ntwo ", "three\n"]],
  ["has nothing below the last line", "one\n^", [], ["one\n", ""]],
  ["has other documents behind it, in their order", "a^", ["b", "c"], ["a", "", "b", "c"]],
  ["leaves out what is too long, and all behind it", "a^", ["b", FULL, "c"], ["a", "", "b"]],
  ["takes what just fits", "a^", [FULL], ["a", "", FULL]],
];

describe("texts for the n-gram cache", () => {
  for (const [what, marked, others, expected] of CASES) {
    it(what, () => assert.deepEqual(ngramTextsFor(contextAt(marked), others), expected));
  }
});
