/** Nothing from a file that may not be read reaches a model, by any command or attachment, nor is it stored on disk. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { attachment } from "../../extension/chat/attachments.ts";
import { contextOffers } from "../../extension/chat/offers.ts";
import { ConfigStore } from "../../extension/config.ts";
import { FileAccess } from "../../extension/repository/fileAccess.ts";
import { WorkspaceFiles } from "../../extension/repository/workspaceFiles.ts";
import { nextResult, openAt, settled, sleep, type, until } from "./editor.ts";
import { answering, errorsOf, withScriptedEngine } from "./scripted.ts";

const SECRET = "hunter2SecretValue";
const COMMANDS = ["explain", "refactor", "fix", "document", "tests", "edit", "name"];

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

  it("are in no prompt, and in no file of Sterna's", async () => {
    assert.ok(!engine.prompts().includes(SECRET), "a prompt has the secret");
    const data = path.join(folder(), "..", "data");
    const kept = existsSync(data) ? filesBelow(data).filter((file) => /sterna\.sterna/.test(file)) : [];
    for (const file of kept) assert.ok(!readFileSync(file, "latin1").includes(SECRET), file);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
