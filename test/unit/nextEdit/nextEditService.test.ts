import assert from "node:assert/strict";
import { describe as sentence } from "../../../engine/nextEdit/describe.ts";
import { NextEditService } from "../../../engine/nextEdit/nextEditService.ts";
import { smallestChange } from "../../../engine/nextEdit/smallestChange.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";

const TEXT = "load(a);\n\nload(b);\n\nload(c);\n\nload(d);\n";

class Window {
  readonly documents = new Documents();
  readonly service: NextEditService;
  now = 0;

  constructor(files: { uri: string; path: string; text: string }[] = []) {
    this.service = new NextEditService({
      documents: this.documents,
      now: () => this.now,
      *filesWith(word) {
        for (const file of files) if (file.text.includes(word)) yield file;
      },
    });
  }

  open(uri: string, text: string, languageId = "typescript", isPrivate = false): void {
    const opened = { uri, path: uri, languageId, version: 1, text, isPrivate };
    this.service.opened(opened);
    this.documents.open(opened);
  }

  replace(uri: string, before: string, after: string): void {
    const { text, version } = this.documents.get(uri)!;
    const changes = [{ offset: text.indexOf(before), length: before.length, text: after }];
    const change = { uri, baseVersion: version, version: version + 1, changes };
    this.now += 1000;
    this.service.changed(change);
    this.documents.change(change);
  }

  next(uri: string, offset = 0) {
    return this.service.next({ uri, version: this.documents.get(uri)!.version, offset });
  }
}

function edited(window = new Window(), uri = "a.ts"): Window {
  for (const name of ["a", "b", "c"]) window.replace(uri, `load(${name})`, `fetchAll(${name})`);
  return window;
}

/** Changes ten calls, which is enough to continue in other files. */
function allEdited(window: Window): void {
  const names = [..."efghij"];
  window.open("a.ts", names.map((name) => `load(${name});\n\n`).join("") + TEXT);
  for (const name of [...names, ..."abcd"]) window.replace("a.ts", `load(${name})`, `fetchAll(${name})`);
}

function openWindow(): Window {
  const window = new Window();
  window.open("a.ts", TEXT);
  return window;
}

describe("next edits of a window", () => {
  it("are the smallest change at their line, with a sentence", () => {
    const window = edited(openWindow());
    const edit = window.next("a.ts", 20);
    assert.deepEqual(edit?.change, { offset: TEXT.indexOf("load(d)") + 12, length: 4, text: "fetchAll" });
    assert.equal(edit?.oldText, "load");
    assert.equal(edit?.line, 6);
    assert.equal(edit?.version, 4);
    assert.equal(edit?.description, "Replace “load” by “fetchAll”");
    assert.equal(edit?.count, 1);
    const all = window.service.all({ uri: "a.ts", version: 4, rule: edit!.rule });
    assert.deepEqual(all, [edit!.change]);
  });

  it("another version than the mirror's: none", () => {
    assert.equal(edited(openWindow()).service.next({ uri: "a.ts", version: 3, offset: 0 }), null);
  });

  it("a rule that was turned away is silent", () => {
    const window = edited(openWindow());
    for (let edit = window.next("a.ts"); edit !== null; edit = window.next("a.ts")) window.service.dismissed(edit.rule);
    assert.equal(window.next("a.ts"), null);
  });

  it("another open document of the same family of languages", () => {
    const window = openWindow();
    window.open("b.tsx", "load(z);\n", "typescriptreact");
    window.open("c.py", "load(z)\n", "python");
    allEdited(window);
    const edit = window.next("a.ts");
    assert.equal(edit?.uri, "b.tsx");
    assert.equal(edit?.version, 1);
  });

  it("a file that is not open has no version", () => {
    const window = new Window([{ uri: "far.ts", path: "src/far.ts", text: "load(z);\n" }]);
    window.open("a.ts", TEXT);
    allEdited(window);
    const edit = window.next("a.ts");
    assert.deepEqual([edit?.uri, edit?.path, edit?.version], ["far.ts", "src/far.ts", undefined]);
  });

  it("private documents neither give nor take", () => {
    const window = new Window([{ uri: "far.ts", path: "far.ts", text: "load(z);\n" }]);
    window.open("a.ts", TEXT, "typescript", true);
    window.open("b.ts", TEXT);
    edited(window);
    assert.equal(window.next("b.ts"), null);
    assert.equal(window.next("a.ts")?.uri, "a.ts");
    window.replace("a.ts", "load(d)", "fetchAll(d)");
    assert.equal(window.next("a.ts"), null);
    edited(window, "b.ts").replace("b.ts", "load(d)", "fetchAll(d)");
    assert.notEqual(window.next("b.ts")?.uri, "a.ts");
  });

  it("changes that do not fit, and documents sent anew, end what was known", () => {
    const window = edited(openWindow());
    window.service.changed({ uri: "a.ts", baseVersion: 9, version: 10, changes: [] });
    assert.equal(window.next("a.ts"), null);
    const other = edited(openWindow());
    other.open("a.ts", TEXT);
    assert.equal(other.next("a.ts"), null);
    const closed = edited(openWindow());
    closed.service.closed("a.ts");
    assert.equal(closed.next("a.ts"), null);
  });
});

describe("what is shown of a change", () => {
  const table: [oldText: string, text: string, offset: number, removed: number, inserted: string][] = [
    ["await load(a)", "await fetchAll(a)", 6, 4, "fetchAll"],
    ["itemCount", "itemTotal", 0, 9, "itemTotal"],
    ["f(a)", "f(a, b)", 3, 0, ", b"],
    ["f(a, b)", "f(a)", 3, 3, ""],
    ["", "\n  x();", 0, 0, "\n  x();"],
  ];
  for (const [oldText, text, offset, removed, inserted] of table) {
    it(`${JSON.stringify(oldText)} to ${JSON.stringify(text)}`, () => {
      const change = smallestChange({ offset: 10, length: oldText.length, text }, oldText);
      assert.deepEqual(change, { offset: 10 + offset, length: removed, text: inserted });
    });
  }

  it("says what it does", () => {
    assert.equal(sentence("rename", "a", "b"), "Replace “a” by “b”");
    assert.equal(sentence("insertion", "", ", b"), "Insert “, b”");
    assert.equal(sentence("deletion", " await", ""), "Remove “await”");
    assert.equal(sentence("inserted line", "", "\n  a();\n  b();"), "Insert 2 lines: “a(); b();”");
    assert.equal(sentence("unused import", "import a\n", ""), "Remove the unused import “import a”");
    assert.equal(sentence("rename", "x".repeat(100), "y").length < 90, true);
  });
});
