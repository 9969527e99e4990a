import assert from "node:assert/strict";
import { carryOver, occurrences, wholeOccurrences } from "../../../engine/nextEdit/occurrences.ts";
import { isWhole } from "../../../engine/nextEdit/tokens.ts";
import { Random } from "../support/testRandom.ts";

const PARTS: readonly [string, ...string[]] = ["load", "aa", "a", "load(", "item.load", "\n", "é", "😀", "x y"];
const PIECES: readonly [string, ...string[]] = [
  ...PARTS,
  " ",
  "preload",
  "loader",
  "aaa",
  "\r\n",
  ", ",
  "(",
  "item",
  ".",
];

/** What a search through the whole text finds. */
function allOf(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

function wholeOf(text: string, part: string): number[] {
  return allOf(text, part).filter((at) => isWhole(text, at, at + part.length));
}

function randomText(random: Random, pieces: number): string {
  return Array.from({ length: pieces }, () => random.pick(PIECES)).join("");
}

function check(file: { uri: string; text: string }, parts: readonly string[], about: string): void {
  for (const part of parts) {
    assert.deepEqual(occurrences(file, part), allOf(file.text, part), `${about}: ${JSON.stringify(part)}`);
    assert.deepEqual(
      wholeOccurrences(file, part),
      wholeOf(file.text, part),
      `${about}, whole: ${JSON.stringify(part)}`,
    );
  }
}

describe("occurrences of words in a document", () => {
  it("are those that a search through the whole text finds, after any changes", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed);
      let file = { uri: "file:///a.ts", text: randomText(random, seed % 7 === 0 ? 3000 : random.below(60)) };
      for (let change = 0; change < 12; change++) {
        check(
          file,
          PARTS.filter(() => random.chance(0.7)),
          `seed ${seed}, change ${change}`,
        );
        const start = random.below(file.text.length + 1);
        const end = Math.min(file.text.length, start + (random.chance(0.5) ? 0 : random.below(12)));
        const text = file.text.slice(0, start) + randomText(random, random.below(4)) + file.text.slice(end);
        const next = { uri: file.uri, text };
        if (random.chance(0.3)) {
          // A replay keeps the object and replaces its text.
          file.text = text;
        } else {
          carryOver(file, next);
          file = next;
        }
      }
      check(file, PARTS, `seed ${seed}, at the end`);
    }
  });

  it("are found where a document has one version for the same text", () => {
    const older = { uri: "a", text: "load(load)" };
    check(older, ["load"], "older");
    const newer = { ...older };
    carryOver(older, newer);
    check(newer, ["load", "lo"], "newer");
  });

  it("are looked for round the changed place only", () => {
    const older = { uri: "a", text: `first ${"load ".repeat(1000)}last` };
    assert.equal(wholeOccurrences(older, "load").length, 1000);
    const newer = { uri: "a", text: `first ${"load ".repeat(500)}load ${"load ".repeat(500)}last` };
    carryOver(older, newer);
    const searched = lengthsSearched(() => assert.equal(wholeOccurrences(newer, "load").length, 1001));
    assert.ok(searched.length > 0 && Math.max(...searched) < 50, `texts of ${searched} characters were searched`);
    const another = lengthsSearched(() => assert.equal(wholeOccurrences(newer, "last").length, 1));
    assert.ok(Math.max(...another) > 5000, "what was not looked for before is looked for everywhere");
  });
});

/** The lengths of the texts in which something is looked for meanwhile. */
function lengthsSearched(run: () => void): number[] {
  const lengths: number[] = [];
  const indexOf = String.prototype.indexOf;
  String.prototype.indexOf = function (this: string, part: string, from?: number) {
    lengths.push(this.length);
    return indexOf.call(this, part, from);
  };
  try {
    run();
  } finally {
    String.prototype.indexOf = indexOf;
  }
  return lengths;
}
