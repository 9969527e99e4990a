/** Files that an extension provides, as over SSH, from a container, or in a shared session. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeAll, nextResult, settled, type } from "./editor.ts";
import { withScriptedEngine } from "./scripted.ts";

/** One file in memory. */
class OneFile implements vscode.FileSystemProvider {
  #content: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
    "export function add(a: number, b: number) {\n  return a + b;\n}\n",
  );
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;

  watch() {
    return new vscode.Disposable(() => {});
  }
  stat() {
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: this.#content.length };
  }
  readFile() {
    return this.#content;
  }
  writeFile(_: vscode.Uri, content: Uint8Array) {
    this.#content = Uint8Array.from(content);
  }
  readDirectory(): [string, vscode.FileType][] {
    return [];
  }
  createDirectory() {}
  delete() {}
  rename() {}
}

describe("a file of another provider", () => {
  const engine = withScriptedEngine();
  const subscriptions: vscode.Disposable[] = [];

  after(() => {
    for (const subscription of subscriptions) subscription.dispose();
  });

  async function typed(scheme: string): Promise<{ isShown: boolean; silence: string | undefined }> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path: "/src/add.ts" }));
    const editor = await vscode.window.showTextDocument(
      await vscode.languages.setTextDocumentLanguage(document, "typescript"),
    );
    const end = document.positionAt(document.getText().length);
    editor.selection = new vscode.Selection(end, end);
    const before = settled(engine.api);
    await type("const sum = ");
    return { isShown: await nextResult(engine.api, before), silence: engine.api.lastSilence() };
  }

  it("has suggestions where it can be written", async () => {
    subscriptions.push(vscode.workspace.registerFileSystemProvider("sterna-memory", new OneFile()));
    engine.script({ when: "", say: "add(1, 2);" });
    const prompts = engine.prompts().length;
    const { silence } = await typed("sterna-memory");
    assert.ok(silence === undefined || !["off", "excluded", "ignored", "untrusted"].includes(silence), silence);
    // A blank at the end is left out of the prompt: the model writes it again with the word behind it.
    assert.match(engine.prompts().slice(prompts), /const sum =/);
    await closeAll();
  }).timeout(30_000);
});
