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
  /** Happens while files are read. */
  reading: (() => void | Promise<void>) | undefined;
  /** Happens between two steps of a search. */
  working: (() => void | Promise<void>) | undefined;

  constructor(files: { uri: string; path: string; text: string }[] = []) {
    this.service = new NextEditService({
      documents: this.documents,
      // Every step of a search takes a millisecond.
      now: () => this.now++,
      nextTurn: async () => this.working?.(),
      filesWith: async (words) => {
        await this.reading?.();
        return new Map(words.map((word) => [word, files.filter(({ text }) => text.includes(word))]));
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
  it("have the smallest change, its line, and a sentence for people", async () => {
    const window = edited(openWindow());
    const edit = await window.next("a.ts", 20);
    assert.deepEqual(edit?.change, { offset: TEXT.indexOf("load(d)") + 12, length: 4, text: "fetchAll" });
    assert.equal(edit?.oldText, "load");
    assert.equal(edit?.line, 6);
    assert.equal(edit?.version, 4);
    assert.equal(edit?.description, "Replace “load” by “fetchAll”");
    assert.equal(edit?.count, 1);
    const all = window.service.all({ uri: "a.ts", version: 4, rule: edit!.rule });
    assert.deepEqual(all, [edit!.change]);
  });

  it("let other work have its turn in between", async () => {
    const window = edited(openWindow());
    let turns = 0;
    window.working = () => {
      turns++;
    };
    assert.equal((await window.next("a.ts"))?.line, 6);
    assert.ok(turns > 0);
  });

  it("nothing is proposed when a key comes during the search", async () => {
    const window = edited(openWindow());
    window.working = () => {
      window.working = undefined;
      window.replace("a.ts", "load(d)", "load(de)");
    };
    assert.equal(await window.next("a.ts"), null);
  });

  it("nothing is proposed when another searched document changes during the search", async () => {
    const window = openWindow();
    window.open("b.ts", TEXT);
    allEdited(window);
    assert.equal((await window.next("a.ts"))?.uri, "b.ts");
    window.working = () => {
      window.working = undefined;
      window.replace("b.ts", "load(a);", "load(a); // changed");
    };
    assert.equal(await window.next("a.ts"), null);
  });

  it("nothing is proposed for another version than the engine's", async () => {
    assert.equal(await edited(openWindow()).service.next({ uri: "a.ts", version: 3, offset: 0 }), null);
  });

  it("a dismissed rule proposes nothing", async () => {
    const window = edited(openWindow());
    for (let edit = await window.next("a.ts"); edit !== null; edit = await window.next("a.ts")) {
      window.service.dismissed(edit.rule);
    }
    assert.equal(await window.next("a.ts"), null);
  });

  it("another open document of the same family of languages has one", async () => {
    const window = openWindow();
    window.open("b.tsx", "load(z);\n", "typescriptreact");
    window.open("c.py", "load(z)\n", "python");
    allEdited(window);
    const edit = await window.next("a.ts");
    assert.equal(edit?.uri, "b.tsx");
    assert.equal(edit?.version, 1);
  });

  it("a file that is not open has no version", async () => {
    const window = new Window([{ uri: "far.ts", path: "src/far.ts", text: "load(z);\n" }]);
    window.open("a.ts", TEXT);
    allEdited(window);
    const edit = await window.next("a.ts");
    assert.deepEqual([edit?.uri, edit?.path, edit?.version], ["far.ts", "src/far.ts", undefined]);
  });

  it("files that are not open are searched only when open ones have nothing, and as long as the text does not change", async () => {
    const window = new Window([{ uri: "far.ts", path: "src/far.ts", text: "\n\nload(z);\n" }]);
    let reads = 0;
    window.reading = () => {
      reads++;
    };
    window.open("a.ts", TEXT);
    edited(window);
    assert.equal((await window.next("a.ts"))?.uri, "a.ts");
    assert.equal(reads, 0);
    const other = new Window([{ uri: "far.ts", path: "src/far.ts", text: "\n\nload(z);\n" }]);
    allEdited(other);
    const edit = await other.next("a.ts");
    assert.deepEqual([edit?.line, edit?.lineText, edit?.oldText], [2, "load(z);", "load"]);
    other.reading = () => other.replace("a.ts", "fetchAll(a)", "fetchAll(b)");
    assert.equal(await other.next("a.ts"), null);
  });

  it("other rules propose nothing at a line that was dismissed", async () => {
    const window = new Window();
    const names = [..."abcdef"];
    const calls = names.map((name) => `load(${name}, old);\n\n`).join("");
    window.open("a.ts", `${calls}load(last, old);\n\nload(end, old);\n`);
    for (const name of names) window.replace("a.ts", `load(${name}, old)`, `fetchAll(${name}, fresh)`);
    const first = await window.next("a.ts");
    assert.equal(first?.line, 12);
    window.service.dismissed(first!.rule);
    // Another line of its kind is free for them.
    const second = await window.next("a.ts");
    assert.equal(second?.line, 14);
    assert.notEqual(second?.rule, first?.rule);
  });

  it("a private document's edits are not used elsewhere, nor others' edits in it", async () => {
    const window = new Window([{ uri: "far.ts", path: "far.ts", text: "load(z);\n" }]);
    window.open("a.ts", TEXT, "typescript", true);
    window.open("b.ts", TEXT);
    edited(window);
    assert.equal(await window.next("b.ts"), null);
    assert.equal((await window.next("a.ts"))?.uri, "a.ts");
    window.replace("a.ts", "load(d)", "fetchAll(d)");
    assert.equal(await window.next("a.ts"), null);
    edited(window, "b.ts").replace("b.ts", "load(d)", "fetchAll(d)");
    assert.notEqual((await window.next("b.ts"))?.uri, "a.ts");
  });

  it("the edits of a document are forgotten when a change does not fit, or its text is sent again", async () => {
    const window = edited(openWindow());
    window.service.changed({ uri: "a.ts", baseVersion: 9, version: 10, changes: [] });
    assert.equal(await window.next("a.ts"), null);
    const other = edited(openWindow());
    other.open("a.ts", TEXT);
    assert.equal(await other.next("a.ts"), null);
    const closed = edited(openWindow());
    closed.service.closed("a.ts");
    assert.equal(await closed.next("a.ts"), null);
  });
});

describe("the change that is shown", () => {
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

  it("is described in a sentence", () => {
    assert.equal(sentence("rename", "a", "b"), "Replace “a” by “b”");
    assert.equal(sentence("insertion", "", ", b"), "Insert “, b”");
    assert.equal(sentence("deletion", " await", ""), "Remove “await”");
    assert.equal(sentence("inserted line", "", "\n  a();\n  b();"), "Insert 2 lines: “a(); b();”");
    assert.equal(sentence("unused import", "import a\n", ""), "Remove the unused import “import a”");
    assert.equal(sentence("rename", "x".repeat(100), "y").length < 90, true);
  });

  describe("that are quick fixes", () => {
    const ERROR = { offset: TEXT.indexOf("load(d)"), length: 4, message: "No such name." };
    const FIX = { title: "Rename it", isPreferred: true, changes: [{ offset: ERROR.offset, length: 4, text: "read" }] };
    const place = (version: number) => ({ uri: "a.ts", version, offset: 0 });

    it("are proposed for errors that are new, and are all that there is of their rule", () => {
      const { service } = openWindow();
      const [problem] = service.problems({ ...place(1), problems: [ERROR], before: [] });
      assert.deepEqual(problem, ERROR);
      const edit = service.fix({ ...place(1), problem: ERROR, fixes: [FIX] });
      assert.deepEqual(edit?.change, { offset: ERROR.offset, length: 4, text: "read" });
      assert.deepEqual(service.all({ uri: "a.ts", version: 1, rule: edit!.rule }), [edit!.change]);
    });

    it("do not replace what was just written", () => {
      const window = openWindow();
      window.replace("a.ts", "load(a)", "lode(a)");
      const fix = { ...FIX, changes: [{ offset: 0, length: 4, text: "load" }] };
      const problem = { offset: 0, length: 4, message: "No such name." };
      assert.equal(window.service.fix({ ...place(2), offset: 30, problem, fixes: [fix] }), null);
    });

    it("do not come again once dismissed", () => {
      const { service } = openWindow();
      const edit = service.fix({ ...place(1), problem: ERROR, fixes: [FIX] });
      service.dismissed(edit!.rule);
      assert.deepEqual(service.problems({ ...place(1), problems: [ERROR], before: [] }), []);
    });

    it("are null for another version of the document", () => {
      const { service } = openWindow();
      assert.deepEqual(service.problems({ ...place(2), problems: [ERROR], before: [] }), []);
      assert.equal(service.fix({ ...place(2), problem: ERROR, fixes: [FIX] }), null);
    });
  });
});
