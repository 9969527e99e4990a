import assert from "node:assert/strict";
import { diff, distance } from "../../../engine/nextEdit/diff.ts";
import { isOneIdentifier, isWhole, tokenize } from "../../../engine/nextEdit/tokens.ts";

describe("tokens of next edits", () => {
  it("are words, blanks, line ends and single characters, and lose nothing", () => {
    const text = "let größe_2 = $a.b(1,\t'x');\r\n  }\n";
    assert.deepEqual(tokenize("a_1 +=\t$b;\r\n"), ["a_1", " ", "+", "=", "\t", "$b", ";", "\r\n"]);
    assert.equal(tokenize(text).join(""), text);
  });

  it("a span is whole when no word continues beyond its ends", () => {
    assert.equal(isWhole("item.items", 0, 4), true);
    assert.equal(isWhole("item.items", 5, 9), false);
    assert.equal(isWhole("(item)", 0, 6), true);
  });

  it("a single identifier has nothing beside it", () => {
    assert.deepEqual(["a1", "1a", "a b", "", "größe"].map(isOneIdentifier), [true, false, false, false, true]);
  });
});

describe("difference of two lists", () => {
  const table: [before: string, after: string, inserted: string][] = [
    ["f(a, c)", "f(a, b, c)", ", b"],
    ["f(a)", "f(a, b)", ", b"],
    ["f(c)", "f(b, c)", "b, "],
    ["a = 1", "const a = 1", "const "],
  ];
  for (const [before, after, inserted] of table) {
    it(`from "${before}" to "${after}" inserts "${inserted}"`, () => {
      const [old, next] = [tokenize(before), tokenize(after)];
      const ranges = diff(old, next);
      assert.deepEqual(
        ranges.map((range) => next.slice(range.newStart, range.newEnd).join("")),
        [inserted],
      );
    });
  }

  it("counts the fewest deletions and insertions", () => {
    assert.equal(distance([1, 2, 3, 4], [1, 3, 5, 4]), 2);
    assert.equal(distance([], [1, 2]), 2);
    assert.equal(distance([1], [1]), 0);
  });

  it("applied to one list gives the other", () => {
    const before = [..."the quick brown fox jumps over the lazy dog"];
    const after = [..."a quick red fox jumped over two lazy cats"];
    const made: string[] = [];
    let at = 0;
    for (const range of diff(before, after)) {
      made.push(...before.slice(at, range.oldStart), ...after.slice(range.newStart, range.newEnd));
      at = range.oldEnd;
    }
    assert.equal([...made, ...before.slice(at)].join(""), after.join(""));
  });
});
