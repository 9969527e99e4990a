import assert from "node:assert/strict";
import type { RecordedCandidate } from "../../../../engine/replay/candidates.ts";
import { trainingLine } from "../../../../engine/replay/git/trainingLine.ts";
import { cursorContext } from "../../../../engine/text/cursor.ts";

describe("a line that the gate is trained on", () => {
  const suggestion = (text: string) => ({ text, replaceLength: 0 });
  const candidate: RecordedCandidate = {
    text: "one, two);",
    pieces: [],
    typed: 0,
    onScreen: 0,
    source: "model",
    context: cursorContext({ path: "a.ts", languageId: "typescript", text: "f(" }, 2),
    features: [3, 5, 8, 10].map((end) => ({ end, values: Float64Array.from([end, 1 / 3]) })),
    cuts: [
      { end: 3, shown: suggestion("one") },
      { end: 5, shown: undefined },
      { end: 8, shown: suggestion("one, two") },
      { end: 10, shown: suggestion("one, two);") },
    ],
  };

  it("says for each cut whether its text was typed next, and leaves out cuts that the filters drop", () => {
    assert.deepEqual(trainingLine(candidate, "one, two, three);"), {
      rows: [
        [3, 0.33333],
        [8, 0.33333],
        [10, 0.33333],
      ],
      labels: [1, 1, 0],
    });
  });
});
