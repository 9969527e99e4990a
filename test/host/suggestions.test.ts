/**
 * What people do with a suggestion. The suggestion is predictable, because its text is there twice above the cursor.
 */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { closeAll, nextResult, openAt, settled, sleep, sterna, type, until } from "./editor.ts";

const HEAD = "const first = alphabet.soup.kitchen;\nconst second = alphabet.soup.kitchen;\n";
const BEGIN = "const third = al";
const REST = "phabet.soup.kitchen;";
const GLOBAL = vscode.ConfigurationTarget.Global;

describe("a suggestion", function () {
  // A busy machine takes long to show a large file.
  this.timeout(60_000);
  let api: SternaApi;
  let files = 0;
  const command = (name: string) => vscode.commands.executeCommand(name);

  before(async function () {
    this.timeout(120_000);
    api = await sterna();
    // An editor that has just started requests nothing at first.
    await open(HEAD);
    const before = settled(api);
    for (const end = Date.now() + 60_000; settled(api).shown + settled(api).silent === before.shown + before.silent; ) {
      assert.ok(Date.now() < end, "the editor asks for no suggestion");
      await command("editor.action.inlineSuggest.trigger");
      await sleep(500);
    }
    await closeAll();
    // VS Code's own list would open after a while, and suggestions would have to continue the item selected in it.
    await vscode.workspace.getConfiguration("editor").update("quickSuggestions", false, GLOBAL);
  });
  afterEach(closeAll);
  after(() => vscode.workspace.getConfiguration("editor").update("quickSuggestions", undefined, GLOBAL));

  /** A new file with the cursor at its end. */
  async function open(content: string, extension = "ts"): Promise<vscode.TextEditor> {
    const folder = vscode.workspace.workspaceFolders?.[0];
    assert.ok(folder, "no folder is open");
    const file = vscode.Uri.joinPath(folder.uri, `suggestion-${++files}.${extension}`);
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(content));
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document);
    const end = document.lineAt(document.lineCount - 1).range.end;
    editor.selection = new vscode.Selection(end, end);
    return editor;
  }

  /**
   * Inserts text and waits until a given text is suggested in the active editor. It is inserted at once, because
   * suggestions on the way depend on the time between keys, and could get in the way.
   */
  async function typeUntil(keys: string, text: string): Promise<void> {
    await vscode.commands.executeCommand("type", { text: keys });
    await untilSuggested(text);
  }

  async function untilSuggested(text: string): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    let asked = 0;
    await until(`the suggestion "${text}"`, () => {
      const shown = api.lastShown();
      // These tests are not about how sure the model must be. A suggestion that was asked for by hand shows everything.
      const isUnsure =
        shown === undefined ? api.lastSilence() === "unsure" : shown.text !== text && text.startsWith(shown.text);
      // On a busy machine the editor may drop the answer, so it is asked for again after a while.
      if (isUnsure && Date.now() - asked > 2000) {
        asked = Date.now();
        void command("editor.action.inlineSuggest.trigger");
      }
      return shown?.text === text && shown.uri === uri;
    }).catch((error: Error) => {
      const last = JSON.stringify(api.lastShown() ?? api.lastSilence() ?? "nothing was asked for");
      throw new Error(`${error.message}; the last answer: ${last}`);
    });
    // The editor shows it a moment after it has received it; until then, accepting would take the previous text.
    if (asked > 0) await sleep(500);
  }

  /** Accepts what is on the screen, once the editor has had time to show it. */
  async function commit(how = "commit"): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const { version } = document ?? {};
    for (const end = Date.now() + 30_000; document?.version === version && Date.now() < end; await sleep(50)) {
      await command(`editor.action.inlineSuggest.${how}`);
    }
    assert.notEqual(document?.version, version, "nothing was accepted");
  }

  /**
   * Accepts until the document has this text, because the editor may still show only the beginning that came first.
   * What is accepted is always a part of the text.
   *
   * @returns how often something was accepted
   */
  async function acceptUntil(document: vscode.TextDocument, expected: string, how = "commit"): Promise<number> {
    let accepted = 0;
    for (const end = Date.now() + 30_000; document.getText() !== expected && Date.now() < end; await sleep(200)) {
      const { version } = document;
      await command(`editor.action.inlineSuggest.${how}`);
      assert.ok(expected.startsWith(document.getText()), document.getText());
      await sleep(300);
      if (document.version !== version) accepted++;
      else await command("editor.action.inlineSuggest.trigger");
    }
    assert.equal(document.getText(), expected);
    return accepted;
  }

  async function suggested(): Promise<vscode.TextEditor> {
    const editor = await open(HEAD);
    await typeUntil(BEGIN, REST);
    return editor;
  }

  it("is accepted with Tab", async () => {
    const editor = await suggested();
    const { accepted } = api.counts();
    const times = await acceptUntil(editor.document, HEAD + BEGIN + REST);
    assert.equal(api.counts().accepted, accepted + times);
  });

  it("stays while it is typed, without the model", async () => {
    const editor = await suggested();
    for (let typed = 1; typed <= 6; typed++) {
      await typeUntil(REST.charAt(typed - 1), REST.slice(typed));
      assert.equal(api.lastShown()?.source, "typed-through");
    }
    await acceptUntil(editor.document, HEAD + BEGIN + REST);
  });

  it("comes back when a letter of it is taken back", async () => {
    await suggested();
    await typeUntil("p", REST.slice(1));
    await typeUntil("h", REST.slice(2));
    await command("deleteLeft");
    await until("the suggestion of before", () => api.lastShown()?.text === REST.slice(1));
  });

  it("is accepted word by word", async () => {
    const editor = await suggested();
    // VS Code decides what a word is.
    let line = BEGIN;
    for (let word = 1; word <= 3; word++) {
      await commit("acceptNextWord");
      const { text } = editor.document.lineAt(2);
      assert.ok(text.length > line.length && text.length < (BEGIN + REST).length, text);
      assert.ok((BEGIN + REST).startsWith(text), text);
      line = text;
      await sleep(200);
    }
    assert.ok(line.startsWith(`${BEGIN}phabet`), line);
    await acceptUntil(editor.document, HEAD + BEGIN + REST);
  });

  it("is accepted line by line", async () => {
    const editor = await suggested();
    await acceptUntil(editor.document, HEAD + BEGIN + REST, "acceptNextLine");
  });

  it("leaves with Escape, and is not made there again", async () => {
    const editor = await suggested();
    // Escape dismisses what the editor shows, which comes a moment after the answer.
    await sleep(500);
    await command("sterna.dismiss");
    await sleep(100);
    await command("editor.action.inlineSuggest.commit");
    assert.equal(editor.document.getText(), HEAD + BEGIN);
    await type("x");
    const before = settled(api);
    await command("deleteLeft");
    await nextResult(api, before);
    assert.ok(!REST.startsWith(api.lastShown()?.text ?? "-"), api.lastShown()?.text);
  });

  it("that was accepted and undone is not made there again", async () => {
    const editor = await suggested();
    await commit();
    const before = settled(api);
    await command("undo");
    assert.equal(editor.document.getText(), HEAD + BEGIN);
    await nextResult(api, before).catch(() => undefined);
    await type("x");
    const after = settled(api);
    await command("deleteLeft");
    await nextResult(api, after);
    assert.ok(!REST.startsWith(api.lastShown()?.text ?? "-"), api.lastShown()?.text);
  });

  it("is forgotten when text is deleted past the place where it began", async () => {
    const editor = await suggested();
    for (let count = 0; count < 4; count++) await command("deleteLeft");
    assert.ok(!editor.document.getText().endsWith("al"));
    await typeUntil("= al", REST);
    assert.notEqual(api.lastShown()?.source, "typed-through");
  });

  it("is for the file that is shown, however quickly one goes from file to file", async () => {
    const first = await open(HEAD);
    await type("const th");
    const second = await open(HEAD.replaceAll("alphabet", "zebra"), "js");
    await typeUntil("const third = ze", "bra.soup.kitchen;");
    await acceptUntil(second.document, `${HEAD.replaceAll("alphabet", "zebra")}const third = zebra.soup.kitchen;`);
    assert.equal(first.document.getText(), `${HEAD}const th`);
  });

  it("keeps Windows line ends", async () => {
    const editor = await open(HEAD);
    await editor.edit((edit) => edit.setEndOfLine(vscode.EndOfLine.CRLF));
    await typeUntil(BEGIN, REST);
    const windows = (text: string) => text.replaceAll("\n", "\r\n");
    await acceptUntil(editor.document, windows(HEAD + BEGIN + REST));
    await type("\nconst fourth = al");
    await untilSuggested(REST);
    await acceptUntil(editor.document, windows(`${HEAD}${BEGIN}${REST}\nconst fourth = al${REST}`));
  });

  it("fits a file that is indented with tabs, and text with emoji and from right to left", async () => {
    const head = 'call(() => {\n\tconst first = words.get("😀 שלום");\n\tconst second = words.get("😀 שלום");\n';
    const editor = await open(`${head}});`);
    editor.options.insertSpaces = false;
    const at = new vscode.Position(2, editor.document.lineAt(2).text.length);
    editor.selection = new vscode.Selection(at, at);
    await type("\nconst third = words");
    await until("the rest of the line", () => api.lastShown()?.text.startsWith(".get"));
    await sleep(100);
    await commit();
    const line = editor.document.lineAt(3).text;
    assert.ok(line.startsWith("\tconst third = words.get"), line);
    assert.ok('\tconst third = words.get("😀 שלום");'.startsWith(line), line);
  });

  it("is made in a cell of a notebook", async () => {
    const cells = [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, HEAD, "typescript")];
    const notebook = await vscode.workspace.openNotebookDocument("jupyter-notebook", new vscode.NotebookData(cells));
    const shown = await vscode.window.showNotebookDocument(notebook);
    shown.selection = new vscode.NotebookRange(0, 1);
    await command("notebook.cell.edit");
    const cell = notebook.cellAt(0).document;
    await until("the cell's editor", () => vscode.window.activeTextEditor?.document === cell);
    const end = cell.lineAt(cell.lineCount - 1).range.end;
    const cursor = new vscode.Selection(end, end);
    // The notebook also sets the cursor of a cell that is being opened, and the last one to set it wins.
    for (let quiet = 0; quiet < 3; await sleep(200)) {
      const editor = vscode.window.activeTextEditor;
      quiet = editor?.selection.isEqual(cursor) ? quiet + 1 : 0;
      if (editor && quiet === 0) editor.selection = cursor;
    }
    await typeUntil(BEGIN, REST);
    await acceptUntil(cell, HEAD + BEGIN + REST);
    await command("workbench.action.revertAndCloseActiveEditor");
  });

  it("is made in a file of more than a megabyte", async () => {
    // In a language without a language service here, which would be busy with so much text for a minute.
    const content = `${"const filler = compute(1, 2, 3);\n".repeat(40_000)}${HEAD}`;
    const editor = await open(content, "py");
    await typeUntil(BEGIN, REST);
    await acceptUntil(editor.document, content + BEGIN + REST);
  });

  it("agrees with the item that is selected in the suggest widget, or stays away", async () => {
    const editor = await openAt("src/cart.ts", 25);
    const before = settled(api);
    await type("\nthis.");
    await command("editor.action.triggerSuggest");
    await nextResult(api, before);
    await sleep(500);
    const shown = api.lastShown();
    const silence = api.lastSilence();
    assert.ok(shown !== undefined || silence !== undefined);
    const { version } = editor.document;
    // The language service may still be starting. Asking again starts anew.
    for (const end = Date.now() + 30_000; editor.document.version === version && Date.now() < end; ) {
      await command("editor.action.triggerSuggest");
      await sleep(2000);
      await command("acceptSelectedSuggestion");
    }
    const line = vscode.window.activeTextEditor?.document.lineAt(25).text.trim() ?? "";
    assert.ok(line.startsWith("this.") && line.length > "this.".length, line);
    const word = line.slice("this.".length);
    assert.ok(shown === undefined || shown.text.startsWith(word) || silence === "suggest-widget", shown?.text);
  });

  it("has VS Code's list beside it once only the end of a word is left", async () => {
    // In a language without a language service here, so that the list has the words of the file.
    const head = "first = alphabet.soup.kitchen\nsecond = alphabet.soup.kitchen\n";
    const editor = await open(head, "py");
    await typeUntil("third = al", "phabet.soup.kitchen");
    await typeUntil("phabet.soup.ki", "tchen");
    await vscode.workspace.getConfiguration("editor").update("quickSuggestions", undefined, GLOBAL);
    try {
      await typeUntil("t", "chen");
      await vscode.commands.executeCommand("type", { text: "c" });
      const { version } = editor.document;
      for (const end = Date.now() + 20_000; editor.document.version === version && Date.now() < end; await sleep(100)) {
        await command("acceptSelectedSuggestion");
      }
      assert.equal(editor.document.getText(), `${head}third = alphabet.soup.kitchen`, "there was no list");
    } finally {
      await vscode.workspace.getConfiguration("editor").update("quickSuggestions", false, GLOBAL);
    }
  });

  it("is not made in a language that is switched off", async () => {
    const configuration = vscode.workspace.getConfiguration("sterna");
    await configuration.update("inline.languages", { typescript: false }, GLOBAL);
    try {
      const editor = await open(HEAD);
      const before = settled(api);
      await type(BEGIN);
      assert.equal(await nextResult(api, before), false);
      assert.equal(api.lastSilence(), "language-off");
      await command("editor.action.inlineSuggest.commit");
      assert.equal(editor.document.getText(), HEAD + BEGIN);
    } finally {
      await configuration.update("inline.languages", undefined, GLOBAL);
    }
  });

  it("is not made in a file of more than two million characters, and is again once the file is shorter", async () => {
    const filler = "// 3456789\n".repeat(200_000);
    const editor = await open(filler + HEAD);
    const { document } = editor;
    const before = settled(api);
    await vscode.commands.executeCommand("type", { text: BEGIN });
    assert.equal(await nextResult(api, before), false);
    assert.equal(api.lastSilence(), "too-large");
    const end = document.positionAt(filler.length);
    await editor.edit((builder) => builder.delete(new vscode.Range(new vscode.Position(0, 0), end)));
    assert.equal(document.getText(), HEAD + BEGIN);
    const shorter = settled(api);
    await command("editor.action.inlineSuggest.trigger");
    assert.equal(await nextResult(api, shorter), true);
  });

  it("is not made with several cursors or a selection, and none pops up a message", async () => {
    const editor = await open(`${HEAD}const third = al\nconst fourth = al`);
    const { document } = editor;
    const ends = [2, 1].map((above) => document.lineAt(document.lineCount - above).range.end);
    editor.selections = ends.map((end) => new vscode.Selection(end, end));
    const before = settled(api);
    await type("p");
    assert.equal(await nextResult(api, before), false);
    assert.equal(api.lastSilence(), "several-cursors");
  });
});
