import assert from "node:assert/strict";
import { classifyEdit, type Edit, type PlacedText } from "../../../engine/completion/acceptance.ts";
import type { TextChange } from "../../../engine/protocol/documents.ts";

const SHOWN: PlacedText = { offset: 10, text: "list.length" };
const change = (offset: number, length: number, text: string): TextChange => ({ offset, length, text });

const CASES: [what: string, changes: TextChange[], expected: Edit, accepted?: PlacedText][] = [
  ["the whole suggestion", [change(10, 0, "list.length")], { kind: "accepted", text: "list.length" }],
  ["the suggestion over a closer", [change(10, 1, "list.length")], { kind: "accepted", text: "list.length" }],
  ["its first word", [change(10, 0, "list")], { kind: "accepted", text: "list" }],
  ["its first character", [change(10, 0, "l")], { kind: "typed", offset: 11 }],
  ["the same text elsewhere", [change(9, 0, "list")], { kind: "typed", offset: 13 }],
  ["another text", [change(10, 0, "lost")], { kind: "typed", offset: 14 }],
  ["a bracket and its closer", [change(10, 0, "()")], { kind: "typed", offset: 12 }],
  ["a deletion", [change(9, 1, "")], { kind: "deleted", offset: 9 }],
  ["a replacement", [change(4, 3, "x")], { kind: "other" }],
  ["two places", [change(4, 0, "x"), change(9, 0, "x")], { kind: "other" }],
  ["nothing", [], { kind: "other" }],
  ["an undo", [change(4, 5, "")], { kind: "undone" }, { offset: 4, text: "abcde" }],
  ["an undo that brings a closer back", [change(4, 5, ")")], { kind: "undone" }, { offset: 4, text: "abcde" }],
  ["a part of what was accepted", [change(6, 3, "")], { kind: "deleted", offset: 6 }, { offset: 4, text: "abcde" }],
];

describe("an edit", () => {
  for (const [what, changes, expected, accepted] of CASES) {
    it(`of ${what} is ${expected.kind}`, () => {
      assert.deepEqual(classifyEdit(changes, SHOWN, accepted), expected);
    });
  }

  it("with Windows line ends is accepted as with others", () => {
    const shown = { offset: 0, text: "a {\n}" };
    assert.equal(classifyEdit([change(0, 0, "a {\r\n}")], shown, undefined).kind, "accepted");
    assert.equal(classifyEdit([change(0, 6, "")], undefined, shown).kind, "undone");
    assert.equal(classifyEdit([change(0, 5, "")], undefined, shown).kind, "undone");
    assert.equal(classifyEdit([change(0, 4, "")], undefined, shown).kind, "deleted");
  });
});
