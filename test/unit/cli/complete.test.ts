import assert from "node:assert/strict";
import { UsageError } from "../../../engine/cli/command.ts";
import { offsetOf, parseFilePosition } from "../../../engine/cli/complete.ts";

describe("sterna complete", () => {
  it("takes the last two numbers as line and column", () => {
    assert.deepEqual(parseFilePosition("a/b.ts:3:14"), { file: "a/b.ts", line: 3, column: 14 });
    assert.deepEqual(parseFilePosition("C:\\a:1.ts:3:1"), { file: "C:\\a:1.ts", line: 3, column: 1 });
  });

  for (const argument of ["", "a.ts", "a.ts:3", ":3:1", "a.ts:0:1", "a.ts:1:0", "a.ts:-1:2", "a.ts:x:2"]) {
    it(`refuses ${JSON.stringify(argument)}`, () => {
      assert.throws(() => parseFilePosition(argument), UsageError);
    });
  }

  const text = "ab\r\ncde\n";
  const places = [
    { line: 1, column: 1, offset: 0 },
    { line: 1, column: 3, offset: 2 },
    { line: 2, column: 4, offset: 7 },
    { line: 3, column: 1, offset: 8 },
  ];
  for (const { line, column, offset } of places) {
    it(`finds line ${line}, column ${column}`, () => {
      assert.equal(offsetOf(text, { file: "f", line, column }), offset);
    });
  }

  it("names the line or column that does not exist", () => {
    assert.throws(() => offsetOf(text, { file: "f", line: 4, column: 1 }), /f has 3 lines; line 4 does not exist/);
    assert.throws(() => offsetOf(text, { file: "f", line: 1, column: 4 }), /has 2 characters; column 4/);
  });
});
