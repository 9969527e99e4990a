/** The files of the workspace that may be read, which are offered while somebody types "@". */
import * as vscode from "vscode";
import { walkFiles } from "../../engine/workspace/fileWalk.ts";
import type { FileAccess } from "./fileAccess.ts";
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
      const at = (path: string) => (path === "" ? folder.uri : vscode.Uri.joinPath(folder.uri, path));
      const paths = await walkFiles(
        {
          read: async (path) =>
            (await vscode.workspace.fs.readDirectory(at(path)))
              // A link may lead out of the workspace.
              .filter(([, type]) => (type & vscode.FileType.SymbolicLink) === 0)
              .map(([name, type]) => ({ name, isFolder: (type & vscode.FileType.Directory) !== 0 })),
          // A file inside an ignored folder is ignored: the question is asked for the folder's content.
          isLeftOut: async (path, isFolder) => {
            const refusal = await this.#access.checkListed(at(isFolder ? `${path}/x` : path));
            return isFolder ? refusal === "ignored" : refusal !== undefined;
          },
          isOver: () => Date.now() > end,
        },
        MAX_FILES - found.size,
      );
      for (const path of paths) {
        const uri = at(path);
        found.set(folders.length > 1 ? `${folder.name}/${path}` : pathInWorkspace(uri), uri);
      }
    }
    return found;
  }
}
