import assert from "node:assert/strict";
import { parseTree, TreeIndex } from "../../../../engine/replay/git/treeIndex.ts";
import { FakeNgramIndex } from "../../support/fakeModel.ts";

const row = (blob: string, bytes: number, path: string) =>
  `100644 blob ${blob} ${String(bytes).padStart(7)}\t${path}\0`;

describe("the tree of a commit", () => {
  it("is read with the ids of the files that are worth indexing", () => {
    const listing = [
      row("a1", 100, "src/a b.ts"),
      row("b2", 5, "README.md"),
      row("c3", 9_000_000, "src/huge.ts"),
      row("d4", 10, "node_modules/x/index.js"),
      "160000 commit e5       -\tsub\0",
      row("f6", 12, "über/ü.py"),
    ].join("");
    assert.deepEqual(
      [...parseTree(listing)],
      [
        ["src/a b.ts", "a1"],
        ["über/ü.py", "f6"],
      ],
    );
  });

  it("is followed from commit to commit, reading only what differs", async () => {
    const trees: Record<string, string> = {
      one: row("a", 1, "x.ts") + row("b", 1, "y.ts") + row("e", 1, "m.ts"),
      two: row("a", 1, "x.ts") + row("c", 1, "z.ts") + row("d", 1, "m.ts"),
    };
    const read: string[] = [];
    const git = async (args: readonly string[]) => {
      if (args[0] === "ls-tree") return trees[args.at(-1) ?? ""] ?? "";
      read.push(args.at(-1) ?? "");
      return args.at(-1) === "d" ? "binary\0" : `text of ${args.at(-1)}\n`;
    };
    const index = new FakeNgramIndex();
    const tree = new TreeIndex(git, index);
    await tree.show("one");
    assert.deepEqual([...index.files.keys()].sort(), ["m.ts", "x.ts", "y.ts"]);
    await tree.show("two");
    assert.deepEqual([...index.files.keys()].sort(), ["x.ts", "z.ts"]);
    assert.deepEqual(read, ["a", "b", "e", "c", "d"]);
  });
});
