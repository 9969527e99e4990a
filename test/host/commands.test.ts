import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeAll, openAt, until } from "./editor.ts";
import { answering, diffWith, errorsOf, noDiff, shownDiff, withScriptedEngine } from "./scripted.ts";

const FILE = "src/cart.ts";

describe("commands that change code", () => {
  const engine = withScriptedEngine();

  /** Selects whole lines, counted from 1, of the sample's cart. */
  async function select(first: number, last: number, file = FILE): Promise<vscode.TextEditor> {
    const editor = await openAt(file, first);
    editor.selection = new vscode.Selection(first - 1, 0, last - 1, editor.document.lineAt(last - 1).text.length);
    return editor;
  }

  /** Runs a command, waits until the change is complete and shown, and returns the text in the diff. */
  async function proposed(expected: RegExp, command: string, ...args: unknown[]): Promise<string> {
    await vscode.commands.executeCommand(command, ...args);
    assert.equal(engine.api.proposal(), "ready");
    return await diffWith(expected);
  }

  const cases: { command: string; lines: [number, number]; box?: string; when: string; say: string; text: RegExp }[] = [
    {
      command: "sterna.refactor",
      lines: [4, 6],
      box: "",
      when: "Rewrite this part",
      say: "const rewritten = 1;",
      text: /^ {2}const rewritten = 1;$/m,
    },
    {
      command: "sterna.edit",
      lines: [4, 6],
      box: "use one",
      when: "Change this part: use one",
      say: "const changed = 1;",
      text: /^ {2}const changed = 1;$/m,
    },
    {
      command: "sterna.document",
      lines: [4, 6],
      when: "Describe this part",
      say: "What it does.\n * @returns one\n",
      text: /^\s*\/\*\*\n\s*\* What it does\.\n\s*\* @returns one\n\s*\*\/$/m,
    },
  ];
  for (const { command, lines, box, when, say, text } of cases) {
    it(`${command}: the change is shown; rejected, the file is as before; accepted, one undo takes it back`, async () => {
      const input = answering("showInputBox", () => box);
      try {
        const editor = await select(...lines);
        const { document } = editor;
        // Whole statements, so that the brackets in the answer match.
        const before = document.getText();
        const selected = document.getText(editor.selection);
        const opened = (selected.match(/[({[]/g) ?? []).length - (selected.match(/[)}\]]/g) ?? []).length;
        assert.equal(opened, 0, "the sample's lines are no whole statements");
        engine.script({ when, say });

        const diff = await proposed(text, command);
        assert.notEqual(diff, before);
        assert.equal(document.getText(), before, "the file is not touched before the change is accepted");
        await vscode.commands.executeCommand("sterna.rejectChange");
        assert.equal(engine.api.proposal(), "none");
        assert.ok(noDiff());
        assert.equal(document.getText(), before);
        assert.equal(document.isDirty, false);

        await select(...lines);
        assert.equal(await proposed(text, command), diff);
        await vscode.commands.executeCommand("sterna.acceptChange");
        assert.equal(engine.api.proposal(), "none");
        assert.ok(noDiff());
        assert.equal(document.getText(), diff);
        await vscode.commands.executeCommand("undo");
        assert.equal(document.getText(), before);
      } finally {
        input.restore();
      }
    }).timeout(30_000);
  }

  it("change the selected lines only, in their indentation", async () => {
    const input = answering("showInputBox", () => "shorter");
    try {
      const editor = await openAt(FILE, 1);
      const { document } = editor;
      const line = document
        .getText()
        .split("\n")
        .findIndex((text) => /^ {2,}return\b.*;$/.test(text));
      assert.ok(line > 0);
      const indent = /^\s*/.exec(document.lineAt(line).text)?.[0];
      await select(line + 1, line + 1);
      engine.script({ when: "shorter", say: "return 0;" });
      const diff = (await proposed(/return 0;/, "sterna.edit")).split("\n");
      const expected = document.getText().split("\n");
      expected[line] = `${indent}return 0;`;
      assert.deepEqual(diff, expected);
    } finally {
      input.restore();
    }
  }).timeout(30_000);

  it("show what is written while it is written, and stop when it is rejected", async () => {
    const input = answering("showInputBox", () => "longer");
    try {
      const { document } = await select(4, 6);
      const before = document.getText();
      const say = Array.from({ length: 4000 }, (_, i) => `const line${i} = ${i};`).join("\n");
      // Slowly, because meanwhile the diff is opened, looked at, and accepting is tried in vain.
      engine.script({ when: "longer", say, pieceMs: 50 });
      const running = vscode.commands.executeCommand("sterna.edit");
      await until("the first lines", () => engine.api.proposal() === "writing" && !noDiff());
      const diff = await shownDiff();
      await until("a line in the diff", () => diff.getText().includes("const line3"));
      await vscode.commands.executeCommand("sterna.acceptChange");
      assert.equal(engine.api.proposal(), "writing", "what is not whole cannot be accepted");
      await vscode.commands.executeCommand("sterna.rejectChange");
      await running;
      assert.ok(noDiff());
      assert.equal(document.getText(), before);
      await until("the engine at rest", () => engine.api.status().state === "ready", 2_000);
    } finally {
      input.restore();
    }
  }).timeout(30_000);

  it("drop the change when its tab is closed", async () => {
    const { document } = await select(4, 6);
    const before = document.getText();
    engine.script({ when: "Describe", say: "It does." });
    await proposed(/It does\./, "sterna.document");
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await until("the end of the proposal", () => engine.api.proposal() === "none");
    assert.equal(document.getText(), before);
  });

  it("find the lines again when the file has changed elsewhere, and refuse when they are gone", async () => {
    const { document } = await select(4, 6);
    engine.script({ when: "Describe", say: "It does." });
    await proposed(/It does\./, "sterna.document");
    const above = new vscode.WorkspaceEdit();
    above.insert(document.uri, new vscode.Position(0, 0), "// a line above\n");
    await vscode.workspace.applyEdit(above);
    const changed = document.getText();
    await vscode.commands.executeCommand("sterna.acceptChange");
    const lines = document.getText().split("\n");
    const comment = lines.findIndex((text) => text.includes("* It does."));
    assert.deepEqual([...lines.slice(0, comment - 1), ...lines.slice(comment + 2)].join("\n"), changed);
    await vscode.commands.executeCommand("undo");

    await select(5, 7);
    await proposed(/It does\./, "sterna.document");
    const gone = new vscode.WorkspaceEdit();
    gone.delete(document.uri, new vscode.Range(0, 0, document.lineCount, 0));
    await vscode.workspace.applyEdit(gone);
    const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.acceptChange"));
    assert.match(errors.join(), /has changed/);
    assert.equal(document.getText(), "");
  }).timeout(30_000);

  it("show an answer that is no edit in the chat, with the reason, and change nothing", async () => {
    const { document } = await select(4, 6);
    const before = document.getText();
    const input = answering("showInputBox", () => "better");
    try {
      engine.script({ when: "better", say: "I am sorry, but I cannot change this code." });
      await vscode.commands.executeCommand("sterna.edit");
    } finally {
      input.restore();
    }
    assert.equal(engine.api.proposal(), "none");
    assert.ok(noDiff());
    assert.equal(document.getText(), before);
    const conversation = await engine.api.conversation();
    const [question, answer] = conversation?.turns ?? [];
    assert.match(question?.text ?? "", /^Change src\/cart\.ts, lines 4 to 6: better$/);
    assert.match(answer?.text ?? "", /I am sorry/);
    assert.match(answer?.note ?? "", /Not applied\. The answer is text, not code\./);
  });

  it("do nothing when the box is left", async () => {
    await select(4, 6);
    const input = answering("showInputBox", () => undefined);
    try {
      await vscode.commands.executeCommand("sterna.edit");
    } finally {
      input.restore();
    }
    assert.equal(input.shown.length, 1);
    assert.equal(engine.api.proposal(), "none");
  });

  it("say what is wrong when there is no editor, no problem, or too much", async () => {
    await closeAll();
    assert.match((await errorsOf(() => vscode.commands.executeCommand("sterna.refactor"))).join(), /No editor is open/);
    const editor = await openAt(FILE, 4);
    assert.match(
      (await errorsOf(() => vscode.commands.executeCommand("sterna.fix"))).join(),
      /no problem at the cursor/,
    );
    const long = "one two three four\n".repeat(800);
    await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), long));
    editor.selection = new vscode.Selection(0, 0, 800, 0);
    const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.document"));
    assert.match(errors.join(), /select fewer lines/);
  });

  it("sterna.tests opens a file of tests, which is written only when it is saved", async () => {
    await select(4, 6);
    engine.script({ when: "unit tests", say: 'it("works", () => {\n  run();\n});' });
    const diff = await proposed(/\}\);\n$/, "sterna.tests");
    assert.equal(diff, 'it("works", () => {\n  run();\n});\n');
    await vscode.commands.executeCommand("sterna.acceptChange");
    const { document } = vscode.window.activeTextEditor ?? {};
    assert.ok(document?.isUntitled && document.uri.path.endsWith("src/cart.test.ts"), String(document?.uri));
    assert.equal(document.getText(), diff);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "");
    const [found] = await vscode.workspace.findFiles("src/cart.test.ts");
    assert.equal(found, undefined);
  });
});

describe("code actions", () => {
  const engine = withScriptedEngine();
  let problems: vscode.DiagnosticCollection;
  before(() => {
    problems = vscode.languages.createDiagnosticCollection("test");
  });
  after(() => problems.dispose());

  async function actions(document: vscode.TextDocument, range: vscode.Range, kind: vscode.CodeActionKind) {
    const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      range,
      kind.value,
    );
    return found.filter(({ title }) => title.includes("Sterna"));
  }

  it("fix a problem from the light bulb", async () => {
    const { document } = await openAt(FILE, 4);
    const before = document.getText();
    const range = document.lineAt(4).range;
    problems.set(document.uri, [new vscode.Diagnostic(range, "the price is missing", vscode.DiagnosticSeverity.Error)]);
    const [fix, ...others] = await actions(document, range, vscode.CodeActionKind.QuickFix);
    assert.ok(fix?.command && others.length === 0);
    engine.script({ when: "This part has a problem: the price is missing", say: "const fixed = 1;" });
    await vscode.commands.executeCommand(fix.command.command, ...(fix.command.arguments ?? []));
    assert.equal(engine.api.proposal(), "ready");
    await diffWith(/const fixed = 1;/);
    await vscode.commands.executeCommand("sterna.rejectChange");
    assert.equal(document.getText(), before);
    await vscode.commands.executeCommand(fix.command.command, ...(fix.command.arguments ?? []));
    await vscode.commands.executeCommand("sterna.acceptChange");
    assert.match(document.getText(), /const fixed = 1;/);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), before);
    problems.clear();
  }).timeout(30_000);

  const rewrites: [title: string, when: string, say: string][] = [
    ["Change with Sterna…", "Change this part", "const changed = 1;"],
    ["Refactor with Sterna…", "Rewrite this part", "const rewritten = 1;"],
    ["Document with Sterna", "Describe this part", "It does."],
    ["Write tests with Sterna", "unit tests", "test();"],
  ];
  for (const [title, when, say] of rewrites) {
    it(`${title}: shown, rejected, accepted, undone`, async () => {
      const { document } = await openAt(FILE, 4);
      const before = document.getText();
      const range = new vscode.Range(3, 0, 5, document.lineAt(5).text.length);
      const found = await actions(document, range, vscode.CodeActionKind.RefactorRewrite);
      const action = found.find((candidate) => candidate.title === title);
      assert.ok(action?.command, found.map((candidate) => candidate.title).join());
      const { command, arguments: args = [] } = action.command;
      engine.script({ when, say });
      const input = answering("showInputBox", () => "so");
      try {
        await vscode.commands.executeCommand(command, ...args);
        await diffWith(new RegExp(say.replaceAll(/[.()]/g, "\\$&")));
        await vscode.commands.executeCommand("sterna.rejectChange");
        assert.equal(document.getText(), before);
        await vscode.commands.executeCommand(command, ...args);
        await vscode.commands.executeCommand("sterna.acceptChange");
        const changed = vscode.window.activeTextEditor?.document;
        assert.ok(changed);
        assert.ok(changed.getText().includes(say.trim()));
        await vscode.commands.executeCommand("undo");
        assert.ok(!changed.getText().includes(say.trim()));
        assert.equal(document.getText(), before);
      } finally {
        input.restore();
      }
    }).timeout(30_000);
  }

  it("are not offered on every line, and only on files", async () => {
    const { document } = await openAt(FILE, 4);
    const empty = new vscode.Range(3, 0, 3, 0);
    const all = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      empty,
    );
    assert.deepEqual(
      all.filter(({ title }) => title.includes("Sterna")),
      [],
    );
  });
});
