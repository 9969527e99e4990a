import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TextDocumentContentChangeEvent } from "vscode-languageserver/node";
import { configOf, readDefaults } from "../../../engine/lsp/configuration.ts";
import { DiskAccess } from "../../../engine/lsp/diskAccess.ts";
import { DocumentMirror, smallest } from "../../../engine/lsp/documentMirror.ts";
import { Folders } from "../../../engine/lsp/folders.ts";
import type { DocumentChange, DocumentOpen } from "../../../engine/protocol/documents.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { temporaryFolder } from "../models/folder.ts";
import { root } from "../root.ts";
import { Random } from "../support/testRandom.ts";

const URI = "file:///workspace/a.ts";

/** A mirror whose engine is only the engine's store of documents. */
function setup(refusal: () => "ignored" | undefined = () => undefined, isIgnored = () => false) {
  const engine = new Documents();
  const methods: string[] = [];
  const notify = ({ method }: { method: string }, params: unknown) => {
    methods.push(method);
    if (method === "document/open") engine.open(params as DocumentOpen);
    if (method === "document/change") engine.change(params as DocumentChange);
    if (method === "document/close") engine.close((params as { uri: string }).uri);
  };
  const access = { check: refusal, isIgnored };
  const mirror = new DocumentMirror({ notify } as never, access, { pathInWorkspace: () => "a.ts" });
  return { engine, methods, mirror };
}

const at = (line: number, character: number) => ({ line, character });

describe("the documents of a language client", () => {
  it("are sent when they are first needed, and followed from then on", () => {
    const { engine, methods, mirror } = setup();
    mirror.open({ uri: URI, languageId: "typescript", version: 1, text: "one\ntwo\n" });
    mirror.change(URI, 2, [{ range: { start: at(0, 3), end: at(0, 3) }, text: "!" }]);
    assert.deepEqual(methods, []);
    assert.equal(mirror.ensureSent(URI), undefined);
    mirror.change(URI, 5, [
      { range: { start: at(1, 0), end: at(1, 3) }, text: "2" },
      { range: { start: at(1, 1), end: at(1, 1) }, text: "nd" },
    ]);
    assert.equal(engine.get(URI)?.text, "one!\n2nd\n");
    assert.equal(engine.get(URI)?.version, 5);
    mirror.close(URI);
    assert.deepEqual(methods, ["document/open", "document/change", "document/close"]);
    assert.equal(mirror.ensureSent(URI), "unknown-document");
  });

  it("are taken back when they may no longer be read, or have become too large", () => {
    let refusal: "ignored" | undefined;
    const { engine, mirror } = setup(() => refusal);
    mirror.open({ uri: URI, languageId: "typescript", version: 1, text: "x" });
    mirror.ensureSent(URI);
    refusal = "ignored";
    mirror.recheckAll();
    assert.equal(engine.get(URI), undefined);
    assert.equal(mirror.ensureSent(URI), "ignored");
    refusal = undefined;
    mirror.ensureSent(URI);
    mirror.change(URI, 2, [{ text: "x".repeat(2_000_001) }]);
    assert.equal(engine.get(URI), undefined);
    assert.equal(mirror.ensureSent(URI), "too-large");
  });

  it("are taken back with the first change after which they may no longer be read, as by a new link", () => {
    let refusal: "ignored" | undefined;
    const { engine, methods, mirror } = setup(() => refusal);
    mirror.open({ uri: URI, languageId: "typescript", version: 1, text: "x" });
    mirror.ensureSent(URI);
    refusal = "ignored";
    mirror.change(URI, 2, [{ text: "a secret" }]);
    assert.deepEqual(methods, ["document/open", "document/close"]);
    assert.equal(engine.get(URI), undefined);
  });

  it("are private as soon as git ignores them, though they may be read", () => {
    let isIgnored = false;
    const { engine, mirror } = setup(undefined, () => isIgnored);
    mirror.open({ uri: URI, languageId: "typescript", version: 1, text: "x" });
    mirror.ensureSent(URI);
    isIgnored = true;
    mirror.recheckAll();
    assert.equal(engine.isPrivate(URI), true);
  });

  it("are the same in the engine after any changes, by parts or as a whole, valid or not", () => {
    const random = new Random(26);
    const { engine, mirror } = setup();
    mirror.open({ uri: URI, languageId: "typescript", version: 1, text: "a\r\nb\nc" });
    mirror.ensureSent(URI);
    const pieces = ["", "x", "\n", "\r\n", "äöü", "\u{1f600}", "a long line\nand another\n"];
    const place = () => at(random.below(6), random.below(9));
    for (let version = 2; version < 2_000; version++) {
      const changes = Array.from({ length: random.below(3) }, (): TextDocumentContentChangeEvent => {
        const text = pieces[random.below(pieces.length)] ?? "";
        return random.below(10) === 0 ? { text } : { range: { start: place(), end: place() }, text };
      });
      mirror.change(URI, version, changes);
      assert.equal(engine.get(URI)?.text, mirror.get(URI)?.getText(), `version ${version}`);
    }
  });

  it("change as little as they must when a client sends all of the text", () => {
    assert.deepEqual(smallest("one two", "one three"), { offset: 5, length: 2, text: "hree" });
    assert.deepEqual(smallest("aaa", "aa"), { offset: 2, length: 1, text: "" });
    assert.deepEqual(smallest("", "x"), { offset: 0, length: 0, text: "x" });
  });
});

describe("the language server's decision of what may be read", () => {
  const folder = temporaryFolder();
  const defaults = readDefaults(root);

  function access(settings: unknown = {}) {
    const folders = new Folders();
    folders.set([pathToFileURL(folder.path("w")).href]);
    return new DiskAccess(folders, () => configOf([settings], defaults));
  }
  const addressOf = (path: string) => pathToFileURL(join(folder.path("w"), path)).href;

  before(() => {
    mkdirSync(folder.path("w/sub"), { recursive: true });
    writeFileSync(folder.path("w/.gitignore"), "out/\n*.log\n");
    writeFileSync(folder.path("w/sub/.gitignore"), "!kept.log\n");
  });

  for (const [path, settings, expected] of [
    ["a.ts", {}, undefined],
    [".env", {}, "excluded"],
    ["sub/.env.local", {}, "excluded"],
    ["keys/server.pem", {}, "excluded"],
    ["out/a.ts", {}, "ignored"],
    ["sub/a.log", {}, "ignored"],
    ["sub/kept.log", {}, undefined],
    ["out/a.ts", { readIgnoredFiles: true }, undefined],
    [".env", { inline: { exclude: { "**/.env": false } } }, undefined],
    ["sub/a.ts", { inline: { exclude: { "sub/**": true } } }, "excluded"],
    [".env", { inline: { exclude: { "sub/**": true } } }, "excluded"],
  ] as const) {
    it(`${path} with ${JSON.stringify(settings)}: ${expected ?? "read"}`, () => {
      assert.equal(access(settings).check(addressOf(path)), expected);
    });
  }

  it("looks where a link leads", () => {
    mkdirSync(folder.path("w/out"), { recursive: true });
    for (const path of ["w/.env", "w/out/made.ts", "w/plain.ts", "outside.pem"]) writeFileSync(folder.path(path), "x");
    const links: [name: string, leadsTo: string, expected: string | undefined][] = [
      ["settings.txt", "w/.env", "excluded"],
      ["made.ts", "w/out/made.ts", "ignored"],
      ["other.ts", "w/plain.ts", undefined],
      ["certificate.txt", "outside.pem", "excluded"],
    ];
    for (const [name, leadsTo, expected] of links) {
      symlinkSync(folder.path(leadsTo), folder.path(`w/${name}`));
      assert.equal(access().check(addressOf(name)), expected, name);
      assert.equal(access().checkListed(addressOf(name)), undefined, name);
    }
    symlinkSync(folder.path("w/out"), folder.path("w/linked"));
    assert.equal(access().check(addressOf("linked/made.ts")), "ignored");
  });

  it("judges a workspace that is itself behind a link by its own names", () => {
    symlinkSync(folder.path("w"), folder.path("w.env"));
    const folders = new Folders();
    folders.set([pathToFileURL(folder.path("w.env")).href]);
    const behind = new DiskAccess(folders, () => configOf([], defaults));
    const at = (path: string) => pathToFileURL(join(folder.path("w.env"), path)).href;
    assert.deepEqual(
      ["plain.ts", ".env"].map((path) => behind.check(at(path))),
      [undefined, "excluded"],
    );
  });

  it("reads .gitignore again when it is told to", () => {
    const now = access();
    assert.equal(now.check(addressOf("b.tmp")), undefined);
    writeFileSync(folder.path("w/.gitignore"), "*.tmp\n");
    assert.equal(now.check(addressOf("b.tmp")), undefined);
    now.forget();
    assert.equal(now.check(addressOf("b.tmp")), "ignored");
    rmSync(folder.path("w/.gitignore"));
  });

  const VIEWS: [uri: (path: string) => string, what: string][] = [
    [(path) => `git:${path}?%7B%22ref%22%3A%22HEAD%22%7D`, "an older version"],
    [(path) => `vscode-notebook-cell:${path}#W0sZmlsZQ`, "a cell of a notebook"],
    [(path) => `diff://host${path}#left`, "a comparison"],
    [(path) => `untitled:${path}`, "a new file that is not saved yet"],
    [
      (path) => `file://${path.replace("secret", "%73ecret").replace(".env", "%2Eenv")}`,
      "signs that are written as codes",
    ],
  ];
  for (const [uriOf, what] of VIEWS) {
    it(`is the same for another address of a file: ${what}`, () => {
      writeFileSync(folder.path("w/.gitignore"), "secret.json\n");
      const at = (path: string) => uriOf(new URL(addressOf(path)).pathname);
      assert.deepEqual(
        ["secret.json", ".env", "plain.json"].map((path) => access().check(at(path))),
        ["ignored", "excluded", undefined],
      );
      rmSync(folder.path("w/.gitignore"));
    });
  }

  it("is by the rules of its own repository for a file outside of the workspace", () => {
    mkdirSync(folder.path("other/.git"), { recursive: true });
    mkdirSync(folder.path("other/sub"), { recursive: true });
    writeFileSync(folder.path("other/.gitignore"), "secret.*\n");
    writeFileSync(folder.path("other/sub/.gitignore"), "mine.ts\n");
    const check = (path: string) => access().check(pathToFileURL(folder.path(path)).href);
    assert.deepEqual(["other/secret.ts", "other/sub/secret.ts", "other/sub/mine.ts", "other/sub/a.ts"].map(check), [
      "ignored",
      "ignored",
      "ignored",
      undefined,
    ]);
    const none = new DiskAccess(new Folders(), () => configOf([], defaults));
    assert.equal(none.check(pathToFileURL(folder.path("other/secret.ts")).href), "ignored");
  });

  it("is that of the workspace for a file by its own address, where the workspace is opened by a link", () => {
    mkdirSync(folder.path("real/out"), { recursive: true });
    writeFileSync(folder.path("real/.gitignore"), "out/\n");
    for (const path of ["real/out/a.ts", "real/b.ts"]) writeFileSync(folder.path(path), "x");
    symlinkSync(folder.path("real"), folder.path("opened"));
    const folders = new Folders();
    folders.set([pathToFileURL(folder.path("opened")).href]);
    const behind = new DiskAccess(folders, () => configOf([{ inline: { exclude: { "b.ts": true } } }], defaults));
    const check = (path: string) => behind.check(pathToFileURL(folder.path(path)).href);
    assert.deepEqual(["real/out/a.ts", "opened/out/a.ts", "real/b.ts"].map(check), ["ignored", "ignored", "excluded"]);
  });

  it("does not ask .gitignore outside of the workspace where there is no repository, but excludes there, too", () => {
    assert.equal(access().check("file:///elsewhere/out/a.ts"), undefined);
    assert.equal(access().check("file:///elsewhere/.env"), "excluded");
    assert.equal(access().check("untitled:.env"), "excluded");
  });
});
