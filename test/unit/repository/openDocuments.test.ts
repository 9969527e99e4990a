import assert from "node:assert/strict";
import { Documents } from "../../../engine/repository/openDocuments.ts";

const URI = "file:///a.ts";

function opened(text: string, version = 1): Documents {
  const documents = new Documents();
  documents.open({ uri: URI, path: "a.ts", languageId: "typescript", version, text });
  return documents;
}

function textAt(documents: Documents, version: number): string | undefined {
  const lookup = documents.lookUp(URI, version);
  return lookup.kind === "found" ? lookup.document.text : undefined;
}

describe("mirrored documents", () => {
  it("apply changes in order, each on the text after the ones before", () => {
    const documents = opened("one two\r\nthree");
    documents.change({
      uri: URI,
      baseVersion: 1,
      version: 2,
      changes: [
        { offset: 9, length: 5, text: "3" },
        { offset: 0, length: 3, text: "1" },
      ],
    });
    assert.equal(textAt(documents, 2), "1 two\r\n3");
  });

  it("accept version numbers that jump, because the editor merges edits", () => {
    const documents = opened("a");
    documents.change({ uri: URI, baseVersion: 1, version: 7, changes: [{ offset: 1, length: 0, text: "b" }] });
    assert.equal(textAt(documents, 7), "ab");
  });

  it("answer outdated for another version than the mirrored one", () => {
    assert.deepEqual(opened("a").lookUp(URI, 2), { kind: "outdated" });
  });

  it("answer unknown before opening and after closing", () => {
    const documents = opened("a");
    documents.close(URI);
    assert.deepEqual(documents.lookUp(URI, 1), { kind: "unknown" });
  });

  const misfits = [
    { name: "a lost change", change: { baseVersion: 2, version: 3, changes: [] } },
    {
      name: "a change beyond the end",
      change: { baseVersion: 1, version: 2, changes: [{ offset: 1, length: 9, text: "" }] },
    },
    {
      name: "a negative offset",
      change: { baseVersion: 1, version: 2, changes: [{ offset: -1, length: 0, text: "" }] },
    },
    { name: "a version that goes back", change: { baseVersion: 1, version: 0, changes: [] } },
  ];
  for (const { name, change } of misfits) {
    it(`stay outdated after ${name} until opened again`, () => {
      const documents = opened("abc");
      documents.change({ uri: URI, ...change });
      documents.change({ uri: URI, baseVersion: 1, version: 2, changes: [] });
      for (const version of [0, 1, 2, 3]) {
        assert.deepEqual(documents.lookUp(URI, version), { kind: "outdated" });
      }
      documents.open({ uri: URI, path: "a.ts", languageId: "typescript", version: 4, text: "new" });
      assert.equal(textAt(documents, 4), "new");
    });
  }

  it("gives the texts of a language's family, with LF between lines, as they are after changes", () => {
    const documents = new Documents();
    const open = (uri: string, languageId: string, text: string) => {
      documents.open({ uri, path: uri, languageId, version: 1, text });
    };
    open("a", "typescript", "a\r\nb");
    open("b", "typescriptreact", "c");
    open("c", "python", "d");
    assert.deepEqual(documents.textsFor("x", "javascript"), ["c", "a\nb"]);
    documents.change({ uri: "a", baseVersion: 1, version: 2, changes: [{ offset: 0, length: 1, text: "e" }] });
    assert.deepEqual(documents.textsFor("x", "typescript"), ["e\nb", "c"]);
    assert.deepEqual(documents.textsFor("b", "typescript"), ["e\nb"]);
  });
});
