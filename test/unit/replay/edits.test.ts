import assert from "node:assert/strict";
import { editsReport, summariseEdits } from "../../../engine/replay/edits/editsReport.ts";
import { type ChangedFile, playCommit } from "../../../engine/replay/edits/play.ts";
import { TargetFile } from "../../../engine/replay/edits/target.ts";

const BEFORE = "one\ntwo load(a)\nthree\nfour load(b)\nfive\n";
const HUNKS = [
  { oldStart: 1, oldLines: ["two load(a)"], newStart: 1, newLines: ["two fetch(a)", "more"] },
  { oldStart: 3, oldLines: ["four load(b)"], newStart: 4, newLines: ["four fetch(b, c)"] },
];
const AFTER = "one\ntwo fetch(a)\nmore\nthree\nfour fetch(b, c)\nfive\n";

function target(): TargetFile {
  return new TargetFile("a.ts", BEFORE, HUNKS);
}

describe("a file on its way to a commit", () => {
  it("has the commit's text when all steps are made, in any order", () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const file = target();
      for (const index of order) {
        const step = file.steps[index]!;
        const { offset, length, text } = file.changeOf(step);
        const expected = file.text.slice(0, offset) + text + file.text.slice(offset + length);
        file.apply(step);
        assert.equal(file.text, expected);
      }
      assert.equal(file.text, AFTER);
    }
  });

  const verdicts: [title: string, old: string, made: string, isRight: boolean][] = [
    ["part of a hunk", "load(b)", "fetch(b)", true],
    ["all of a hunk", "load(b)", "fetch(b, c)", true],
    ["the right place with another text", "load(b)", "fetched(b)", false],
    ["the right text in another place", "one", "fetch", false],
    ["something of a hunk and something more", "four load(b)\nfive", "four fetch(b)\n5", false],
    ["nothing", "load(b)", "load(b)", false],
  ];
  for (const [title, old, made, isRight] of verdicts) {
    it(`${title} is ${isRight ? "right" : "wrong"}`, () => {
      const start = BEFORE.indexOf(old);
      assert.equal(target().isOnTheWay(start, start + old.length, made), isRight);
    });
  }

  it("what a proposal has made is no longer part of the step", () => {
    const file = target();
    const start = BEFORE.indexOf("load(b)");
    file.accept(start, start + 4, "fetch");
    const step = file.steps[1]!;
    assert.deepEqual([step.hits, step.isDone, step.now], [1, false, ["four fetch(b)"]]);
    file.apply(file.steps[0]!);
    const rest = file.text.indexOf("fetch(b)") + "fetch(b".length;
    assert.equal(file.isOnTheWay(rest, rest, ", c"), true);
    file.accept(rest, rest, ", c");
    assert.equal(step.isDone, true);
    assert.equal(file.text, AFTER);
  });
});

describe("a commit replayed", () => {
  const lines = (name: string) => ["a", "b", "c", "d", "e"].map((item) => `${name}(${item});\n// ${item}\n`).join("");
  const hunks = [0, 2, 4, 6, 8].map((line, index) => {
    const item = "abcde"[index]!;
    return { oldStart: line, oldLines: [`load(${item});`], newStart: line, newLines: [`fetchAll(${item});`] };
  });
  const file: ChangedFile = { path: "a.ts", text: lines("load"), hunks };

  function replayed(hunksOfCommit = hunks) {
    return playCommit({
      files: [{ ...file, hunks: hunksOfCommit }],
      filesWith: () => [],
      order: (count) => Array.from({ length: count }, (_, index) => index),
    });
  }

  it("right proposals are found and counted", () => {
    const summary = summariseEdits([replayed()]);
    assert.equal(summary.changingHunks, 4);
    assert.equal(summary.precision, 100);
    assert.ok(summary.recall >= 50, `${summary.recall}`);
    assert.equal(summary.recallWhole, summary.recall);
    assert.match(editsReport(summary), /precision 100 %/);
  });

  it("a proposal that the commit does not have is wrong, and comes only once", () => {
    const summary = summariseEdits([replayed(hunks.slice(0, 3))]);
    assert.ok(summary.shown > summary.right);
    assert.ok(summary.shown - summary.right <= 2, `${summary.shown - summary.right} wrong`);
  });
});
