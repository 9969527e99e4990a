/** Nothing from a file that may not be read reaches a model, by any command or attachment, nor is it stored on disk. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { attachment } from "../../extension/chat/attachments.ts";
import { contextOffers } from "../../extension/chat/offers.ts";
import { ChatRelay } from "../../extension/chat/relay.ts";
import { ConfigStore } from "../../extension/config.ts";
import { FileAccess } from "../../extension/repository/fileAccess.ts";
import { WorkspaceFiles } from "../../extension/repository/workspaceFiles.ts";
import type { ToPage } from "../../webview/messages.ts";
import { nextResult, openAt, settled, sleep, type, until } from "./editor.ts";
import { answering, errorsOf, withScriptedEngine } from "./scripted.ts";

const SECRET = "hunter2SecretValue";
const COMMANDS = ["explain", "refactor", "fix", "document", "tests", "edit", "name"];
const SLASHES = ["/explain", "/fix", "/tests", "/doc", "/name", "/refactor what is in it"];
/** Leads to the first of the files. */
const LINK = "settings.ts";

/** The file with the secret, and the reason why it may not be read. */
const FILES: [file: string, reason: RegExp, silence: string][] = [
  [".env", /Sterna does not read \.env: the setting "sterna\.inline\.exclude" lists it/, "excluded"],
  ["private/notes.ts", /Sterna does not read notes\.ts: git ignores it/, "ignored"],
];

describe("files that may not be read", () => {
  const engine = withScriptedEngine();
  const folder = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail("no folder is open");

  before(async () => {
    writeFileSync(path.join(folder(), ".gitignore"), "private/\n");
    for (const [file] of FILES) {
      const uri = vscode.Uri.file(path.join(folder(), file));
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`const password = "${SECRET}";\n`));
    }
    // The watcher reports the .gitignore a moment later.
    await sleep(1000);
  });
  after(() => {
    rmSync(path.join(folder(), ".gitignore"), { force: true });
    for (const [file] of FILES) rmSync(path.join(folder(), file), { force: true });
    rmSync(path.join(folder(), LINK), { force: true });
  });

  for (const [file, reason, silence] of FILES) {
    it(`${file}: every command says so, and sends nothing`, async () => {
      const input = answering("showInputBox", () => "say what is in it");
      try {
        for (const command of COMMANDS) {
          const editor = await openAt(file, 1);
          editor.selection = new vscode.Selection(0, 6, 0, 6);
          const errors = await errorsOf(() => vscode.commands.executeCommand(`sterna.${command}`));
          assert.match(errors.join(), reason, command);
        }
        assert.deepEqual(input.shown, [], "nothing is asked before it is said");
      } finally {
        input.restore();
      }
    }).timeout(60_000);

    it(`${file}: no attachment is made of it, and "@" does not offer it`, async () => {
      const config = new ConfigStore(() => "");
      const access = new FileAccess(config);
      const files = new WorkspaceFiles(access);
      try {
        const editor = await openAt(file, 1);
        editor.selection = new vscode.Selection(0, 0, 0, 10);
        for (const offer of ["selection", "file", "problems"]) {
          await assert.rejects(attachment(offer, { access, files }), reason, offer);
        }
        await assert.rejects(attachment(`file:${file}`, { access, files }), /was not found/);
        const offered = contextOffers("", [...(await files.list()).keys()]).map(({ detail }) => detail);
        assert.ok(offered.includes("src/cart.ts"), offered.join());
        assert.ok(!offered.includes(file), offered.join());
      } finally {
        access.dispose();
        config.dispose();
      }
    });

    it(`${file}: a command after a slash gives the question back, and asks nothing`, async () => {
      const config = new ConfigStore(() => "");
      const access = new FileAccess(config);
      const files = new WorkspaceFiles(access);
      const page: ToPage[] = [];
      const asked: unknown[] = [];
      const relay = new ChatRelay(
        {
          request: (async (_: unknown, params: { action?: { type: string } }) => {
            if (params.action?.type === "ask") asked.push(params);
            return { id: "c1", title: "", turns: [] };
          }) as never,
          post: (message) => page.push(message),
          remembered: () => "",
          remember: () => {},
          attach: (offer) => attachment(offer, { access, files }),
          chatModelLabel: () => "",
          isThinking: () => false,
        },
        engine.api.status(),
      );
      try {
        await relay.open("new");
        for (const text of SLASHES) {
          const editor = await openAt(file, 1);
          editor.selection = new vscode.Selection(0, 0, 0, 10);
          const { length } = page;
          relay.receive({ type: "ask", text });
          const received = () => page.slice(length);
          await until("what is wrong", () => received().some(({ type: kind }) => kind === "problem"));
          assert.ok(
            received().some((one) => one.type === "draft" && one.text === text),
            text,
          );
          assert.match(JSON.stringify(received()), /Sterna does not read/, text);
        }
        assert.deepEqual(asked, []);
      } finally {
        access.dispose();
        config.dispose();
      }
    }).timeout(20_000);

    it(`${file}: no suggestion is made in it, and the reason is named`, async () => {
      await openAt(file, 1);
      const before = settled(engine.api);
      await type("\nconst other = ");
      assert.equal(await nextResult(engine.api, before), false);
      assert.equal(engine.api.lastSilence(), silence);
    });
  }

  it("are left out of the diff for a commit message", async () => {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder(), stdio: "pipe" });
    const extension = vscode.extensions.getExtension("vscode.git");
    // Files that another test has staged would be readable.
    rmSync(path.join(folder(), ".git"), { recursive: true, force: true });
    git("init", "-q");
    try {
      git("add", "--force", ...FILES.map(([file]) => file));
      const api = (await extension?.activate())?.getAPI(1);
      await api?.openRepository(vscode.Uri.file(folder()));
      type Repository = { state: { indexChanges: unknown[] } };
      const isStaged = ({ state }: Repository) => state.indexChanges.length > 0;
      await until("the staged files", () => ((api?.repositories ?? []) as Repository[]).some(isStaged));
      // The repository is named, because other tests may have left some open.
      const scm = { rootUri: vscode.Uri.file(folder()) };
      const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.commitMessage", scm));
      assert.match(errors.join(), /Only files that Sterna does not read are staged/);
    } finally {
      rmSync(path.join(folder(), ".git"), { recursive: true, force: true });
    }
  }).timeout(30_000);

  it("may not be read by a link either", async () => {
    symlinkSync(path.join(folder(), FILES[0]?.[0] ?? ""), path.join(folder(), LINK));
    const config = new ConfigStore(() => "");
    const access = new FileAccess(config);
    try {
      const files = new WorkspaceFiles(access);
      // Whether links are listed at all is not of interest here.
      const refused = /Sterna does not read settings\.ts|settings\.ts was not found/;
      await assert.rejects(attachment(`file:${LINK}`, { access, files }), refused);
      await openAt(LINK, 1);
      const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.explain"));
      assert.match(errors.join(), /Sterna does not read settings\.ts/);
      const before = settled(engine.api);
      await type("\nconst other = ");
      assert.equal(await nextResult(engine.api, before), false);
      assert.equal(engine.api.lastSilence(), "excluded");
    } finally {
      access.dispose();
      config.dispose();
    }
  }).timeout(20_000);

  it("may not be read in a view of another version either", async () => {
    const provider = vscode.workspace.registerTextDocumentContentProvider("version", {
      provideTextDocumentContent: () => `const password = "${SECRET}";\n`,
    });
    try {
      for (const [file] of FILES) {
        const uri = vscode.Uri.file(path.join(folder(), file)).with({ scheme: "version", query: "1" });
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
        const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.explain"));
        assert.match(errors.join(), /Sterna does not read/, file);
      }
    } finally {
      provider.dispose();
    }
  }).timeout(20_000);

  it("are known nowhere else while they are open and typed in, whatever the settings say", async () => {
    const section = vscode.workspace.getConfiguration("sterna");
    const isOn = [
      ["readIgnoredFiles", true],
      ["nextEdit.enabled", true],
    ] as const;
    // What git ignores may be read with this setting: the file that is excluded, not even then.
    writeFileSync(path.join(folder(), ".gitignore"), ".env\n");
    rmSync(path.join(folder(), FILES[1]?.[0] ?? ""), { force: true });
    for (const [name, value] of isOn) await section.update(name, value, vscode.ConfigurationTarget.Global);
    const input = answering("showInputBox", () => "make it shorter");
    const choice = answering("showQuickPick", () => undefined);
    try {
      const secret = await vscode.workspace.openTextDocument(path.join(folder(), ".env"));
      const beside = await vscode.window.showTextDocument(secret, {
        viewColumn: vscode.ViewColumn.Two,
        preview: false,
      });
      for (const name of ["first", "second"]) {
        beside.selection = new vscode.Selection(0, 0, 0, 0);
        await type(`const ${name} = "${SECRET}";\n`);
      }
      for (const command of ["explain", "edit", "document", "tests"]) {
        const editor = await openAt("src/cart.ts", 4);
        await errorsOf(() => vscode.commands.executeCommand(`sterna.${command}`));
        await vscode.commands.executeCommand("sterna.rejectChange");
        editor.selection = new vscode.Selection(3, 0, 3, 0);
      }
      const shown: string[] = [];
      for (const begun of ["const password = ", 'const first = "hun', `const second = "${SECRET.slice(0, 9)}`]) {
        await openAt("src/cart.ts", 5);
        const before = settled(engine.api);
        await type(`\n${begun}`);
        await nextResult(engine.api, before);
        shown.push(engine.api.lastShown()?.text ?? "", JSON.stringify(engine.api.nextEdit()));
      }
      assert.ok(!shown.join("\n").includes(SECRET.slice(9)), shown.join("\n"));
    } finally {
      input.restore();
      choice.restore();
      for (const [name] of isOn) await section.update(name, undefined, vscode.ConfigurationTarget.Global);
    }
  }).timeout(300_000);

  it("are in no prompt, and in no file of Sterna's", async () => {
    const prompts = engine.prompts();
    assert.ok(prompts.includes("name: string"), "the prompts have what may be read");
    assert.ok(!prompts.includes(SECRET), "a prompt has the secret");
    const kept = filesBelow(path.join(folder(), "..", "data")).filter((file) => /sterna\.sterna/.test(file));
    const texts = kept.map((file) => readFileSync(file, "latin1"));
    assert.ok(
      texts.some((text) => text.includes("name: string")),
      `what may be read is in none of ${kept.join()}`,
    );
    for (const [index, text] of texts.entries()) assert.ok(!text.includes(SECRET), kept[index]);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
