import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import * as vscode from "vscode";
import { openAt, sleep, until } from "./editor.ts";
import { answering, errorsOf, withScriptedEngine } from "./scripted.ts";

const FILE = "src/cart.ts";

describe("commands that ask, rename and describe", () => {
  const engine = withScriptedEngine();

  it("sterna.name renames by the language's service, in one step", async () => {
    const renames = vscode.languages.registerRenameProvider(
      { scheme: "file", pattern: "**/cart.ts" },
      {
        provideRenameEdits(document, position, newName) {
          const word = document.getText(document.getWordRangeAtPosition(position));
          const edit = new vscode.WorkspaceEdit();
          for (const match of document.getText().matchAll(new RegExp(`\\b${word}\\b`, "g"))) {
            edit.replace(
              document.uri,
              new vscode.Range(document.positionAt(match.index), document.positionAt(match.index + word.length)),
              newName,
            );
          }
          return edit;
        },
      },
    );
    const pick = answering("showQuickPick", (names) => (names as string[])[1]);
    try {
      const editor = await openAt(FILE, 1);
      const { document } = editor;
      const before = document.getText();
      const word = /\b(?:function|class|interface) (\w+)/.exec(before);
      assert.ok(word?.[1]);
      const at = document.positionAt(word.index + word[0].length - 1);
      editor.selection = new vscode.Selection(at, at);
      engine.script({ when: `better names for ${word[1]}`, say: "firstChoice\n2. secondChoice\n3. rm -rf /" });
      await vscode.commands.executeCommand("sterna.name");
      const isType = /^[A-Z]/.test(word[1]);
      const names = isType ? ["FirstChoice", "SecondChoice"] : ["firstChoice", "secondChoice"];
      assert.deepEqual(pick.shown, [names]);
      assert.equal(document.getText(), before.replaceAll(new RegExp(`\\b${word[1]}\\b`, "g"), names[1] ?? ""));
      await vscode.commands.executeCommand("undo");
      assert.equal(document.getText(), before);
    } finally {
      pick.restore();
      renames.dispose();
    }
  });

  it("sterna.name leaves everything alone when no name is chosen", async () => {
    const pick = answering("showQuickPick", () => undefined);
    try {
      const editor = await openAt(FILE, 1);
      const before = editor.document.getText();
      engine.script({ when: "better names", say: "firstChoice" });
      const word = editor.document.getText().search(/\b(function|class|interface) \w/);
      const at = editor.document.positionAt(word + 10);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand("sterna.name");
      assert.equal(editor.document.getText(), before);
    } finally {
      pick.restore();
    }
  });

  it("sterna.commitMessage writes what is staged into the box, and says when nothing is", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder });
    git("init", "-q");
    git("config", "user.email", "a@b.test");
    git("config", "user.name", "A");
    const extension = vscode.extensions.getExtension("vscode.git");
    assert.ok(extension, "VS Code has no Git extension");
    const api = (await extension.activate()).getAPI(1);
    await until("Git", () => api.state === "initialized");
    const repository = await api.openRepository(vscode.Uri.file(folder));
    assert.ok(repository);
    repository.inputBox.value = "mine";
    const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.commitMessage"));
    assert.match(errors.join(), /Nothing is staged/);
    assert.equal(repository.inputBox.value, "mine");
    git("add", path.join(folder, FILE));
    engine.script({ when: "+++ b/src/cart.ts", say: '"Add the cart."\n' });
    await vscode.commands.executeCommand("sterna.commitMessage");
    assert.equal(repository.inputBox.value, "Add the cart");
    // The workbench reports with a delay what the box contained while the message was written.
    do {
      repository.inputBox.value = "mine";
      await sleep(300);
    } while (repository.inputBox.value !== "mine");
    engine.script({ when: "+++", say: `I think that ${"this change is very good and ".repeat(9)}` });
    await vscode.commands.executeCommand("sterna.commitMessage");
    assert.equal(repository.inputBox.value, "mine", "what was there comes back when there is no message");
    const conversation = await engine.api.conversation();
    assert.match(conversation?.turns.at(-1)?.text ?? "", /very good/);
  }).timeout(30_000);

  it("sterna.explain asks the chat about the selection, in a conversation of its own", async () => {
    const editor = await openAt(FILE, 4);
    editor.selection = new vscode.Selection(3, 0, 5, 1);
    engine.script({ when: "Explain what this part does", say: "It adds **numbers**." });
    await vscode.commands.executeCommand("sterna.explain");
    const first = await engine.api.conversation();
    assert.deepEqual(
      first?.turns.map(({ text, state }) => [text, state]),
      [
        ["Explain this code (src/cart.ts, lines 4 to 6)", "done"],
        ["It adds **numbers**.", "done"],
      ],
    );
    await vscode.commands.executeCommand("sterna.explain");
    const second = await engine.api.conversation();
    assert.notEqual(second?.id, first?.id);
    assert.equal(second?.turns.length, 2);
  });

  it("sterna.explainTerminal asks about what is selected in the terminal, and leaves the clipboard alone", async () => {
    const written = new vscode.EventEmitter<string>();
    const terminal = vscode.window.createTerminal({
      name: "test",
      pty: { onDidWrite: written.event, open: () => written.fire("error: no such file\r\n"), close: () => {} },
    });
    try {
      terminal.show(false);
      await until("the terminal", () => vscode.window.activeTerminal === terminal);
      await vscode.env.clipboard.writeText("mine");
      engine.script({ when: "error: no such file", say: "The file is missing." });
      let errors: string[] = [];
      for (let attempt = 0; attempt < 20; attempt++) {
        await vscode.commands.executeCommand("workbench.action.terminal.selectAll");
        errors = await errorsOf(() => vscode.commands.executeCommand("sterna.explainTerminal"));
        if (errors.length === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 250));
        terminal.show(false);
      }
      assert.deepEqual(errors, []);
      const conversation = await engine.api.conversation();
      assert.equal(conversation?.turns.at(-1)?.text, "The file is missing.");
      assert.deepEqual(conversation?.turns[0]?.attached, ["terminal"]);
      assert.equal(await vscode.env.clipboard.readText(), "mine");
    } finally {
      terminal.dispose();
    }
  }).timeout(30_000);

  it("sterna.explainTerminal leaves a clipboard without text alone: it may hold a picture", async () => {
    const terminal = vscode.window.createTerminal({
      name: "test",
      pty: { onDidWrite: new vscode.EventEmitter<string>().event, open: () => {}, close: () => {} },
    });
    const original = vscode.window.showWarningMessage;
    const asked: string[] = [];
    const copies: string[] = [];
    const executed = vscode.commands.executeCommand;
    (vscode.window as unknown as Record<string, unknown>).showWarningMessage = async (text: string) => {
      asked.push(text);
    };
    try {
      terminal.show(false);
      await until("the terminal", () => vscode.window.activeTerminal === terminal);
      await vscode.env.clipboard.writeText("");
      (vscode.commands as unknown as Record<string, unknown>).executeCommand = (id: string, ...args: unknown[]) => {
        copies.push(id);
        return executed(id, ...args);
      };
      const errors = await errorsOf(() => executed("sterna.explainTerminal"));
      assert.match(errors.join(), /The clipboard was left as it is/);
      assert.match(asked.join(), /takes the clipboard, which holds no text now/);
      assert.ok(!copies.some((id) => id.includes("copySelection")), copies.join());
    } finally {
      (vscode.commands as unknown as Record<string, unknown>).executeCommand = executed;
      (vscode.window as unknown as Record<string, unknown>).showWarningMessage = original;
      terminal.dispose();
    }
  }).timeout(30_000);
});
