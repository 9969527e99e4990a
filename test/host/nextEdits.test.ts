import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { closeAll, sleep, until } from "./editor.ts";
import { diffWith } from "./scripted.ts";

const CALLS = ["first", "second", "third", "fourth", "fifth"].map((name) => `load(${name}, retry);\n`).join("\n");
const FUNCTION = `function totalOf(items) {
  let result = 0;
  for (const item of items) {
    result += item;
  }
  return result;
}

module.exports = { totalOf };
`;
const MANY = Array.from({ length: 10 }, (_, index) => `load(item${index}, retry);\n`).join("\n");
const FAR = `${MANY}${"// nothing to do here\n".repeat(80)}load(after, retry);\n`;

describe("next edits in VS Code", () => {
  let api: SternaApi;

  before(async function () {
    this.timeout(60_000);
    const extension = vscode.extensions.getExtension<SternaApi>("sterna.sterna");
    assert.ok(extension, "the extension is not installed");
    api = await extension.activate();
    await setEnabled(true);
    // The engine suffices, because no model is asked.
    await until(
      "the engine",
      () => api.enginePid() !== undefined && api.status().detail !== "Starting the engine",
      50_000,
    );
  });
  after(() => setEnabled(undefined));
  afterEach(closeAll);

  async function setEnabled(value: boolean | undefined): Promise<void> {
    const section = vscode.workspace.getConfiguration("sterna");
    await section.update("nextEdit.enabled", value, vscode.ConfigurationTarget.Global);
  }

  /** Opens a new document with a text. */
  async function open(content: string, language = "javascript"): Promise<vscode.TextEditor> {
    const document = await vscode.workspace.openTextDocument({ content, language });
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    await sleep(200);
    return editor;
  }

  /** Replaces the first occurrence of a text by typing over it. */
  async function replace(editor: vscode.TextEditor, before: string, after: string): Promise<void> {
    const offset = editor.document.getText().indexOf(before);
    assert.notEqual(offset, -1, `no "${before}"`);
    const [start, end] = [editor.document.positionAt(offset), editor.document.positionAt(offset + before.length)];
    editor.selection = new vscode.Selection(start, end);
    for (const key of after) await vscode.commands.executeCommand("type", { text: key });
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    await vscode.commands.executeCommand("hideSuggestWidget");
  }

  const shown = () => until("a next edit", () => api.nextEdit().edit);
  const lines = (editor: vscode.TextEditor) => editor.document.getText().split("\n");

  it("three of five calls changed: the other two are proposed, each is one step, and undo takes it back", async () => {
    const editor = await open(CALLS);
    for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `fetch(${name}`);
    assert.equal((await shown()).line, 6);
    assert.equal(api.nextEdit().state, "elsewhere");
    await vscode.commands.executeCommand("sterna.goToNextEdit");
    await until("the cursor at the edit", () => api.nextEdit().state === "here" && editor.selection.active.line === 6);
    await vscode.commands.executeCommand("sterna.acceptNextEdit");
    assert.equal(lines(editor)[6], "fetch(fourth, retry);");
    const next = await shown();
    assert.equal(next.line, 8);
    await vscode.commands.executeCommand("sterna.goToNextEdit");
    await vscode.commands.executeCommand("sterna.acceptNextEdit");
    assert.equal(lines(editor)[8], "fetch(fifth, retry);");
    await vscode.commands.executeCommand("undo");
    assert.equal(lines(editor)[8], "load(fifth, retry);");
    assert.equal(lines(editor)[6], "fetch(fourth, retry);");
    assert.equal(api.nextEdit().state, "none");
  }).timeout(60_000);

  it("a declaration renamed by hand: its uses are proposed one after the other", async () => {
    const editor = await open(FUNCTION);
    await replace(editor, "result", "sum");
    for (let count = 0; count < 2; count++) {
      await shown();
      await vscode.commands.executeCommand("sterna.goToNextEdit");
      await vscode.commands.executeCommand("sterna.acceptNextEdit");
    }
    const text = editor.document.getText();
    assert.ok(text.includes("sum += item;") && text.includes("return sum;"), text);
    assert.ok(!text.includes("result"), text);
  }).timeout(60_000);

  it("a place far below is gone to, and comes into view", async () => {
    const editor = await open(FAR);
    for (let index = 0; index < 10; index++) await replace(editor, `load(item${index}`, `fetch(item${index}`);
    const { line } = await until("the far edit", () => {
      const { edit } = api.nextEdit();
      return edit !== undefined && edit.line > 80 && edit;
    });
    assert.equal(api.nextEdit().state, "elsewhere");
    await vscode.commands.executeCommand("sterna.goToNextEdit");
    await until("the place in view", () =>
      editor.visibleRanges.some((range) => range.start.line <= line && range.end.line >= line),
    );
    assert.equal(api.nextEdit().state, "here");
  }).timeout(60_000);

  it("another open file is gone to", async () => {
    const other = await open("load(elsewhere, retry);\n");
    // The engine gets a document once it is shown.
    const editor = await open(MANY);
    for (let index = 0; index < 10; index++) await replace(editor, `load(item${index}`, `fetch(item${index}`);
    const edit = await until("an edit in the other file", () => {
      const { edit } = api.nextEdit();
      return edit?.uri === other.document.uri.toString() ? edit : undefined;
    });
    assert.equal(edit.line, 0);
    await vscode.commands.executeCommand("sterna.goToNextEdit");
    await until("the other file", () => vscode.window.activeTextEditor?.document === other.document);
    assert.equal(api.nextEdit().state, "here");
    await vscode.commands.executeCommand("sterna.acceptNextEdit");
    assert.equal(other.document.getText(), "fetch(elsewhere, retry);\n");
  }).timeout(90_000);

  // A dismissal lasts as long as the window, so this change resembles none of the others.
  it("what is dismissed does not come again", async () => {
    const editor = await open(CALLS);
    for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `forget(${name}`);
    await shown();
    for (let count = 0; count < 4 && api.nextEdit().edit !== undefined; count++) {
      await vscode.commands.executeCommand("sterna.dismissNextEdit");
      await replace(editor, "retry", "again");
      await sleep(500);
    }
    assert.notEqual(api.nextEdit().edit?.change.text, "forget");
  }).timeout(60_000);

  it("leaves several cursors and selections alone", async () => {
    const editor = await open(CALLS);
    for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `fetch(${name}`);
    await shown();
    const end = editor.document.positionAt(0);
    editor.selections = [new vscode.Selection(end, end), new vscode.Selection(end.translate(2), end.translate(2))];
    await until("no next edit", () => api.nextEdit().state === "none");
    await vscode.commands.executeCommand("type", { text: "x" });
    await sleep(500);
    assert.equal(api.nextEdit().state, "none");
  }).timeout(60_000);

  it("a cursor that goes elsewhere ends the hint", async () => {
    const editor = await open(CALLS);
    for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `fetch(${name}`);
    await shown();
    editor.selection = new vscode.Selection(1, 0, 1, 0);
    await until("no next edit", () => api.nextEdit().state === "none");
  }).timeout(60_000);

  it("is off when its setting is", async () => {
    await setEnabled(false);
    try {
      const editor = await open(CALLS);
      for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `fetch(${name}`);
      await sleep(1000);
      assert.equal(api.nextEdit().state, "none");
    } finally {
      await setEnabled(true);
    }
  }).timeout(60_000);

  it("all of a kind are made at once after a look at the diff", async () => {
    const editor = await open(CALLS);
    for (const name of ["first", "second", "third"]) await replace(editor, `load(${name}`, `fetch(${name}`);
    await shown();
    await vscode.commands.executeCommand("sterna.acceptAllNextEdits");
    await diffWith(/fetch\(fourth, retry\);[\s\S]*fetch\(fifth, retry\);/);
    assert.ok(editor.document.getText().includes("load(fifth"), "nothing is made before it is accepted");
    await vscode.commands.executeCommand("sterna.acceptChange");
    await until("the change", () => !editor.document.getText().includes("load("));
    await vscode.commands.executeCommand("undo");
    assert.equal(editor.document.getText().split("load(").length, 3);
  }).timeout(60_000);

  it("an error that an edit has caused: the fix that the language service prefers is proposed", async () => {
    const editor = await open('import { size } from "./sizes.js";\n\nprint(size);\n');
    const diagnostics = vscode.languages.createDiagnosticCollection("test");
    const error = (word: string) => {
      const offset = editor.document.getText().indexOf(word);
      const range = new vscode.Range(
        editor.document.positionAt(offset),
        editor.document.positionAt(offset + word.length),
      );
      return new vscode.Diagnostic(range, `Cannot find ${word}.`, vscode.DiagnosticSeverity.Error);
    };
    const provider = vscode.languages.registerCodeActionsProvider("javascript", {
      provideCodeActions(document, _range, { diagnostics: [problem] }) {
        const action = new vscode.CodeAction("Add the import", vscode.CodeActionKind.QuickFix);
        if (!problem?.message.startsWith("Cannot find width")) return [];
        action.isPreferred = true;
        action.edit = new vscode.WorkspaceEdit();
        action.edit.insert(document.uri, new vscode.Position(0, "import { size".length), ", width");
        return [action];
      },
    });
    try {
      diagnostics.set(editor.document.uri, [error("size")]);
      await replace(editor, "print(size)", "print(width, size);");
      diagnostics.set(editor.document.uri, [error("size"), error("width")]);
      const edit = await shown();
      assert.deepEqual([edit.description, edit.line, api.nextEdit().state], ["Add the import", 0, "elsewhere"]);
      await vscode.commands.executeCommand("sterna.goToNextEdit");
      await vscode.commands.executeCommand("sterna.acceptNextEdit");
      assert.equal(lines(editor)[0], 'import { size, width } from "./sizes.js";');
      await vscode.commands.executeCommand("undo");
      assert.equal(lines(editor)[0], 'import { size } from "./sizes.js";');
    } finally {
      provider.dispose();
      diagnostics.dispose();
    }
  }).timeout(60_000);
});
