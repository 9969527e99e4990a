import assert from "node:assert/strict";
import { foldUpTo, type Sized } from "../../../engine/chat/foldOldTurns.ts";

/** Questions and answers of these sizes in turn; ids count from 1. */
function turns(...sizes: number[]): Sized[] {
  return sizes.map((size, index) => ({ id: index + 1, role: index % 2 === 0 ? "user" : "assistant", size }));
}

describe("folding", () => {
  const cases: [string, Sized[], number, number, number][] = [
    ["nothing while there is room", turns(10, 20, 10, 20, 10, 0), 0, 70, 0],
    ["whole exchanges down to three fifths", turns(20, 20, 20, 20, 20, 0), 0, 90, 4],
    ["one exchange when that is enough", turns(50, 20, 10, 10, 10, 0), 0, 90, 2],
    ["no more than it must", turns(1, 1, 50, 20, 10, 0), 0, 80, 4],
    ["onwards from what is folded", turns(40, 40, 20, 20, 20, 20, 20, 0), 2, 90, 6],
    ["never the last question, however long", turns(10, 10, 500, 0), 0, 90, 2],
    ["never the only question", turns(500, 0), 0, 90, 0],
  ];
  for (const [what, list, folded, room, expected] of cases) {
    it(what, () => assert.equal(foldUpTo(list, folded, room), expected));
  }
});
