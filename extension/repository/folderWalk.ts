/** Finds the files of a workspace folder that may be read. Links and what may not be read are left out. */
import * as vscode from "vscode";
import { walkFiles } from "../../engine/workspace/fileWalk.ts";
import type { Refusal } from "../../engine/workspace/refusal.ts";
import type { FileAccess } from "./fileAccess.ts";

export interface FolderWalk {
  access: FileAccess;
  /** The most files. */
  max: number;
  /** Whether to end the walk early. */
  isOver(): boolean;
  /** Called with a file, or a folder with all that is in it, that is left out because it may not be read. */
  onRefused?(refusal: Refusal, path: string): void;
}

/** @returns paths relative to the folder, with slashes, in the order in which they were found. */
export async function walkFolder(folder: vscode.Uri, walk: FolderWalk): Promise<string[]> {
  const { access, max, isOver, onRefused } = walk;
  const uriOf = (path: string) => (path === "" ? folder : vscode.Uri.joinPath(folder, path));
  return await walkFiles(
    {
      read: async (path) =>
        (await vscode.workspace.fs.readDirectory(uriOf(path)))
          // A link may lead out of the workspace.
          .filter(([, type]) => (type & vscode.FileType.SymbolicLink) === 0)
          .map(([name, type]) => ({ name, isFolder: (type & vscode.FileType.Directory) !== 0 })),
      // A file inside an ignored folder is ignored, so the question is asked for the folder's content.
      isLeftOut: async (path, isFolder) => {
        const refusal = await access.checkListed(uriOf(isFolder ? `${path}/x` : path));
        if (refusal === undefined || (isFolder && refusal !== "ignored")) return false;
        onRefused?.(refusal, path);
        return true;
      },
      isOver,
    },
    max,
  );
}
