import assert from "node:assert/strict";
import { TextDocument } from "vscode-languageserver-textdocument";
import { offeredActions } from "../../../engine/lsp/codeActions.ts";
import { indentStep } from "../../../engine/lsp/codeContext.ts";
import { inlineItem } from "../../../engine/lsp/inlineCompletion.ts";
import { listItem } from "../../../engine/lsp/listCompletion.ts";
import { fileEdit, lineEdit, plainEdit } from "../../../engine/lsp/workspaceEdit.ts";
import type { CompletionTimings } from "../../../engine/protocol/completion.ts";

const at = (line: number, character: number) => ({ line, character });
const shown = (text: string, replaceLength = 0) => ({
  kind: "shown" as const,
  source: "model" as const,
  text,
  replaceLength,
  timings: {} as CompletionTimings,
});

describe("code actions of the language server", () => {
  const uri = "file:///a.ts";
  const empty = { start: at(1, 0), end: at(1, 0) };
  const selection = { start: at(1, 0), end: at(3, 0) };
  const problem = { range: { start: at(2, 1), end: at(2, 4) }, message: "x is not defined" };
  const titles = (range = empty, only?: string[], diagnostics = [problem]) =>
    offeredActions({ uri, range, diagnostics, only, resolves: true }).map(({ title }) => title);

  it("offer a fix for each problem, and the rest where something is selected", () => {
    assert.deepEqual(titles(), ["Fix with Sterna"]);
    assert.equal(titles(selection).length, 5);
    assert.deepEqual(titles(selection, ["quickfix"]), ["Fix with Sterna"]);
    assert.equal(titles(empty, ["refactor"], []).length, 4);
    assert.equal(titles(empty, ["refactor.rewrite"], []).length, 4);
    assert.deepEqual(titles(selection, ["source.organizeImports"]), []);
  });

  it("carry what is to be done, for a client that asks for the edit and for one that runs a command", () => {
    const [resolved] = offeredActions({ uri, range: empty, diagnostics: [problem], only: undefined, resolves: true });
    const place = { task: "fix", uri, range: problem.range, instruction: problem.message };
    assert.deepEqual(resolved?.data, place);
    const [command] = offeredActions({ uri, range: empty, diagnostics: [problem], only: undefined, resolves: false });
    assert.deepEqual(command?.command?.arguments, [place]);
  });
});

describe("edits of the language server", () => {
  it("replace lines where they are now, with the document's line ends", () => {
    const document = TextDocument.create("file:///a.ts", "typescript", 2, "new\r\none\r\ntwo\r\n");
    const edit = lineEdit(document, "one\r\ntwo\r\n", { start: 0, end: 2 }, "1\n2");
    assert.equal(TextDocument.applyEdits(document, [edit]), "new\r\n1\r\n2\r\n");
  });

  it("are refused when the lines are gone", () => {
    const document = TextDocument.create("file:///a.ts", "typescript", 2, "three\n");
    assert.throws(() => lineEdit(document, "one\ntwo\n", { start: 0, end: 2 }, "1"), /has changed/);
  });

  it("go to the end of a file, which is made where it is not there", () => {
    const made = fileEdit("file:///t.ts", undefined, "test();");
    assert.equal(made.documentChanges?.length, 2);
    assert.equal(plainEdit(made), undefined);
    const { changes } = plainEdit(fileEdit("file:///t.ts", "one();", "test();")) ?? {};
    const [edit] = changes?.["file:///t.ts"] ?? [];
    assert.deepEqual(edit, { range: { start: at(0, 6), end: at(0, 6) }, newText: "\ntest();\n" });
  });
});

describe("suggestions of the language server", () => {
  const document = TextDocument.create("file:///a.ts", "typescript", 1, "const a = fo)\r\n");

  it("replace what the engine says, and cover the selected item", () => {
    const item = inlineItem(document, { position: at(0, 12), triggerKind: 2 }, shown("o(1))\nb", 1));
    assert.deepEqual([item.insertText, item.range], ["o(1))\r\nb", { start: at(0, 12), end: at(0, 13) }]);
    const selected = { range: { start: at(0, 10), end: at(0, 12) }, text: "foo" };
    const covering = inlineItem(document, { position: at(0, 12), triggerKind: 2, selected }, shown("o"));
    assert.deepEqual([covering.insertText, covering.range?.start], ["foo", at(0, 10)]);
  });

  it("are found in a list by the word that was begun", () => {
    const item = listItem(document, at(0, 12), shown("o(1)\nb"));
    assert.equal(item.label, "foo(1)");
    assert.equal(item.filterText, "foo(1)");
    assert.deepEqual(item.textEdit, { range: { start: at(0, 10), end: at(0, 12) }, newText: "foo(1)\r\nb" });
  });
});

describe("the step of indentation", () => {
  for (const [text, expected] of [
    ["a\n  b\n    c\nd\n  e", 2],
    ["a\n    b\n        c", 4],
    ["a\n\tb\n\t\tc", "tab"],
    ["/**\n * x\n */\na\n    b", 4],
    ["", 4],
  ] as const) {
    it(`of ${JSON.stringify(text)} is ${expected}`, () => assert.equal(indentStep(text.split("\n")), expected));
  }
});
