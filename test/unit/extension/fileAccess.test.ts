import assert from "node:assert/strict";
import { type Entry, walkFiles } from "../../../engine/workspace/fileWalk.ts";
import { type FileFacts, refusalOf, refusalSentence } from "../../../engine/workspace/refusal.ts";
import { innermost, splitDiff } from "../../../extension/commands/stagedDiff.ts";
import { findProject, type Project } from "../../../extension/repository/projects.ts";
import { RefusalError } from "../../../extension/repository/refusalError.ts";

const OPEN: FileFacts = {
  isExcluded: false,
  isIgnoredByGit: false,
  readsIgnored: false,
  isTrusted: true,
  isOpen: true,
};

describe("whether a file may be read", () => {
  const cases: [what: string, facts: Partial<FileFacts>, refusal: string | undefined][] = [
    ["an ordinary file", {}, undefined],
    ["one that is not open", { isOpen: false }, undefined],
    ["an excluded one", { isExcluded: true }, "excluded"],
    ["an excluded one, though ignored files are read", { isExcluded: true, readsIgnored: true }, "excluded"],
    ["one that git ignores", { isIgnoredByGit: true }, "ignored"],
    ["one that git ignores, where the setting allows it", { isIgnoredByGit: true, readsIgnored: true }, undefined],
    ["an open one in a workspace without trust", { isTrusted: false }, undefined],
    ["one that is not open in a workspace without trust", { isTrusted: false, isOpen: false }, "untrusted"],
    ["an ignored one in a workspace without trust", { isTrusted: false, isIgnoredByGit: true }, "ignored"],
  ];
  for (const [what, facts, refusal] of cases) {
    it(`${what}: ${refusal ?? "yes"}`, () => assert.equal(refusalOf({ ...OPEN, ...facts }), refusal));
  }

  it("is refused in one sentence, with a button", () => {
    for (const refusal of ["excluded", "ignored", "untrusted"] as const) {
      assert.match(refusalSentence(refusal, ".env"), /^Sterna does not read \.env: [^.]+(\.[^.]+)*\.$/);
      assert.equal(new RefusalError(refusal, ".env").actions.length, 1);
    }
  });
});

/** A walk over a tree of folders, given by their paths. */
function walkOver(tree: Record<string, string[]>, isLeftOut: (path: string) => boolean = () => false) {
  const read: string[] = [];
  return {
    read,
    walk: {
      read: async (folder: string): Promise<Entry[]> => {
        read.push(folder);
        const names = tree[folder];
        if (names === undefined) throw new Error("It cannot be read.");
        return names.map((name) => ({ name, isFolder: (folder === "" ? name : `${folder}/${name}`) in tree }));
      },
      isLeftOut: async (path: string) => isLeftOut(path),
      isOver: () => false,
    },
  };
}

describe("the files of a workspace", () => {
  it("are found beside 30,000 files below node_modules, which are not looked at", async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => `${index}.js`);
    const { walk, read } = walkOver({
      "": ["node_modules", "src", "a.ts"],
      node_modules: many,
      src: ["b.ts", "deep"],
      "src/deep": ["c.ts"],
    });
    assert.deepEqual(await walkFiles(walk, 5000), ["a.ts", "src/b.ts", "src/deep/c.ts"]);
    assert.ok(!read.includes("node_modules"));
  });

  it("near the top come first, and only so many", async () => {
    const { walk } = walkOver({ "": ["x", "top.ts"], x: ["one.ts", "two.ts"] });
    assert.deepEqual(await walkFiles(walk, 2), ["top.ts", "x/one.ts"]);
  });

  it("lack those that may not be read, and folders that cannot be read", async () => {
    const { walk } = walkOver({ "": [".env", "ok.ts", "out", "locked"], out: ["made.js"] }, (path) =>
      [".env", "out"].includes(path),
    );
    assert.deepEqual(await walkFiles(walk, 10), ["ok.ts", "locked"]);
  });
});

describe("the project of an open folder", () => {
  const known: Project[] = [{ path: "file:///a", identity: "1:2:3", folder: "fa" }];
  const cases: [what: string, opened: Omit<Project, "folder">, folder: string | undefined][] = [
    ["the same folder", { path: "file:///a", identity: "1:2:3" }, "fa"],
    ["a renamed folder", { path: "file:///b", identity: "1:2:3" }, "fa"],
    ["a folder that was restored at its path", { path: "file:///a", identity: "9:9:9" }, "fa"],
    ["another folder", { path: "file:///c", identity: "7:7:7" }, undefined],
    ["another folder without an identity", { path: "file:///c", identity: "" }, undefined],
  ];
  for (const [what, opened, folder] of cases) {
    it(`${what} ${folder === undefined ? "is a new one" : "is known"}`, () => {
      const { found, projects } = findProject(known, opened);
      assert.equal(found.folder === "fa", folder === "fa");
      assert.deepEqual(projects.at(-1), { ...opened, folder: found.folder });
      assert.deepEqual(findProject(projects, opened).projects, projects, "it is found again");
    });
  }
});

describe("the repository of a file", () => {
  const repositories = ["/w", "/w/packages/inner", "/w/packages/inner-two", "/other"].map((path) => ({ path }));
  const cases: [file: string, repository: string | undefined][] = [
    ["/w/a.ts", "/w"],
    ["/w/packages/inner/src/a.ts", "/w/packages/inner"],
    ["/w/packages/inner", "/w/packages/inner"],
    ["/w/packages/inner-two/a.ts", "/w/packages/inner-two"],
    ["/w/packages/inner-three/a.ts", "/w"],
    ["/elsewhere/a.ts", undefined],
  ];
  for (const [file, repository] of cases) {
    it(`is the innermost that holds it: ${file}`, () => {
      assert.equal(innermost(repositories, file)?.path, repository);
      assert.equal(innermost([...repositories].reverse(), file)?.path, repository);
    });
  }

  it("may be the root of all", () => assert.equal(innermost([{ path: "/" }], "/a.ts")?.path, "/"));
});

const ENV = `diff --git a/.env b/.env
new file mode 100644
--- /dev/null
+++ b/.env
@@ -0,0 +1 @@
+SECRET=1
`;

describe("a staged diff", () => {
  const cases: [what: string, diff: string, paths: string[]][] = [
    ["a new file", ENV, [".env"]],
    ["two files", `${ENV}diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-x\n+y\n`, [".env", "a.ts"]],
    ["a deleted file", "diff --git a/k.pem b/k.pem\n--- a/k.pem\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", ["k.pem"]],
    ["a rename", "diff --git a/.env b/env.txt\nrename from .env\nrename to env.txt\n", ["env.txt"]],
    ["a binary file", "diff --git a/x.bin b/x.bin\nBinary files a/x.bin and b/x.bin differ\n", ["x.bin"]],
    ["a name with blanks", "diff --git a/a b.ts b/a b.ts\n--- a/a b.ts\t\n+++ b/a b.ts\t\n@@ -1 +1 @@\n", ["a b.ts"]],
    [
      "a name that is not ASCII",
      'diff --git "a/\\303\\244.ts" "b/\\303\\244.ts"\n--- "a/\\303\\244.ts"\n+++ "b/\\303\\244.ts"\n@@ -1 +1 @@\n',
      ["ä.ts"],
    ],
    [
      "content that looks like a head",
      "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n--- a/other\n+++ b/other\n",
      ["a"],
    ],
    ["nothing", "", []],
  ];
  for (const [what, diff, paths] of cases) {
    it(`is split by files: ${what}`, () => {
      const files = splitDiff(diff);
      assert.deepEqual(
        files.map(({ path }) => path),
        paths,
      );
      assert.equal(files.map(({ text }) => text).join(""), diff);
    });
  }

  it("knows both names of a renamed file", () => {
    const [file] = splitDiff("diff --git a/.env b/env.txt\nrename from .env\nrename to env.txt\n");
    assert.equal(file?.oldPath, ".env");
  });
});
