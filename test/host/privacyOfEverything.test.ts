/**
 * With a file of secrets open, every command of the manifest is called, every attachment is asked for, and every setting that
 * can be switched is switched, one after the other: nothing of the file reaches a model, nor any file of Sterna's on disk.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { messageOf } from "../../engine/client/errors.ts";
import type { Status } from "../../engine/protocol/status.ts";
import { attachment } from "../../extension/chat/attachments.ts";
import { ConfigStore } from "../../extension/config.ts";
import { type ParticipantDependencies, participantHandler } from "../../extension/lm/participant.ts";
import { FileAccess } from "../../extension/repository/fileAccess.ts";
import { WorkspaceFiles } from "../../extension/repository/workspaceFiles.ts";
import { nextResult, openAt, settled, sleep, type, until } from "./editor.ts";
import { answering, errorsOf, isIdle, withScriptedEngine } from "./scripted.ts";

const SECRET = "correctHorseBatterySecret";
/** What is typed in the file stays in it, too: nothing of it is among the last edits that a prompt may have. */
const TYPED = "stapleTypedSecret";
const FILE = ".env";
const OTHER = "src/secretless.ts";
/** Commands that read no editor: these two end the scripted engine, or measure the machine for a minute. */
const LEFT_OUT = new Set(["sterna.restart", "sterna.benchMachine"]);
/** Values to be tried where a setting is neither yes or no nor one of a list. Its own list of files is left as it is. */
const VALUES: Record<string, unknown> = {
  "sterna.inline.languages": { "*": true },
  "sterna.inline.maxTokens": 64,
  "sterna.inline.debounceMs": 0,
  "sterna.unloadMinutes": 60,
};
/** Settings that say which model or machine answers; they would take the scripted model away. */
const OF_THE_MACHINE = /^sterna\.(enabled|model|chatModel|threads|cache|contextTokens|models\.|server\.)/;

interface Property {
  type?: string | string[];
  enum?: unknown[];
  default?: unknown;
}

const extension = () => vscode.extensions.getExtension("sterna.sterna") ?? assert.fail("it is not installed");
const folder = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail("no folder is open");

function manifest(): { commands: string[]; settings: [name: string, Property][] } {
  const { commands, configuration } = extension().packageJSON.contributes as {
    commands: { command: string }[];
    configuration: { properties: Record<string, Property> } | { properties: Record<string, Property> }[];
  };
  const sections = Array.isArray(configuration) ? configuration : [configuration];
  return {
    commands: commands.map(({ command }) => command),
    settings: sections.flatMap(({ properties }) => Object.entries(properties)),
  };
}

/** Every other value that is worth a try. */
function othersOf(name: string, property: Property): unknown[] {
  if (name in VALUES) return [VALUES[name]];
  if (property.type === "boolean") return [property.default !== true];
  return (property.enum ?? []).filter((value) => value !== property.default);
}

describe("with a file of secrets open", () => {
  const engine = withScriptedEngine();

  before(async () => {
    const encoder = new TextEncoder();
    const file = (name: string) => vscode.Uri.file(path.join(folder(), name));
    await vscode.workspace.fs.writeFile(file(FILE), encoder.encode(`const password = "${SECRET}";\n`));
    await vscode.workspace.fs.writeFile(file(OTHER), encoder.encode("export const mayBeRead = 1;\n"));
  });
  after(() => {
    for (const file of [FILE, OTHER]) rmSync(path.join(folder(), file), { force: true });
    rmSync(path.join(folder(), ".git"), { recursive: true, force: true });
  });

  async function openSecret(): Promise<vscode.TextEditor> {
    const editor = await openAt(FILE, 1);
    editor.selection = new vscode.Selection(0, 0, 0, editor.document.lineAt(0).text.length);
    return editor;
  }

  it("every command of the manifest is called in it", async () => {
    const { commands } = manifest();
    let current = "";
    const dialogs = [
      answering("showQuickPick", () => undefined),
      // The key of a server would be kept beyond the test.
      answering("showInputBox", () => (current === "sterna.setServerKey" ? undefined : "make it shorter")),
    ];
    const messages = ["showInformationMessage", "showWarningMessage"] as const;
    const originals = messages.map((name) => vscode.window[name]);
    for (const name of messages) {
      (vscode.window as unknown as Record<string, unknown>)[name] = async () => undefined;
    }
    try {
      for (current of commands.filter((command) => !LEFT_OUT.has(command))) {
        await openSecret();
        const called = errorsOf(() => vscode.commands.executeCommand(current));
        await Promise.race([called, sleep(2_000)]);
        // A list that one chooses from waits until it is closed.
        await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
        await vscode.commands.executeCommand("sterna.rejectChange");
        await Promise.race([called, sleep(2_000)]);
        const shown = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme.startsWith("sterna"));
        for (const document of shown) assert.ok(!document.getText().includes(SECRET), `${current}: ${document.uri}`);
      }
    } finally {
      for (const dialog of dialogs) dialog.restore();
      for (const [index, name] of messages.entries()) {
        (vscode.window as unknown as Record<string, unknown>)[name] = originals[index];
      }
      // One of them turns suggestions off.
      await vscode.workspace.getConfiguration("sterna").update("enabled", undefined, vscode.ConfigurationTarget.Global);
      await vscode.workspace
        .getConfiguration("sterna")
        .update("enabled", undefined, vscode.ConfigurationTarget.Workspace);
    }
    assert.ok(commands.length > 30, `${commands.length} commands`);
  }).timeout(300_000);

  it("every attachment of it is refused, by lines and by address, too", async () => {
    const config = new ConfigStore(() => "");
    const access = new FileAccess(config);
    const files = new WorkspaceFiles(access);
    try {
      const { document } = await openSecret();
      const offers = [
        "selection",
        "file",
        "problems",
        `file:${FILE}`,
        `lines:1-1:${document.uri}`,
        "lines:1-1:file:///x",
      ];
      for (const offer of offers) {
        const refused = /Sterna does not read \.env|was not found|is not part of the workspace/;
        await assert.rejects(attachment(offer, { access, files }), refused, offer);
      }
      const handle = participantHandler({
        engine: {
          status: { state: "ready", detail: "", model: { name: "m", chat: true } } as Status,
          stream: () => assert.fail("the model is asked"),
        },
        access,
        models: { chatModel: async () => undefined },
      } as unknown as ParticipantDependencies);
      const said: string[] = [];
      const stream = { markdown: (text: string) => said.push(text), button: () => {} };
      const { token } = new vscode.CancellationTokenSource();
      for (const value of [document.uri, new vscode.Location(document.uri, new vscode.Range(0, 0, 1, 0))]) {
        const request = { prompt: "What is it?", references: [{ value }] } as unknown as vscode.ChatRequest;
        const history = { history: [] } as unknown as vscode.ChatContext;
        await handle(request, history, stream as unknown as vscode.ChatResponseStream, token);
      }
      assert.equal(said.filter((text) => /Sterna does not read \.env/.test(text)).length, 2, said.join());
    } finally {
      access.dispose();
      config.dispose();
    }
  }).timeout(60_000);

  it("every setting is switched while it is typed in, and beside it", async () => {
    const section = vscode.workspace.getConfiguration();
    const tried: string[] = [];
    for (const [name, property] of manifest().settings.filter(([name]) => !OF_THE_MACHINE.test(name))) {
      for (const value of othersOf(name, property)) {
        await section.update(name, value, vscode.ConfigurationTarget.Global);
        tried.push(name);
        try {
          await openAt(FILE, 1);
          const before = settled(engine.api);
          await type(`\nconst a${tried.length} = "${TYPED}`);
          assert.equal(await nextResult(engine.api, before), false, name);
          assert.equal(engine.api.lastSilence(), "excluded", name);
          await openAt(OTHER, 1);
          const beside = settled(engine.api);
          await type(`\nconst password${tried.length} = `);
          await nextResult(engine.api, beside).catch((error) => assert.fail(`${name}: ${messageOf(error)}`));
          const shown = `${engine.api.lastShown()?.text} ${JSON.stringify(engine.api.nextEdit())}`;
          for (const secret of [SECRET, TYPED]) assert.ok(!shown.includes(secret), `${name}: ${shown}`);
        } finally {
          await section.update(name, undefined, vscode.ConfigurationTarget.Global);
        }
        await until("the engine at rest", () => isIdle(engine.api), 30_000);
      }
    }
    for (const name of ["sterna.readIgnoredFiles", "sterna.inline.mode", "sterna.inline.languages"]) {
      assert.ok(tried.includes(name), tried.join());
    }
  }).timeout(300_000);

  it("what is selected in the terminal is attached, unless it has something of the file", async () => {
    const config = new ConfigStore(() => "");
    const access = new FileAccess(config);
    const files = new WorkspaceFiles(access);
    const attach = () => attachment("terminal", { access, files });
    /** The attachment that is made, or the message of the error, once something is selected. */
    const attachedFrom = async (terminal: vscode.Terminal): Promise<string> => {
      for (let attempt = 0; attempt < 40; attempt++) {
        terminal.show(false);
        await until("the terminal", () => vscode.window.activeTerminal === terminal);
        await vscode.commands.executeCommand("workbench.action.terminal.selectAll");
        const said = await attach().then(({ text }) => text, messageOf);
        if (said !== "Nothing is selected in the terminal.") return said;
        await sleep(250);
      }
      return assert.fail("nothing could be selected");
    };
    const { document } = await openSecret();
    const secretLine = document.lineAt(0).text;
    const refused =
      /^The selection in the terminal has something of \.env, which the setting "sterna\.inline\.exclude" lists/;
    const outputs: [output: string, expected: RegExp][] = [
      ["error: no such file", /^error: no such file/],
      [`$ cat .env\r\n${secretLine}`, refused],
      [`12: ${SECRET} is wrong`, refused],
    ];
    try {
      for (const [output, expected] of outputs) {
        const written = new vscode.EventEmitter<string>();
        const open = () => written.fire(`${output}\r\n`);
        const terminal = vscode.window.createTerminal({
          name: "t",
          pty: { onDidWrite: written.event, open, close() {} },
        });
        try {
          // What was copied from the file before is neither attached, nor lost.
          await vscode.env.clipboard.writeText(secretLine);
          assert.match(await attachedFrom(terminal), expected);
          await vscode.commands.executeCommand("workbench.action.terminal.clearSelection");
          await assert.rejects(attach(), /Nothing is selected in the terminal/);
          assert.equal(await vscode.env.clipboard.readText(), secretLine);
          const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.explainTerminal"));
          assert.match(errors.join(), /Nothing is selected in the terminal/);
        } finally {
          terminal.dispose();
        }
      }
    } finally {
      await vscode.env.clipboard.writeText("");
      await vscode.commands.executeCommand("workbench.action.closePanel");
      access.dispose();
      config.dispose();
    }
  }).timeout(120_000);

  it("a commit message is made of the other staged files alone", async () => {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder(), stdio: "pipe" });
    rmSync(path.join(folder(), ".git"), { recursive: true, force: true });
    git("init", "-q");
    git("add", "--force", FILE, OTHER);
    const api = (await vscode.extensions.getExtension("vscode.git")?.activate())?.getAPI(1);
    await api?.openRepository(vscode.Uri.file(folder()));
    type Repository = { state: { indexChanges: unknown[] } };
    const isStaged = ({ state }: Repository) => state.indexChanges.length > 1;
    await until("the staged files", () => ((api?.repositories ?? []) as Repository[]).some(isStaged));
    engine.script({ when: "mayBeRead", say: "Add what may be read" });
    await openSecret();
    const scm = { rootUri: vscode.Uri.file(folder()) };
    const errors = await errorsOf(() => vscode.commands.executeCommand("sterna.commitMessage", scm));
    assert.deepEqual(errors, []);
    assert.ok(engine.prompts().includes("mayBeRead"), "the prompt has the other file");
  }).timeout(60_000);

  it("nothing of it is in a prompt, nor in any file of Sterna's", () => {
    const prompts = engine.prompts();
    const kept = readdirSync(path.join(folder(), "..", "data"), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(folder(), "..", "data", name))
      .filter((file) => /sterna\.sterna/.test(file) && statSync(file, { throwIfNoEntry: false })?.isFile() === true);
    assert.ok(kept.length > 0, "there are files of Sterna's");
    for (const secret of [SECRET, TYPED]) {
      assert.ok(!prompts.includes(secret), `a prompt has ${secret}`);
      for (const file of kept) assert.ok(!readFileSync(file, "latin1").includes(secret), `${file} has ${secret}`);
    }
  });
});
