/**
 * Finds out which files git ignores. It reads the .gitignore files from the workspace folder down to a file, and reads
 * them again when one of them changes.
 */
import * as vscode from "vscode";
import { type IgnoreFile, isIgnored } from "../../engine/workspace/gitignore.ts";
import { fileOf } from "./paths.ts";

export class IgnoredFiles implements vscode.Disposable {
  /** Text of the .gitignore of a folder, by the folder's address; "" where there is none. */
  readonly #texts = new Map<string, string>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/.gitignore");

  /** @param onChange called when a pattern has changed. */
  constructor(onChange: () => void) {
    const forget = (uri: vscode.Uri) => {
      this.#texts.delete(vscode.Uri.joinPath(uri, "..").toString());
      onChange();
    };
    this.#watcher.onDidChange(forget);
    this.#watcher.onDidCreate(forget);
    this.#watcher.onDidDelete(forget);
  }

  /**
   * Undefined until the files have been read; call {@link read} in that case. Outside the workspace nothing is ignored.
   */
  has(uri: vscode.Uri): boolean | undefined {
    const file = fileOf(uri);
    const folders = foldersOf(file);
    const files: IgnoreFile[] = [];
    for (const { folder, uri: address } of folders) {
      const text = this.#texts.get(address.toString());
      if (text === undefined) {
        return undefined;
      }
      if (text !== "") files.push({ folder, text });
    }
    return files.length > 0 && isIgnored(files, relativePath(file));
  }

  async read(uri: vscode.Uri): Promise<void> {
    await Promise.all(foldersOf(fileOf(uri)).map(({ uri: folder }) => this.#readOne(folder)));
  }

  dispose(): void {
    this.#watcher.dispose();
  }

  #readOne(folder: vscode.Uri): Promise<void> {
    const key = folder.toString();
    if (this.#texts.has(key)) {
      return Promise.resolve();
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      return pending;
    }
    const reading = Promise.resolve(vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, ".gitignore")))
      .then(
        (bytes) => new TextDecoder().decode(bytes),
        () => "",
      )
      .then((text) => {
        this.#texts.set(key, text);
        this.#pending.delete(key);
      });
    this.#pending.set(key, reading);
    return reading;
  }
}

function relativePath(file: vscode.Uri): string {
  return vscode.workspace.asRelativePath(file, false).replaceAll("\\", "/");
}

/** The folders from the workspace folder down to that of a file. */
function foldersOf(file: vscode.Uri): { folder: string; uri: vscode.Uri }[] {
  const root = file.scheme === "untitled" ? undefined : vscode.workspace.getWorkspaceFolder(file);
  if (root === undefined) {
    return [];
  }
  const parts = relativePath(file).split("/").slice(0, -1);
  return ["", ...parts].map((_, depth) => {
    const folder = parts.slice(0, depth).join("/");
    return { folder, uri: folder === "" ? root.uri : vscode.Uri.joinPath(root.uri, folder) };
  });
}
