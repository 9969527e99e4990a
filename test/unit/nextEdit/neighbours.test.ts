import assert from "node:assert/strict";
import { agreement, contextOf } from "../../../engine/nextEdit/changes.ts";
import { countAfter, countBefore } from "../../../engine/nextEdit/neighbours.ts";
import { tokenize } from "../../../engine/nextEdit/tokens.ts";
import { rounds } from "../support/mutate.ts";
import { Random } from "../support/testRandom.ts";

describe("tokens beside a place", () => {
  const cases: [text: string, at: number, before: string[], after: string[], counts: [number, number]][] = [
    ["f(a, b);\n", 3, ["a", "(", "f", "\n"], [",", "b", ")", ";", "\n"], [4, 5]],
    ["xa, by", 2, ["a"], [",", "b"], [0, 1]],
    ["one\ntwo", 4, ["\n"], ["two", "\n"], [1, 2]],
    ["one\r\ntwo", 3, ["one"], ["\n"], [1, 1]],
    ["  a  +  b", 4, ["a", "\n"], ["+", "b"], [2, 2]],
    ["a", 0, ["\n"], ["a", "b"], [1, 1]],
    ["", 0, ["a"], ["\n"], [0, 1]],
  ];
  for (const [text, at, before, after, [left, right]] of cases) {
    it(`${JSON.stringify(text)} at ${at}: ${left} before, ${right} after`, () => {
      assert.equal(countBefore(text, at, before), left);
      assert.equal(countAfter(text, at, after), right);
    });
  }

  it("are the same as those of the whole line, at any offset", () => {
    const random = new Random(7);
    const pieces: readonly [string, ...string[]] = ["a", "ab", "_", "(", ")", " ", "\t", "\n", "\r\n", "ö", ".", "1"];
    for (let round = 0; round < rounds(5000); round++) {
      const text = Array.from({ length: 1 + random.below(12) }, () => random.pick(pieces)).join("");
      const line = text.split("\n").reduce((best, row) => (row.length > best.length ? row : best), "");
      const start = text.indexOf(line);
      const tokens = tokenize(line);
      const cut = random.below(tokens.length + 1);
      const offset = start + tokens.slice(0, cut).join("").length;
      const left = contextOf(tokens.slice(0, cut).reverse());
      const right = contextOf(tokens.slice(cut));
      const offered: [string, ...string[]] = ["\n", ...left, ...right, ...pieces.filter(isToken)];
      const asked = Array.from({ length: 4 }, () => random.pick(offered));
      for (const list of [left, right, asked, [...left.slice(0, 2), ...asked]]) {
        const known = list.slice(0, 8);
        const edge = known.indexOf("\n");
        const wanted = edge === -1 ? known : known.slice(0, edge + 1);
        assert.equal(
          countBefore(text, offset, wanted),
          agreement(left, wanted),
          JSON.stringify([text, offset, wanted]),
        );
        assert.equal(
          countAfter(text, offset, wanted),
          agreement(right, wanted),
          JSON.stringify([text, offset, wanted]),
        );
      }
    }
  });
});

function isToken(piece: string): boolean {
  return !/\s/.test(piece);
}
