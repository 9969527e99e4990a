/** The files of the workspace that may be read, which are offered while somebody types "@". */
import * as vscode from "vscode";
import type { FileAccess } from "./fileAccess.ts";
import { walkFolder } from "./folderWalk.ts";
import { pathInWorkspace } from "./paths.ts";

const MAX_FILES = 20_000;
const MAX_MS = 3_000;
/** Milliseconds for which a list is reused: about as long as somebody types after "@". */
const FRESH_MS = 10_000;

export class WorkspaceFiles {
  readonly #access: FileAccess;
  #listed: { at: number; files: Promise<Map<string, vscode.Uri>> } | undefined;

  constructor(access: FileAccess) {
    this.#access = access;
  }

  /** Addresses by path. With several folders, a path begins with its folder's name. */
  async list(): Promise<ReadonlyMap<string, vscode.Uri>> {
    const now = Date.now();
    if (this.#listed === undefined || now - this.#listed.at > FRESH_MS) {
      this.#listed = { at: now, files: this.#walk() };
    }
    return await this.#listed.files;
  }

  /** @param path a path from {@link list}. @throws Error with one sentence for people when there is no such file. */
  async find(path: string): Promise<vscode.Uri> {
    const uri = (await this.list()).get(path);
    if (uri === undefined) {
      throw new Error(`${path} was not found.`);
    }
    return uri;
  }

  async #walk(): Promise<Map<string, vscode.Uri>> {
    const found = new Map<string, vscode.Uri>();
    const folders = vscode.workspace.workspaceFolders ?? [];
    const end = Date.now() + MAX_MS;
    for (const folder of folders) {
      const isOver = () => Date.now() > end;
      const paths = await walkFolder(folder.uri, { access: this.#access, max: MAX_FILES - found.size, isOver });
      for (const path of paths) {
        const uri = vscode.Uri.joinPath(folder.uri, path);
        found.set(folders.length > 1 ? `${folder.name}/${path}` : pathInWorkspace(uri), uri);
      }
    }
    return found;
  }
}
