import assert from "node:assert/strict";
import type { Edit } from "../../../engine/nextEdit/changes.ts";
import { followPatterns, patternsOf } from "../../../engine/nextEdit/patterns.ts";
import { rulesOf } from "../../../engine/nextEdit/rules.ts";
import { Random } from "../support/testRandom.ts";
import { Desk } from "./desk.ts";

const NAMES: readonly [string, ...string[]] = ["itemCount", "item_count", "entryCount", "load", "total"];
const TEXT = Array.from({ length: 60 }, (_, line) => `${NAMES[line % NAMES.length]}(item, ${line});`).join("\n");

function randomChange(desk: Desk, random: Random): void {
  const offset = random.below(desk.text.length);
  if (random.chance(0.6)) {
    const name = random.pick(NAMES);
    const at = desk.text.indexOf(name, offset);
    if (at !== -1) desk.change(at, name.length, random.pick(NAMES));
  } else if (random.chance(0.5)) desk.change(desk.cursor, 0, random.pick(["a", "(", " ", "\n", "load"]));
  else desk.change(offset, Math.min(3, desk.text.length - offset), random.pick(["", "x", ", context"]));
}

/** What rules say, without the functions that look for their places. */
function described(edits: readonly Edit[]) {
  return rulesOf(edits).map(({ sites: _, ...rule }) => rule);
}

describe("the patterns of edits", () => {
  it("are the same whether earlier lists of edits are followed or not", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = new Random(seed);
      const desk = new Desk({ "a.ts": TEXT });
      let older: readonly Edit[] = [];
      for (let change = 0; change < 80; change++) {
        randomChange(desk, random);
        const edits = desk.edits;
        followPatterns(older, edits);
        const afresh = [...edits];
        assert.deepEqual(patternsOf(edits), patternsOf(afresh), `seed ${seed}, change ${change}`);
        assert.deepEqual(described(edits), described(afresh), `seed ${seed}, change ${change}`);
        older = edits;
      }
    }
  });

  it("of earlier edits are kept while the latest edit is typed", () => {
    const desk = new Desk({ "a.ts": TEXT }).edit("total", "sum").edit("load(item, 33)", "read(item, 33)");
    const older = desk.edits;
    const earlier = patternsOf(older).filter(({ before }) => before === "total");
    desk.change(desk.cursor, 0, "All");
    const edits = desk.edits;
    followPatterns(older, edits);
    assert.ok(earlier.length > 0);
    for (const pattern of earlier) assert.ok(patternsOf(edits).includes(pattern));
  });
});
