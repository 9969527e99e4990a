/**
 * Which files git ignores: reads the .gitignore files from the workspace folder down to a file and what else git goes by
 * (engine/workspace/outerRules.ts), and reads them again when one of them changes.
 */
import * as vscode from "vscode";
import type { IgnoreFile } from "../../engine/workspace/gitignore.ts";
import {
  isIgnoredWithin,
  NO_OUTER_RULES,
  type OuterRules,
  readNestedRules,
  readOuterRules,
} from "../../engine/workspace/outerRules.ts";
import { RulesWatcher } from "../../engine/workspace/watchRules.ts";
import { nameOf, placeOf } from "./paths.ts";

export class IgnoredFiles implements vscode.Disposable {
  /** Rules that begin in a folder, by its address: of a repository that begins there, then of its .gitignore. */
  readonly #texts = new Map<string, string[]>();
  /** By the address of a workspace folder. */
  readonly #outer = new Map<string, OuterRules>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #watcher = vscode.workspace.createFileSystemWatcher("**/.gitignore");
  readonly #outerWatcher: RulesWatcher;

  /** @param onChange called when a pattern has changed. */
  constructor(onChange: () => void) {
    const forget = (uri: vscode.Uri) => {
      this.#forget(vscode.Uri.joinPath(uri, "..").toString());
      onChange();
    };
    this.#watcher.onDidChange(forget);
    this.#watcher.onDidCreate(forget);
    this.#watcher.onDidDelete(forget);
    this.#outerWatcher = new RulesWatcher(() => {
      this.#outer.clear();
      for (const key of [...this.#texts.keys(), ...this.#pending.keys()]) this.#forget(key);
      onChange();
    });
  }

  /**
   * Undefined until the files have been read; call {@link read} in that case. A file outside of the workspace is judged as
   * one of a workspace that is its folder, if that is in a repository.
   */
  has(uri: vscode.Uri): boolean | undefined {
    const file = placeOf(uri);
    const root = rootOf(file);
    if (root === undefined) return false;
    const outer = this.#outer.get(root.uri.toString());
    if (outer === undefined) return undefined;
    if (root.isOutside && !outer.isInRepository) return false;
    const files: IgnoreFile[] = [];
    for (const { folder, uri: address } of foldersOf(file, root)) {
      const texts = this.#texts.get(address.toString());
      if (texts === undefined) return undefined;
      files.push(...texts.map((text) => ({ folder, text })));
    }
    return isIgnoredWithin(outer, files, relativePath(file, root));
  }

  async read(uri: vscode.Uri): Promise<void> {
    const file = placeOf(uri);
    const root = rootOf(file);
    if (root === undefined) return;
    const outer = this.#readOuter(root);
    if (root.isOutside && !outer.isInRepository) return;
    await Promise.all(foldersOf(file, root).map(({ uri: folder }) => this.#readOne(folder, root.uri, outer)));
  }

  dispose(): void {
    this.#watcher.dispose();
    this.#outerWatcher.dispose();
  }

  #readOuter({ uri: root, isOutside }: Root): OuterRules {
    const key = root.toString();
    const known = this.#outer.get(key);
    if (known !== undefined) return known;
    const rules = root.scheme === "file" ? readOuterRules(root.fsPath) : NO_OUTER_RULES;
    this.#outer.set(key, rules);
    this.#outerWatcher.add(rules.sources);
    // The editor's watcher tells of changes within the workspace alone.
    if (isOutside) this.#outerWatcher.add([vscode.Uri.joinPath(root, ".gitignore").fsPath]);
    return rules;
  }

  /** What counts in a folder of the workspace folder if a repository of its own begins there. */
  #nestedRules(folder: vscode.Uri, root: vscode.Uri, outer: OuterRules): string[] {
    if (folder.scheme !== "file" || folder.toString() === root.toString()) return [];
    const nested = readNestedRules(folder.fsPath, outer);
    if (nested === undefined) return [];
    this.#outerWatcher.add([nested.source]);
    return [nested.text];
  }

  #readOne(folder: vscode.Uri, root: vscode.Uri, outer: OuterRules): Promise<void> {
    const key = folder.toString();
    if (this.#texts.has(key)) {
      return Promise.resolve();
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      return pending;
    }
    const reading = this.#textsOf(folder, root, outer).then((texts) => {
      // What was forgotten meanwhile is read again.
      if (this.#pending.get(key) !== reading) return;
      this.#texts.set(key, texts);
      this.#pending.delete(key);
    });
    this.#pending.set(key, reading);
    return reading;
  }

  async #textsOf(folder: vscode.Uri, root: vscode.Uri, outer: OuterRules): Promise<string[]> {
    const own = await Promise.resolve(vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, ".gitignore"))).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => "",
    );
    return [...this.#nestedRules(folder, root, outer), own].filter((text) => text !== "");
  }

  #forget(key: string): void {
    this.#texts.delete(key);
    this.#pending.delete(key);
  }
}

/** The folder that a file is judged in. */
interface Root {
  uri: vscode.Uri;
  isOutside: boolean;
}

function relativePath(file: vscode.Uri, { isOutside }: Root): string {
  return isOutside ? nameOf(file.path) : vscode.workspace.asRelativePath(file, false).replaceAll("\\", "/");
}

function rootOf(file: vscode.Uri): Root | undefined {
  if (file.scheme === "untitled") return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(file);
  if (folder !== undefined) return { uri: folder.uri, isOutside: false };
  return file.scheme === "file" ? { uri: vscode.Uri.joinPath(file, ".."), isOutside: true } : undefined;
}

/** The folders from the workspace folder down to that of a file. */
function foldersOf(file: vscode.Uri, root: Root): { folder: string; uri: vscode.Uri }[] {
  const parts = relativePath(file, root).split("/").slice(0, -1);
  return ["", ...parts].map((_, depth) => {
    const folder = parts.slice(0, depth).join("/");
    return { folder, uri: folder === "" ? root.uri : vscode.Uri.joinPath(root.uri, folder) };
  });
}
