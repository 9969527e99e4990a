/** Which files the extension reads, by every kind of address. VS Code's API is a stand-in over a folder on the disk. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, posix } from "node:path";
import type { FileAccess } from "../../../extension/repository/fileAccess.ts";
import { temporaryFolder } from "../models/folder.ts";
import { bundleOf } from "./bundle.ts";

interface Parts {
  scheme: string;
  authority: string;
  path: string;
  query: string;
  fragment: string;
}

class Uri implements Parts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;

  constructor({ scheme = "file", authority = "", path = "", query = "", fragment = "" }: Partial<Parts>) {
    Object.assign(this, { authority, query, fragment });
    [this.scheme, this.path] = [scheme, path];
    [this.authority, this.query, this.fragment] = [authority, query, fragment];
  }
  static file(path: string) {
    return new Uri({ path });
  }
  static joinPath(base: Uri, ...parts: string[]) {
    return base.with({ path: posix.join(base.path, ...parts) });
  }
  get fsPath() {
    return this.path;
  }
  with(change: Partial<Parts>) {
    return new Uri({ ...(this as Parts), ...change });
  }
  toString() {
    return `${this.scheme}://${this.authority}${this.path}?${this.query}#${this.fragment}`;
  }
}

describe("the files that the extension reads", () => {
  const folder = temporaryFolder();
  const write = (path: string, text = "x") => {
    mkdirSync(dirname(folder.path(path)), { recursive: true });
    writeFileSync(folder.path(path), text);
  };
  let code = "";

  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/repository/fileAccess.ts");
    mkdirSync(folder.path("real/.git"), { recursive: true });
    mkdirSync(folder.path("other/.git"), { recursive: true });
    write("real/.gitignore", "ignored.json\nprivate/\n");
    write("other/.gitignore", "ignored.json\n");
    for (const path of ["real/a.ts", "real/ignored.json", "other/ignored.json", "other/a.ts"]) write(path);
    symlinkSync(folder.path("real"), folder.path("w"));
  });

  function open(exclude: Record<string, boolean> = {}): (uri: Uri) => Promise<string> {
    const none = () => ({ dispose() {} });
    const opened = { uri: Uri.file(folder.path("w")), name: "w" };
    const folderOf = ({ scheme, path }: Uri) =>
      scheme === "file" && path.startsWith(`${opened.uri.path}/`) ? opened : undefined;
    class EventEmitter {
      event = none;
      fire() {}
      dispose() {}
    }
    const vscode = {
      Uri,
      EventEmitter,
      languages: { match: () => 0 },
      workspace: {
        workspaceFolders: [opened],
        isTrusted: true,
        textDocuments: [],
        getWorkspaceFolder: folderOf,
        asRelativePath: (uri: Uri) => (folderOf(uri) ? uri.path.slice(opened.uri.path.length + 1) : uri.path),
        createFileSystemWatcher: () => ({ onDidChange: none, onDidCreate: none, onDidDelete: none, dispose() {} }),
        fs: { readFile: async (uri: Uri) => readFileSync(uri.path) },
        onDidGrantWorkspaceTrust: none,
        onDidOpenTextDocument: none,
        onDidChangeTextDocument: none,
      },
    };
    const require = createRequire(import.meta.url);
    const module = { exports: {} as { FileAccess: new (config: unknown) => FileAccess } };
    new Function("require", "module", "exports", code)(
      (name: string) => (name === "vscode" ? vscode : require(name)),
      module,
      module.exports,
    );
    const config = { current: { exclude: { "**/.env": true, ...exclude }, readsIgnored: false }, onDidChange: none };
    const access = new module.exports.FileAccess(config);
    return async (uri) => {
      const refusal = await access.checkUri(uri as never);
      access.dispose();
      return refusal ?? "read";
    };
  }

  const CASES: [what: string, address: Partial<Parts> & { path: string }, expected: string][] = [
    ["a file", { path: "w/a.ts" }, "read"],
    ["one that git ignores", { path: "w/ignored.json" }, "ignored"],
    ["git's version of it", { scheme: "git", path: "w/ignored.json", query: "HEAD" }, "ignored"],
    [
      "a cell of an ignored notebook",
      { scheme: "vscode-notebook-cell", path: "w/private/a.ipynb", fragment: "c" },
      "ignored",
    ],
    ["a new one with a place that git ignores", { scheme: "untitled", path: "w/private/new.ts" }, "ignored"],
    ["a new one with a place", { scheme: "untitled", path: "w/new.ts" }, "read"],
    ["an excluded one in other letters", { path: "w/.ENV" }, "excluded"],
    ["a file by its address behind the workspace's link", { path: "real/a.ts" }, "read"],
    ["an ignored one by its address behind the workspace's link", { path: "real/ignored.json" }, "ignored"],
    ["one of another repository that git ignores there", { path: "other/ignored.json" }, "ignored"],
    ["one of another repository", { path: "other/a.ts" }, "read"],
  ];
  for (const [what, address, expected] of CASES) {
    it(`${what}: ${expected}`, async () => {
      assert.equal(await open()(new Uri({ ...address, path: folder.path(address.path) })), expected);
    });
  }

  for (const glob of ["secrets", "secrets/", "secrets/**", "**/secrets", "keys.yml", "./secrets/keys.yml"]) {
    it(`lack what a glob within the workspace excludes: ${glob}`, async () => {
      const check = open({ [glob]: true });
      assert.equal(await check(Uri.file(folder.path("w/secrets/keys.yml"))), "excluded");
      assert.equal(await open({ [glob]: true })(Uri.file(folder.path("w/a.ts"))), "read");
    });
  }
});
