import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileAt, gitIn, parseLog, pathsAt, readCommits } from "../../../../engine/replay/git/commits.ts";

describe("the log of git", () => {
  it("is split into commits, whatever their messages contain", () => {
    const log =
      "\0aa\nbb\n12\ndiff --git a/x b/x\0\n\0cc\ndd\n11\nsays\0\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+x\n";
    const commits = parseLog(log);
    assert.deepEqual(
      commits.map(({ hash, parent, time, subject, files }) => [hash, parent, time, subject, files.length]),
      [
        ["aa", "bb", 12, "diff --git a/x b/x", 0],
        ["cc", "dd", 11, "says", 1],
      ],
    );
  });
});

describe("a repository", () => {
  let folder = "";
  const run = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", ...args], {
      cwd: folder,
    });
  const commit = (message: string, files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    run("add", "-A");
    run("commit", "-q", "-m", message);
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "sterna-commits-"));
    run("init", "-q");
    commit("root", { "a.ts": "one\ntwo\n", ".gitattributes": "*.ts diff=evil\n" });
    // A diff driver in the repository's own configuration must not be run.
    run("config", "diff.evil.textconv", "false");
    run("config", "diff.evil.command", "false");
    commit("second", { "a.ts": "one\n1.5\ntwo\n" });
    commit("third\n\nbody", { "b.ts": "b\n" });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("returns its latest commits, the oldest first, without the root", async () => {
    const commits = await readCommits(gitIn(folder), { most: 10 });
    assert.deepEqual(
      commits.map(({ subject, files }) => [subject, files.map(({ newPath }) => newPath).join()]),
      [
        ["second", "a.ts"],
        ["third", "b.ts"],
      ],
    );
    assert.deepEqual(commits[0]?.files[0]?.hunks, [{ oldStart: 1, oldLines: [], newStart: 1, newLines: ["1.5"] }]);
    assert.equal(commits[1]?.parent, commits[0]?.hash);
    assert.equal((await readCommits(gitIn(folder), { most: 1 }))[0]?.subject, "third");
    assert.equal((await readCommits(gitIn(folder), { most: 1, paths: ["a*"] }))[0]?.subject, "second");
  });

  it("returns a file as it was in a commit, and the paths of all files", async () => {
    const git = gitIn(folder);
    assert.equal(await fileAt(git, "HEAD~1", "a.ts"), "one\n1.5\ntwo\n");
    assert.equal(await fileAt(git, "HEAD~1", "b.ts"), undefined);
    assert.deepEqual(await pathsAt(git, "HEAD"), [".gitattributes", "a.ts", "b.ts"]);
  });

  it("that does not exist is named in the error", async () => {
    const nowhere = join(folder, "missing");
    await assert.rejects(readCommits(gitIn(nowhere), { most: 1 }), (error: Error) => error.message.includes(nowhere));
  });
});
