/** Random sequences of edits: what is proposed is what is made, and nothing else changes. */
import assert from "node:assert/strict";
import { Desk } from "../nextEdit/desk.ts";
import { rounds } from "../support/mutate.ts";
import { Random } from "../support/testRandom.ts";

const WORDS = ["item", "itemCount", "ItemCount", "ITEM_COUNT", "item_count", "load", "save", "x", "größe"] as const;
const PIECES = [
  "(",
  ")",
  ", ",
  ".",
  " = ",
  ";",
  "\n",
  "\n  ",
  "\r\n",
  "{\n",
  "}\n",
  '"',
  "// ",
  "if (",
  "return ",
] as const;

function line(random: Random): string {
  return Array.from({ length: 1 + random.below(6) }, () => random.pick(random.below(2) === 0 ? WORDS : PIECES)).join(
    "",
  );
}

/** Most edits of a desk replace the same word with the same text. */
function edit(desk: Desk, random: Random, before: string, after: string): void {
  const { text } = desk;
  const place = text.indexOf(before);
  if (random.below(4) > 0 && place !== -1) {
    desk.change(place, before.length, after);
    return;
  }
  const word = random.pick(WORDS);
  const offset =
    random.below(3) === 0
      ? random.below(text.length + 1)
      : Math.max(0, text.indexOf(word, random.below(text.length + 1)));
  const length = Math.min(text.length - offset, random.below(2) === 0 ? word.length : random.below(12));
  desk.change(offset, length, random.below(4) === 0 ? line(random) : random.below(3) === 0 ? "" : random.pick(WORDS));
}

describe("next edits after any edits", () => {
  it("a proposal lies in its document, and made it is what was shown", function () {
    this.timeout(600_000 * rounds(1));
    const random = new Random(24);
    let proposals = 0;
    for (let round = 0; round < rounds(10_000); round++) {
      const lines = Array.from({ length: 12 }, () => line(random));
      const desk = new Desk({ "a.ts": [...lines, ...lines].join("\n"), "b.py": lines.join("\n") });
      const before = random.pick(WORDS);
      const after = random.below(3) === 0 ? line(random) : random.pick(WORDS);
      for (let count = 3 + random.below(4); count > 0; count--) edit(desk, random, before, after);
      for (let count = 0; count < 5; count++) {
        const files = new Map(desk.files);
        const proposal = desk.next();
        assert.deepEqual(desk.files, files, "looking changes nothing");
        if (proposal === undefined) break;
        proposals++;
        const { uri, start, end, text } = proposal;
        const before = files.get(uri)!;
        assert.ok(start >= 0 && start <= end && end <= before.length, `${start}..${end} of ${before.length}`);
        assert.notEqual(before.slice(start, end), text, "it changes something");
        desk.accept(proposal);
        const after = desk.files.get(uri)!;
        assert.equal(after.slice(start, start + text.length), text);
        assert.equal(after.slice(0, start), before.slice(0, start));
        assert.equal(after.slice(start + text.length), before.slice(end));
        for (const [other, content] of files) if (other !== uri) assert.equal(desk.files.get(other), content);
      }
      check(desk);
    }
    assert.ok(proposals > rounds(10_000) / 20, `${proposals} proposals`);
  });
});

/** The remembered edits lead back to the original text: the lines of each are where it says. */
function check(desk: Desk): void {
  for (const { uri, start, after } of desk.edits) {
    if (after.length === 0) continue;
    const there = desk.files.get(uri)!.slice(start).split("\n").slice(0, after.length);
    assert.deepEqual(
      there.map((line) => line.replace(/\r$/, "")),
      after,
    );
  }
}
