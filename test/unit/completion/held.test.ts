import assert from "node:assert/strict";
import { withoutHeld } from "../../../engine/completion/held.ts";

describe("an answer to a prompt without its last space", () => {
  for (const [prefix, held, raw, expected] of [
    ["return ", " ", " value", "value"],
    ["return ", " ", "  value", " value"],
    ["const ", " ", "ructor() {", undefined],
    ["if (größe ", " ", "n", undefined],
    ["x = ", " ", "1;", "1;"],
    ["f(a) ", " ", "b", "b"],
    ["call ", " ", "(x)", "(x)"],
    ["return ", " ", "", ""],
    ["const", "", "ructor() {", "ructor() {"],
    ["", "", "x", "x"],
  ] as const) {
    it(`${JSON.stringify(prefix)} + ${JSON.stringify(raw)}${held === "" ? ", nothing held" : ""}`, () => {
      assert.equal(withoutHeld(raw, held, prefix), expected);
    });
  }
});
