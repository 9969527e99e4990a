/** Rules outside of the opened folder, compared with what git itself says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { IgnoreFile } from "../../../engine/workspace/gitignore.ts";
import { isIgnoredWithin, readNestedRules, readOuterRules } from "../../../engine/workspace/outerRules.ts";
import { temporaryFolder } from "../models/folder.ts";

describe("git's rules outside of the opened folder", () => {
  const folder = temporaryFolder();
  const environment = () => ({
    home: folder.path("home"),
    env: { HOME: folder.path("home"), PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: "1" },
  });
  const write = (name: string, text: string) => {
    mkdirSync(dirname(folder.path(name)), { recursive: true });
    writeFileSync(folder.path(name), text);
  };
  const git = (at: string, ...args: string[]) =>
    execFileSync("git", ["-C", folder.path(at), ...args], { env: environment().env, encoding: "utf8" });

  /** Whether Sterna takes a file as ignored, with `opened` as the workspace's folder. */
  const isIgnored = (opened: string, path: string) => {
    const outer = readOuterRules(folder.path(opened), environment());
    const parts = path.split("/").slice(0, -1);
    const files = ["", ...parts].flatMap((_, depth): IgnoreFile[] => {
      const inside = parts.slice(0, depth).join("/");
      const at = join(folder.path(opened), inside);
      const nested = depth === 0 ? undefined : readNestedRules(at, outer)?.text;
      const own = existsSync(join(at, ".gitignore")) ? readFileSync(join(at, ".gitignore"), "utf8") : "";
      return [nested ?? "", own].filter((text) => text !== "").map((text) => ({ folder: inside, text }));
    });
    return isIgnoredWithin(outer, files, path);
  };
  /** The same by git. */
  const isIgnoredByGit = (at: string, path: string) => {
    try {
      git(at, "check-ignore", "--quiet", "--no-index", path);
      return true;
    } catch (error) {
      assert.equal((error as { status?: number }).status, 1, String(error));
      return false;
    }
  };

  it("know where git does not tell upper from lower case", () => {
    mkdirSync(folder.path("cases"), { recursive: true });
    git("cases", "init", "--quiet");
    write("cases/.gitignore", "Secret.json\n");
    for (const value of ["true", "false"]) {
      git("cases", "config", "core.ignorecase", value);
      assert.equal(isIgnored("cases", "secret.json"), isIgnoredByGit("cases", "secret.json"), value);
    }
  });

  before(() => {
    mkdirSync(folder.path("home"), { recursive: true });
    for (const at of ["top", "top/pkg/app/nested", "origin"]) {
      mkdirSync(folder.path(at), { recursive: true });
      git(at, "init", "--quiet");
    }
    write("top/.gitignore", "*.key\n/pkg/app/private.ts\nout/\n!open.secret\n");
    write("top/pkg/.gitignore", "app/drafts/\n!good.key\n/app/x?.ts\n");
    write("top/.git/info/exclude", "*.local\nnotes.ts\n");
    write("top/pkg/app/.gitignore", "!keep.local\n");
    write("home/.gitconfig", '[include]\n\tpath = more.inc\n[user]\n\tname = "a"\n');
    write("home/more.inc", "[core]\n\texcludesFile = ~/rules/everywhere\n");
    write("home/rules/everywhere", "*.secret\n.idea/\n");
    write("home/.config/git/ignore", "not-asked.ts\n");
    write("top/pkg/app/nested/.gitignore", "gone.ts\n");
    write("top/pkg/app/nested/.git/info/exclude", "mine.ts\n");
    write("origin/.gitignore", "inner.ts\n");
    write("origin/a.ts", "a\n");
    git("origin", "add", ".");
    git("origin", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a");
    git(
      "top",
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "--quiet",
      "add",
      folder.path("origin"),
      "pkg/app/module",
    );
    write("top/.git/modules/pkg/app/module/info/exclude", "hidden.ts\n");
    git("origin", "worktree", "add", "--quiet", folder.path("tree"));
    write("origin/.git/info/exclude", "shared.ts\n");
  });

  const cases: [opened: string, path: string, ignored: boolean][] = [
    ["top/pkg/app", "a.ts", false],
    ["top/pkg/app", "server.key", true],
    ["top/pkg/app", "deep/server.key", true],
    ["top/pkg/app", "good.key", false],
    ["top/pkg/app", "private.ts", true],
    ["top/pkg/app", "deep/private.ts", false],
    ["top/pkg/app", "drafts/a.ts", true],
    ["top/pkg/app", "xy.ts", true],
    ["top/pkg/app", "out/a.ts", true],
    ["top/pkg/app", "a.local", true],
    ["top/pkg/app", "keep.local", false],
    ["top/pkg/app", "deep/notes.ts", true],
    ["top/pkg/app", "a.secret", true],
    ["top/pkg/app", "open.secret", false],
    ["top/pkg/app", ".idea/a.ts", true],
    ["top/pkg/app", "not-asked.ts", false],
    ["top", "pkg/app/private.ts", true],
    ["top", "notes.ts", true],
    ["tree", "inner.ts", true],
    ["tree", "shared.ts", true],
    ["tree", "a.ts", false],
  ];
  for (const [opened, path, ignored] of cases) {
    it(`with ${opened} opened, ${path} is ${ignored ? "ignored" : "read"}, as git has it`, () => {
      assert.equal(isIgnoredByGit(opened, path), ignored, "git");
      assert.equal(isIgnored(opened, path), ignored);
    });
  }

  const within: [repository: string, path: string, ignored: boolean][] = [
    ["nested", "gone.ts", true],
    ["nested", "mine.ts", true],
    ["nested", "a.secret", true],
    ["nested", "a.ts", false],
    ["module", "inner.ts", true],
    ["module", "hidden.ts", true],
    ["module", "a.secret", true],
    ["module", "a.ts", false],
  ];
  for (const [repository, path, ignored] of within) {
    it(`${path} in the repository ${repository} within the opened folder is ${ignored ? "ignored" : "read"}`, () => {
      assert.equal(isIgnoredByGit(`top/pkg/app/${repository}`, path), ignored, "git");
      assert.equal(isIgnored("top/pkg/app", `${repository}/${path}`), ignored);
      assert.equal(isIgnored(`top/pkg/app/${repository}`, path), ignored, "opened by itself");
    });
  }

  it("a repository within is not read where the one around it says so", () => {
    mkdirSync(folder.path("top/pkg/app/out/repository"), { recursive: true });
    git("top/pkg/app/out/repository", "init", "--quiet");
    assert.ok(isIgnored("top/pkg/app", "out/repository/a.ts"));
  });

  it("hold of an opened folder that is ignored itself", () => {
    mkdirSync(folder.path("top/out/deep"), { recursive: true });
    assert.ok(isIgnoredByGit("top/out/deep", "a.ts"));
    assert.ok(isIgnored("top/out/deep", "a.ts"));
  });

  it("git's own place is asked where no configuration names a file", () => {
    const { env } = environment();
    mkdirSync(folder.path("other"), { recursive: true });
    mkdirSync(folder.path("plain"), { recursive: true });
    write("other/.config/git/ignore", "general.ts\n");
    const outer = readOuterRules(folder.path("plain"), { home: folder.path("other"), env });
    assert.ok(isIgnoredWithin(outer, [], "sub/general.ts"));
    assert.ok(outer.sources.includes(join(folder.path("other"), ".config/git/ignore")));
    write("xdg/git/ignore", "elsewhere.ts\n");
    const moved = { home: folder.path("other"), env: { ...env, XDG_CONFIG_HOME: folder.path("xdg") } };
    assert.ok(isIgnoredWithin(readOuterRules(folder.path("plain"), moved), [], "elsewhere.ts"));
  });

  it("a file of the user's that a condition names is obeyed in any case", () => {
    write("home2/.gitconfig", '[includeIf "gitdir:/nowhere/"]\npath = inc\n');
    write("home2/inc", "[core]\nexcludesFile = rules\n");
    write("plain/rules", "conditional.ts\n");
    const outer = readOuterRules(folder.path("plain"), { home: folder.path("home2"), env: environment().env });
    assert.ok(isIgnoredWithin(outer, [], "conditional.ts"));
  });
});
