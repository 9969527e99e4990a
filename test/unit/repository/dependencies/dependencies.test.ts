/** Which files of packages come into the index, on a disk with packages of every kind. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Dependencies } from "../../../../engine/repository/dependencies/dependencies.ts";
import { nodeEntries } from "../../../../engine/repository/dependencies/packageFolders.ts";
import { temporaryFolder } from "../../models/folder.ts";
import { FakeNgramIndex } from "../../support/fakeModel.ts";

describe("what open files import", () => {
  const folder = temporaryFolder();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(folder.path(path)), { recursive: true });
    writeFileSync(folder.path(path), text);
  };
  const manifest = (path: string, fields: object) => write(`${path}/package.json`, JSON.stringify(fields));

  before(() => {
    const modules = "w/node_modules";
    manifest(`${modules}/typed`, { types: "./lib/index.d.ts", main: "./lib/index.js" });
    write(`${modules}/typed/lib/index.d.ts`, 'export * from "./more";\nexport declare function open(): void;\n');
    write(`${modules}/typed/lib/more.d.ts`, "export declare const more: number;\n");
    write(`${modules}/typed/lib/index.js`, "exports.open = 1;\n");
    manifest(`${modules}/plain`, { main: "main.js" });
    write(`${modules}/plain/main.js`, 'module.exports = require("./part");\n');
    write(`${modules}/plain/part.js`, "exports.part = 1;\n");
    manifest(`${modules}/@types/plain2`, {});
    write(`${modules}/@types/plain2/index.d.ts`, "export declare const typed: 1;\n");
    manifest(`${modules}/plain2`, { main: "index.js" });
    write(`${modules}/plain2/index.js`, "exports.typed = 1;\n");
    // As pnpm has it: a link within the folder of packages.
    manifest(`${modules}/.pnpm/linked@1/node_modules/linked`, { types: "index.d.ts" });
    write(`${modules}/.pnpm/linked@1/node_modules/linked/index.d.ts`, "export declare const linked: 1;\n");
    symlinkSync(folder.path(`${modules}/.pnpm/linked@1/node_modules/linked`), folder.path(`${modules}/linked`));
    // Links that lead out.
    manifest("outside", { types: "index.d.ts" });
    write("outside/index.d.ts", "export declare const secret: 1;\n");
    symlinkSync(folder.path("outside"), folder.path(`${modules}/escaping`));
    manifest(`${modules}/sly`, { types: "../../../outside/index.d.ts" });
    manifest(`${modules}/climber`, { types: "index.d.ts" });
    write(`${modules}/climber/index.d.ts`, 'export * from "../../../outside/index";\n');
    manifest(`${modules}/keys`, { types: "index.d.ts" });
    write(`${modules}/keys/index.d.ts`, "// -----BEGIN PRIVATE KEY-----\n");
    manifest("node_modules/above", { types: "index.d.ts" });
    write("node_modules/above/index.d.ts", "export declare const above: 1;\n");
    write("w/.venv/lib/python3.12/site-packages/lib_a/__init__.py", "from .core import run\n");
    write("w/.venv/lib/python3.12/site-packages/lib_a/core.py", "def run():\n    pass\n");
    write("w/.venv/lib/python3.12/site-packages/single.pyi", "def one() -> int: ...\n");
    write("w/go.mod", "module example.com/own\n\nrequire (\n\tgithub.com/Acme/tool v1.2.3\n)\n");
    write("gopath/pkg/mod/github.com/!acme/tool@v1.2.3/sub/a.go", "package sub\n");
    write("gopath/pkg/mod/github.com/!acme/tool@v1.2.3/sub/a_test.go", "package sub\n");
    write("w/Cargo.lock", '[[package]]\nname = "fast-thing"\nversion = "0.3.1"\n');
    const crate = "cargo/registry/src/index.crates.io-1/fast-thing-0.3.1";
    write(`${crate}/Cargo.toml`, "[package]\n");
    write(`${crate}/src/lib.rs`, "pub mod inner;\n");
    write(`${crate}/src/inner.rs`, "pub fn go() {}\n");
  });

  function setup(mostBytes?: number) {
    const index = new FakeNgramIndex();
    const places = {
      home: folder.path("home"),
      env: { GOPATH: folder.path("gopath"), CARGO_HOME: folder.path("cargo") },
    };
    const dependencies = new Dependencies(() => index, { places, ...(mostBytes !== undefined && { mostBytes }) });
    const held = () => [...index.files.keys()].map((path) => path.slice(folder.path("").length + 1)).sort();
    const use = (text: string, languageId = "typescript", file = "w/src/a.ts", exclude: string[] = [], opened = "w") =>
      dependencies.use({ path: folder.path(file), workspace: folder.path(opened), text, languageId }, exclude);
    return { dependencies, held, use, index };
  }

  const cases: [what: string, languageId: string, text: string, files: string[]][] = [
    [
      "declarations, and those that they take in",
      "typescript",
      'import { open } from "typed";',
      ["w/node_modules/typed/lib/index.d.ts", "w/node_modules/typed/lib/more.d.ts"],
    ],
    [
      "sources where there are no declarations",
      "javascript",
      'require("plain");',
      ["w/node_modules/plain/main.js", "w/node_modules/plain/part.js"],
    ],
    [
      "declarations of @types before sources",
      "typescript",
      'import a from "plain2";',
      ["w/node_modules/@types/plain2/index.d.ts"],
    ],
    [
      "a package that is a link within the folder of packages",
      "typescript",
      'import a from "linked";',
      ["w/node_modules/linked/index.d.ts"],
    ],
    [
      "Python's modules of the workspace's environment",
      "python",
      "import lib_a\nimport single\n",
      [
        "w/.venv/lib/python3.12/site-packages/lib_a/__init__.py",
        "w/.venv/lib/python3.12/site-packages/lib_a/core.py",
        "w/.venv/lib/python3.12/site-packages/single.pyi",
      ],
    ],
    [
      "Go's module cache",
      "go",
      'import "github.com/Acme/tool/sub"\n',
      ["gopath/pkg/mod/github.com/!acme/tool@v1.2.3/sub/a.go"],
    ],
    [
      "Cargo's registry",
      "rust",
      "use fast_thing::go;\n",
      [
        "cargo/registry/src/index.crates.io-1/fast-thing-0.3.1/src/inner.rs",
        "cargo/registry/src/index.crates.io-1/fast-thing-0.3.1/src/lib.rs",
      ],
    ],
    ["nothing of a link that leads out", "typescript", 'import a from "escaping";', []],
    ["nothing outside that a manifest names", "typescript", 'import a from "sly";', []],
    [
      "nothing outside that a file takes in",
      "typescript",
      'import a from "climber";',
      ["w/node_modules/climber/index.d.ts"],
    ],
    ["nothing above the workspace", "typescript", 'import a from "above";', []],
    ["no file with a key", "typescript", 'import a from "keys";', []],
    ["nothing that is not there", "typescript", 'import a from "missing";', []],
  ];
  for (const [what, languageId, text, files] of cases) {
    it(`brings in ${what}`, async () => {
      const { use, held } = setup();
      await use(text, languageId);
      assert.deepEqual(held(), files);
    });
  }

  it("is shared by the files that import it, and dropped when none does any more", async () => {
    const { use, held, dependencies } = setup();
    await use('import { open } from "typed";');
    await use('import { open } from "typed";\nimport a from "linked";', "typescript", "w/src/b.ts");
    assert.equal(dependencies.stats.packages, 2);
    await dependencies.close(folder.path("w/src/a.ts"));
    assert.equal(held().length, 3);
    await use('import a from "linked";', "typescript", "w/src/b.ts");
    assert.deepEqual(held(), ["w/node_modules/linked/index.d.ts"]);
    await dependencies.close(folder.path("w/src/b.ts"));
    assert.deepEqual(held(), []);
    assert.deepEqual(dependencies.stats, { packages: 0, files: 0, bytes: 0 });
  });

  for (const [what, exclude, files] of [
    ["the folder of packages", "**/node_modules/**", []],
    ["a package, from the workspace's folder", "node_modules/typed/**", []],
    ["a file", "**/more.d.ts", ["w/node_modules/typed/lib/index.d.ts"]],
  ] as const) {
    it(`lacks what the user excludes: ${what}`, async () => {
      const { use, held } = setup();
      await use('import { open } from "typed";', "typescript", "w/src/a.ts", [exclude]);
      assert.deepEqual(held(), files);
    });
  }

  it("lacks what the user excludes by the name that a link leads to", async () => {
    const { use, held } = setup();
    await use('import a from "linked";', "typescript", "w/src/a.ts", ["**/.pnpm/**"]);
    assert.deepEqual(held(), []);
  });

  it("lacks what the user excludes by a name in the workspace that a link leads to, where the workspace is a link", async () => {
    const { use, held } = setup();
    symlinkSync(folder.path("w"), folder.path("opened"));
    await use('import a from "linked";', "typescript", "opened/src/a.ts", ["node_modules/.pnpm/**"], "opened");
    assert.deepEqual(held(), []);
    await use('import { open } from "typed";', "typescript", "opened/src/a.ts", ["node_modules/.pnpm/**"], "opened");
    assert.equal(held().length, 2);
  });

  it("comes into no index that replaced the one for which it was read", async () => {
    const { use, held, dependencies, index } = setup();
    const { set } = index;
    index.set = async (file, text) => {
      // All is forgotten while the first file is added.
      dependencies.forget();
      return set.call(index, file, text);
    };
    await use('import { open } from "typed";\nimport a from "linked";');
    assert.deepEqual(held(), ["w/node_modules/typed/lib/index.d.ts"]);
    assert.deepEqual(dependencies.stats, { packages: 0, files: 0, bytes: 0 });
  });

  it("leaves files alone that the index has for another reason", async () => {
    const index = new FakeNgramIndex();
    const dependencies = new Dependencies(() => index, { isHeld: () => true });
    const file = { path: folder.path("w/src/a.ts"), workspace: folder.path("w"), languageId: "typescript" };
    await dependencies.use({ ...file, text: 'import { open } from "typed";' });
    assert.equal(index.files.size, 0);
  });

  it("leaves a file alone that the index gets for another reason while nobody has time for packages", async () => {
    const index = new FakeNgramIndex();
    let waits = 0;
    const idle = async () => {
      waits++;
    };
    // The first wait is before the package is read.
    const dependencies = new Dependencies(() => index, { isHeld: () => waits > 1, idle });
    const file = { path: folder.path("w/src/a.ts"), workspace: folder.path("w"), languageId: "typescript" };
    await dependencies.use({ ...file, text: 'import { open } from "typed";' });
    assert.equal(index.files.size, 0);
  });

  it("gives its memory back when it has left", async () => {
    const { use, index, dependencies } = setup();
    let freed = 0;
    index.compact = async () => {
      freed++;
      return true;
    };
    await use('import { open } from "typed";');
    await dependencies.close(folder.path("w/src/a.ts"));
    assert.equal(freed, 1);
  });

  it("is within a bound", async () => {
    const { use, held, dependencies } = setup(60);
    await use('import { open } from "typed";\nimport a from "linked";');
    assert.ok(dependencies.stats.bytes <= 60);
    assert.equal(held().length, 1);
  });
});

describe("the files that a package's manifest names", () => {
  const cases: [manifest: object, subpath: string, first: string][] = [
    [{ types: "a.d.ts" }, "", "a.d.ts"],
    [{ exports: { ".": { import: { types: "./b.d.mts", default: "./b.mjs" } } } }, "", "./b.d.mts"],
    [{ exports: { "./sub": { types: "./sub.d.ts" } } }, "sub", "./sub.d.ts"],
    [{ exports: { types: "./c.d.ts", default: "./c.js" } }, "", "./c.d.ts"],
    [{ main: "m.js" }, "", "index.d.ts"],
  ];
  for (const [manifest, subpath, first] of cases) {
    it(`${JSON.stringify(manifest)} ${subpath}: ${first}`, () => {
      assert.equal(nodeEntries(JSON.stringify(manifest), subpath)[0], first);
    });
  }

  it("are none of a manifest that is none", () => assert.deepEqual(nodeEntries("{", ""), []));
});
