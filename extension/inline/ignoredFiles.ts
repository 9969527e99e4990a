/**
 * Which files git ignores: reads the .gitignore files from the workspace folder down to a document, and again when one
 * of them changes.
 */
import * as vscode from "vscode";
import { type IgnoreFile, isIgnored } from "./gitignore.ts";

export class IgnoredFiles implements vscode.Disposable {
  /** Text of the .gitignore of a folder, by its address; "" where there is none. */
  readonly #texts = new Map<string, string>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/.gitignore");

  /** @param onChange told when a pattern has changed. */
  constructor(onChange: () => void) {
    const forget = (uri: vscode.Uri) => {
      this.#texts.delete(vscode.Uri.joinPath(uri, "..").toString());
      onChange();
    };
    this.#watcher.onDidChange(forget);
    this.#watcher.onDidCreate(forget);
    this.#watcher.onDidDelete(forget);
  }

  /** Undefined until the files have been read; call {@link read} then. Outside the workspace nothing is ignored. */
  has(uri: vscode.Uri): boolean | undefined {
    const folders = foldersOf(uri);
    const files: IgnoreFile[] = [];
    for (const { folder, uri: address } of folders) {
      const text = this.#texts.get(address.toString());
      if (text === undefined) {
        return undefined;
      }
      files.push({ folder, text });
    }
    const path = folders.length === 0 ? "" : vscode.workspace.asRelativePath(uri, false).replaceAll("\\", "/");
    return path !== "" && isIgnored(files, path);
  }

  async read(uri: vscode.Uri): Promise<void> {
    await Promise.all(foldersOf(uri).map(({ uri: folder }) => this.#readOne(folder)));
  }

  dispose(): void {
    this.#watcher.dispose();
  }

  #readOne(folder: vscode.Uri): Promise<void> {
    const key = folder.toString();
    const reading =
      this.#pending.get(key) ??
      Promise.resolve(vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, ".gitignore")))
        .then(
          (bytes) => new TextDecoder().decode(bytes),
          () => "",
        )
        .then((text) => {
          this.#texts.set(key, text);
          this.#pending.delete(key);
        });
    if (!this.#texts.has(key)) this.#pending.set(key, reading);
    return reading;
  }
}

/** The folders from the workspace folder down to that of a file. */
function foldersOf(uri: vscode.Uri): { folder: string; uri: vscode.Uri }[] {
  const root = uri.scheme === "untitled" ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  if (root === undefined) {
    return [];
  }
  const parts = vscode.workspace.asRelativePath(uri, false).replaceAll("\\", "/").split("/").slice(0, -1);
  return ["", ...parts].map((_, depth) => {
    const folder = parts.slice(0, depth).join("/");
    return { folder, uri: folder === "" ? root.uri : vscode.Uri.joinPath(root.uri, folder) };
  });
}
