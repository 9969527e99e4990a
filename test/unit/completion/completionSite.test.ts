import assert from "node:assert/strict";
import { afterAcceptance, contextAt, siteAt, siteKeyOf, suffixOf } from "../../../engine/completion/completionSite.ts";
import type { CompleteParams } from "../../../engine/protocol/completion.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";

const URI = "file:///a.ts";

function open(text: string): Documents {
  const documents = new Documents();
  documents.open({ uri: URI, path: "a.ts", languageId: "typescript", version: 3, text });
  return documents;
}

const asked = (offset: number, rest: Partial<CompleteParams> = {}): CompleteParams => {
  return { uri: URI, version: 3, offset, trigger: "automatic", ...rest };
};

describe("a completion site", () => {
  const reasons: [why: string, params: CompleteParams][] = [
    ["unknown-document", asked(0, { uri: "file:///b.ts" })],
    ["outdated", asked(0, { version: 2 })],
    ["middle-of-word", asked(1)],
    ["selection", asked(3, { isSelecting: true })],
    ["several-cursors", asked(3, { cursors: 2 })],
    ["suggest-widget", asked(3, { widgetItem: { offset: 0, length: 3, text: "abx" } })],
  ];
  for (const [why, params] of reasons) {
    it(`is none: ${why}`, () => assert.deepEqual(siteAt(open("abc;\nd"), params), { kind: "refused", reason: why }));
  }

  it("is the document, and the document with what the suggest widget would add", () => {
    const params = asked(3, {
      widgetItem: { offset: 0, length: 3, text: "abcdef" },
      indent: { insertSpaces: true, tabSize: 2 },
    });
    const found = siteAt(open("abc;\nd"), params);
    assert.ok(found.kind === "found");
    const site = found.value;
    assert.deepEqual(
      [
        site.context.prefix,
        site.widgetText,
        site.contextWithWidget.prefix,
        site.context.restOfLine,
        site.context.below,
      ],
      ["abc", "def", "abcdef", ";", "d"],
    );
    assert.deepEqual(site.context.indent, { insertSpaces: true, tabSize: 2 });
  });

  it("is known again by what is before and behind the cursor", () => {
    const found = contextAt(open("abc;\nd"), { uri: URI, version: 3, offset: 3 });
    assert.ok(found.kind === "found");
    const context = found.value;
    assert.deepEqual(siteKeyOf(URI, context), { uri: URI, prefix: "abc", suffix: ";\nd" });
    assert.equal(suffixOf({ ...context, below: undefined }), ";");
    const after = afterAcceptance(context, "def;", 1);
    assert.deepEqual([after.prefix, after.restOfLine], ["abcdef;", ""]);
  });
});
