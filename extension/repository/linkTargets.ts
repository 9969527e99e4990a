/** Where files lead that are links. The answers are kept, because every keystroke asks. */
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import * as vscode from "vscode";
import { folderOf, linkTarget } from "../../engine/workspace/linkTarget.ts";
import { fileOf } from "./paths.ts";

export class LinkTargets implements vscode.Disposable {
  readonly #targets = new Map<string, vscode.Uri | undefined>();
  readonly #listeners: vscode.Disposable[];

  constructor() {
    const forget = (uri: vscode.Uri) => this.#targets.delete(keyOf(fileOf(uri)));
    this.#listeners = [
      // A link may lead elsewhere by the time its file is opened again, or read again from the disk.
      vscode.workspace.onDidOpenTextDocument(({ uri }) => forget(uri)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (!document.isDirty && contentChanges.length > 0) forget(document.uri);
      }),
    ];
  }

  /** The file that an address leads to; undefined where it is no link, "unknown" until {@link read} has looked. */
  of(uri: vscode.Uri): vscode.Uri | "unknown" | undefined {
    const file = fileOf(uri);
    if (file.scheme !== "file") return undefined;
    const key = keyOf(file);
    return this.#targets.has(key) ? this.#targets.get(key) : "unknown";
  }

  async read(uri: vscode.Uri): Promise<void> {
    const file = fileOf(uri);
    if (file.scheme !== "file") return;
    this.#targets.set(keyOf(file), await targetOf(file));
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }
}

function keyOf(uri: vscode.Uri): string {
  return uri.toString();
}

async function targetOf(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const file = uri.fsPath;
  try {
    const realFile = await realpath(file);
    const target = linkTarget({ file, realFile, ...(await folderFor(uri, realFile)) });
    return target === undefined ? undefined : vscode.Uri.file(target);
  } catch {
    // There is no such file yet, or none that can be read.
    return undefined;
  }
}

async function folderFor(uri: vscode.Uri, realFile: string) {
  const own = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  if (own !== undefined) return { folder: own, realFolder: await realpath(own) };
  const opened = (vscode.workspace.workspaceFolders ?? []).filter(({ uri: { scheme } }) => scheme === "file");
  const all = await Promise.all(
    opened.map(async ({ uri: { fsPath: folder } }) => ({
      folder,
      realFolder: await realpath(folder).catch(() => folder),
    })),
  );
  const beside = dirname(uri.fsPath);
  return folderOf(realFile, all) ?? { folder: beside, realFolder: await realpath(beside) };
}
