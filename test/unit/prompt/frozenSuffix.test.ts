import assert from "node:assert/strict";
import { freezeSuffix, suffixHolds } from "../../../engine/prompt/frozenSuffix.ts";
import { fimTokenizer } from "../support/fakeTokenizer.ts";

const encode = (text: string) => fimTokenizer().encode(text);
const at = (marked: string): [string, string | undefined] => {
  const after = marked.slice(marked.indexOf("^") + 1);
  const end = after.indexOf("\n");
  return end === -1 ? [after, undefined] : [after.slice(0, end), after.slice(end + 1)];
};
const LINES = Array.from({ length: 60 }, (_, line) => `line${line}();`).join("\n");

describe("a frozen suffix", () => {
  const cases: { name: string; before: string; now: string; holds: boolean }[] = [
    { name: "while typing", before: "a^\nnext();", now: "abc^\nnext();", holds: true },
    { name: "when a bracket closes by itself", before: "f^\nnext();", now: "f(^)\nnext();", holds: true },
    { name: "when the closer is typed over", before: "f(^);\nnext();", now: "f()^;\nnext();", holds: true },
    { name: "when Enter opens a block", before: "f {^}\nnext();", now: "f {\n  ^\n}\nnext();", holds: true },
    { name: "at Enter above it", before: "^\nnext();", now: "\n^\nnext();", holds: true },
    { name: "not when the next line is another", before: "^\nnext();", now: "^\nlast();", holds: false },
    { name: "not when the rest of the line is another", before: "^ + b;\nx", now: "^ - b;\nx", holds: false },
    { name: "not when text follows where none did", before: "^\n}", now: "^\n}\nmore();", holds: false },
    { name: "not when the text that followed is gone", before: "^\n}\nmore();", now: "^\n}", holds: false },
    { name: "with more text than it shows", before: `^\n${LINES}`, now: `x^\n${LINES}\nend();`, holds: true },
    {
      name: "not when the cursor is a line further down",
      before: `^\n${LINES}`,
      now: `^${LINES}`.replace("line0();\n", ""),
      holds: false,
    },
    { name: "when only the line ends at the end differ", before: "^\nnext();", now: "^\nnext();\n\n", holds: true },
  ];
  for (const { name, before, now, holds } of cases) {
    it(`holds ${name}`, () => {
      const frozen = freezeSuffix(...at(before), 60, encode);
      assert.equal(suffixHolds(...at(now), frozen), holds);
      assert.equal(freezeSuffix(...at(now), 60, encode, frozen) === frozen, holds);
    });
  }
});
