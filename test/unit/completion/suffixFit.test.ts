// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is typed is code.
import assert from "node:assert/strict";
import { suffixFits } from "../../../engine/completion/suffixFit.ts";

/** [what followed the cursor, what follows it now, what was typed between, whether it fits] */
const CASES: [then: string, now: string, typed: string, fits: boolean][] = [
  ["\nnext", "\nnext", "abc", true],
  ["\nnext", "\nother", "abc", false],
  ["", ")", "call(", true],
  ["\nnext", ")\nnext", "call(", true],
  ["\nnext", '")\nnext', 'call("', true],
  ["\nnext", ")\nnext", "call", false],
  ["\nnext", "]\nnext", "call(", false],
  ["\nnext", ")\nnext", "call()", false],
  ["\nnext", "])\nnext", "call([", true],
  ["\nnext", ")\nnext", "call([", true],
  ["\nnext", "]\nnext", 'call("[', false],
  ["\nnext", ")\nnext", 'call("', true],
  ["\nnext", '"\nnext', "it's", false],
  [")\nnext", "\nnext", "a)", true],
  [")\nnext", "\nnext", "a", false],
  ["))\nnext", "\nnext", "a)", false],
  ["word\nnext", "\nnext", "a word", false],
  [")", "", "a)", true],
  ["", "}`", "`${", true],
  ["`", "}`", "a ${", true],
  ["", '}"', 'f"{', true],
  ["", '"""', '"""', true],
  ["", " */", "/**", true],
  ["", "}", "`$", false],
];

describe("what follows the cursor", () => {
  for (const [then, now, typed, fits] of CASES) {
    it(`${JSON.stringify(now)} for ${JSON.stringify(then)} after ${typed} ${fits ? "fits" : "does not fit"}`, () => {
      assert.equal(suffixFits(then, now, typed), fits);
    });
  }
});
