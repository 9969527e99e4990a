/** Which files the language server names for the index, on a disk with everything that must not be named. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { configOf, readDefaults } from "../../../engine/lsp/configuration.ts";
import { DiskAccess } from "../../../engine/lsp/diskAccess.ts";
import { Folders } from "../../../engine/lsp/folders.ts";
import { repositoryFiles } from "../../../engine/lsp/repositoryFiles.ts";
import type { RepositoryFilesChange } from "../../../engine/protocol/repository.ts";
import { temporaryFolder } from "../models/folder.ts";
import { root } from "../root.ts";
import { until } from "../support/until.ts";

describe("the files that the language server names for the index", () => {
  const folder = temporaryFolder();
  const write = (path: string, text = "a\n") => {
    const file = folder.path(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  before(() => {
    mkdirSync(folder.path("top/.git/info"), { recursive: true });
    write("top/.gitignore", "above.ts\n*.key\n");
    write("top/.git/info/exclude", "mine.ts\n");
    for (const path of ["a.ts", "above.ts", "mine.ts", ".env", ".env.local", "server.pem", "id.key", "sub/b.ts"]) {
      write(`top/app/${path}`);
    }
    write("top/app/.gitignore", "out/\n");
    write("top/app/out/made.ts");
    write("top/app/sub/excluded/c.ts");
    write("top/app/node_modules/x/index.ts");
    // A repository within, and a submodule, whose data is in the repository around it.
    mkdirSync(folder.path("top/app/nested/.git/info"), { recursive: true });
    write("top/app/nested/.git/info/exclude", "inner.ts\n");
    for (const path of ["kept.ts", "inner.ts", "above.ts"]) write(`top/app/nested/${path}`);
    write("top/app/module/.git", "gitdir: ../../.git/modules/module\n");
    write("top/.git/modules/module/info/exclude", "hidden.ts\n");
    write("top/app/module/.gitignore", "private.ts\n");
    for (const path of ["kept.ts", "hidden.ts", "private.ts"]) write(`top/app/module/${path}`);
    write("outside/secret.ts");
    symlinkSync(folder.path("outside"), folder.path("top/app/link"));
    symlinkSync(folder.path("outside/secret.ts"), folder.path("top/app/link.ts"));
    symlinkSync(folder.path("top/app/out/made.ts"), folder.path("top/app/made.ts"));
  });

  const READ = ["a.ts", "module/kept.ts", "nested/kept.ts", "sub/b.ts"];

  function setup() {
    const folders = new Folders();
    folders.set([pathToFileURL(folder.path("top/app")).href]);
    const settings = { inline: { exclude: { "sub/excluded/**": true } }, repository: { dependencies: true } };
    const config = configOf([settings], readDefaults(root));
    const access = new DiskAccess(folders, () => config);
    const reported: RepositoryFilesChange[] = [];
    const engine = { notify: (_: unknown, change: RepositoryFilesChange) => reported.push(change) };
    const files = repositoryFiles({ engine: engine as never, access, folders, config: () => config });
    const pathOf = (uri: string) => fileURLToPath(uri).slice(folder.path("top/app").length + 1);
    const listed = async () => {
      reported.length = 0;
      files.list(0);
      await until(() => reported.length > 0);
      const [{ reset, changed, folders: opened, packages }] = reported as [RepositoryFilesChange];
      assert.equal(reset, true);
      assert.ok(packages?.exclude.includes("sub/excluded/**") && packages.exclude.includes("**/.env"));
      assert.deepEqual(opened, [folder.path("top/app")]);
      return changed
        .map(pathOf)
        .filter((path) => path.endsWith(".ts") || !path.includes(".git"))
        .sort();
    };
    const close = () => {
      files.dispose();
      access.dispose();
    };
    return { access, files, folders, listed, reported, pathOf, close };
  }

  it("are none that a rule, a setting, a link or a repository within rules out", async () => {
    const { listed, close } = setup();
    assert.deepEqual(await listed(), READ);
    close();
  });

  it("are none of those when the client tells of their change, either", async () => {
    const { files, reported, pathOf, close } = setup();
    const named = ["a.ts", "above.ts", "mine.ts", ".env", "server.pem", "id.key", "out/made.ts", "sub/excluded/c.ts"];
    const within = ["nested/inner.ts", "module/hidden.ts", "module/private.ts", "node_modules/x/index.ts"];
    await files.changed([...named, ...within].map((path) => pathToFileURL(join(folder.path("top/app"), path)).href));
    assert.deepEqual(reported[0]?.changed.map(pathOf), ["a.ts"]);
    assert.equal(reported[0]?.removed.length, named.length + within.length - 1);
    await files.changed([pathToFileURL(folder.path("outside/secret.ts")).href]);
    assert.deepEqual(reported[1]?.changed, []);
    close();
  });

  it("are private where git ignores them, by their own name or by the one that a link leads to", () => {
    const { access, close } = setup();
    const isPrivate = (path: string) => access.isIgnored(pathToFileURL(folder.path(`top/app/${path}`)).href);
    assert.deepEqual(["out/made.ts", "made.ts", "link.ts", "a.ts"].map(isPrivate), [true, true, false, false]);
    close();
  });

  it("are all taken back when the last folder is closed", async () => {
    const { files, folders, listed, reported, close } = setup();
    assert.deepEqual(await listed(), READ);
    reported.length = 0;
    folders.change([], [pathToFileURL(folder.path("top/app")).href]);
    files.list(0);
    await until(() => reported.length > 0);
    assert.deepEqual(
      reported.map(({ reset, folders: opened, changed }) => ({ reset, opened, changed })),
      [{ reset: true, opened: [], changed: [] }],
    );
    close();
  });

  for (const [rules, text] of [
    ["top/.gitignore", "above.ts\n*.key\nb.ts\n"],
    ["top/.git/info/exclude", "mine.ts\nb.ts\n"],
    ["top/app/sub/.gitignore", "b.ts\n"],
  ] as const) {
    it(`lose a file that ${rules} ignores later`, async () => {
      const { access, listed, close } = setup();
      assert.deepEqual(await listed(), READ);
      const before = { "top/.gitignore": "above.ts\n*.key\n", "top/.git/info/exclude": "mine.ts\n" }[rules as string];
      write(rules, text);
      access.forget();
      assert.deepEqual(
        await listed(),
        READ.filter((path) => path !== "sub/b.ts"),
      );
      if (before === undefined) rmSync(folder.path(rules));
      else write(rules, before);
      close();
    });
  }

  it("are looked at again when a rule outside of the workspace changes, though no editor tells of it", async function () {
    this.timeout(60_000);
    const folders = new Folders();
    folders.set([pathToFileURL(folder.path("top/app")).href]);
    let changes = 0;
    const config = configOf([], readDefaults(root));
    const access: DiskAccess = new DiskAccess(
      folders,
      () => config,
      () => {
        changes++;
        access.forget();
      },
    );
    const uri = pathToFileURL(folder.path("top/app/sub/b.ts")).href;
    assert.equal(access.check(uri), undefined);
    // A watcher begins with what it sees first.
    await new Promise((resolve) => setTimeout(resolve, 500));
    write("top/.git/info/exclude", "mine.ts\nsub/\n");
    while (changes === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(access.check(uri), "ignored");
    write("top/.git/info/exclude", "mine.ts\n");
    access.dispose();
  });
});
