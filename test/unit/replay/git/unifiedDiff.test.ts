import assert from "node:assert/strict";
import { applyHunks, offsetOfLine } from "../../../../engine/replay/git/applyHunks.ts";
import { type FileDiff, parseDiff } from "../../../../engine/replay/git/unifiedDiff.ts";

const header = (path: string) => [
  `diff --git a/${path} b/${path}`,
  "index 1..2 100644",
  `--- a/${path}`,
  `+++ b/${path}`,
];
const text = (...lines: string[]) => `${lines.join("\n")}\n`;

describe("a diff", () => {
  const cases: { name: string; diff: string; files: FileDiff[] }[] = [
    { name: "of nothing", diff: "", files: [] },
    {
      name: "with lines that were put in",
      diff: text(...header("a.ts"), "@@ -3,0 +4,2 @@ function f() {", "+one", "+two"),
      files: [
        {
          oldPath: "a.ts",
          newPath: "a.ts",
          hunks: [{ oldStart: 3, oldLines: [], newStart: 3, newLines: ["one", "two"] }],
        },
      ],
    },
    {
      name: "with a line in place of another, and one taken out",
      diff: text(...header("a.ts"), "@@ -1 +1 @@", "-old", "+new", "@@ -5 +4,0 @@", "-gone"),
      files: [
        {
          oldPath: "a.ts",
          newPath: "a.ts",
          hunks: [
            { oldStart: 0, oldLines: ["old"], newStart: 0, newLines: ["new"] },
            { oldStart: 4, oldLines: ["gone"], newStart: 4, newLines: [] },
          ],
        },
      ],
    },
    {
      name: "whose lines look like headers",
      diff: text(...header("a.sql"), "@@ -1 +1,2 @@", "--- a comment", "+++ b/x", "+diff --git a/y b/y"),
      files: [
        {
          oldPath: "a.sql",
          newPath: "a.sql",
          hunks: [{ oldStart: 0, oldLines: ["-- a comment"], newStart: 0, newLines: ["++ b/x", "diff --git a/y b/y"] }],
        },
      ],
    },
    {
      name: "of files without a line end at their end",
      diff: text(
        ...header("a"),
        "@@ -1 +1 @@",
        "-x",
        "\\ No newline at end of file",
        "+y",
        "\\ No newline at end of file",
      ),
      files: [{ oldPath: "a", newPath: "a", hunks: [{ oldStart: 0, oldLines: ["x"], newStart: 0, newLines: ["y"] }] }],
    },
    {
      name: "of a new file and a deleted one",
      diff: text(
        "diff --git a/n b/n",
        "new file mode 100644",
        "--- /dev/null",
        "+++ b/n",
        "@@ -0,0 +1 @@",
        "+x",
        "diff --git a/d b/d",
        "deleted file mode 100644",
        "--- a/d",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-x",
      ),
      files: [
        { oldPath: undefined, newPath: "n", hunks: [{ oldStart: 0, oldLines: [], newStart: 0, newLines: ["x"] }] },
        { oldPath: "d", newPath: undefined, hunks: [{ oldStart: 0, oldLines: ["x"], newStart: 0, newLines: [] }] },
      ],
    },
    {
      name: "of renamed, empty and binary files",
      diff: text(
        "diff --git a/old name b/new name",
        "similarity index 100%",
        "rename from old name",
        "rename to new name",
        "diff --git a/empty file b/empty file",
        "new file mode 100644",
        "diff --git a/p.png b/p.png",
        "Binary files a/p.png and b/p.png differ",
      ),
      files: [
        { oldPath: "old name", newPath: "new name", hunks: [] },
        { oldPath: undefined, newPath: "empty file", hunks: [] },
        { oldPath: "p.png", newPath: "p.png", hunks: [] },
      ],
    },
    {
      name: "of files with blanks, quotes and letters beyond ASCII in their names",
      diff: text(
        "diff --git a/a b.ts b/a b.ts",
        "--- a/a b.ts\t",
        "+++ b/a b.ts\t",
        'diff --git "a/\\"q\\"\\303\\251.ts" "b/\\"q\\"\\303\\251.ts"',
        '--- "a/\\"q\\"\\303\\251.ts"',
        '+++ "b/\\"q\\"\\303\\251.ts"',
      ),
      files: [
        { oldPath: "a b.ts", newPath: "a b.ts", hunks: [] },
        { oldPath: '"q"é.ts', newPath: '"q"é.ts', hunks: [] },
      ],
    },
  ];
  for (const { name, diff, files } of cases) {
    it(name, () => assert.deepEqual(parseDiff(diff), files));
  }
});

describe("hunks", () => {
  const hunk = (oldStart: number, oldLines: string[], newLines: string[]) => ({
    oldStart,
    oldLines,
    newStart: oldStart,
    newLines,
  });
  it("are applied to the text that they were made from", () => {
    const hunks = [hunk(0, [], ["first"]), hunk(1, ["b"], ["B", "BB"]), hunk(3, [], ["d"])];
    assert.equal(applyHunks("a\nb\nc\n", hunks), "first\na\nB\nBB\nc\nd\n");
  });
  it("are not applied to any other text", () => {
    assert.equal(applyHunks("a\nc\n", [hunk(1, ["b"], ["B"])]), undefined);
  });
  it("begin at offsets of lines", () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((line) => offsetOfLine("ab\nc\n", line)),
      [0, 3, 5, 5],
    );
  });
});
