/** Addresses and names of files. */
import * as vscode from "vscode";

/** Schemes of addresses that contain the path of a workspace file: cells of notebooks, git's versions, proposals. */
const VIEWS_OF_FILES = new Set(["vscode-notebook-cell", "git", "sterna-edit"]);

/** The file that an address belongs to. Most addresses are their own file. */
export function fileOf(uri: vscode.Uri): vscode.Uri {
  if (!VIEWS_OF_FILES.has(uri.scheme)) {
    return uri;
  }
  const folder = vscode.workspace.workspaceFolders?.find(({ uri: { path } }) => uri.path.startsWith(`${path}/`));
  const { scheme, authority } = folder?.uri ?? { scheme: "file", authority: "" };
  return uri.with({ scheme, authority, query: "", fragment: "" });
}

/**
 * Whether a document is a file that people edit, whoever provides it. Other documents are input boxes, output and
 * views.
 */
export function isEditedFile({ scheme }: vscode.Uri): boolean {
  const isKnown = scheme === "untitled" || scheme === "vscode-notebook-cell";
  return isKnown || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
}

/** The path relative to the workspace folder, with forward slashes; only the name when the file is outside. */
export function pathInWorkspace(uri: vscode.Uri): string {
  const file = fileOf(uri);
  if (vscode.workspace.getWorkspaceFolder(file) === undefined) {
    return nameOf(file.path);
  }
  return vscode.workspace.asRelativePath(file, false).replaceAll("\\", "/");
}

/**
 * The file for a path that {@link pathInWorkspace} has given; an open file comes before others.
 *
 * @throws Error with one sentence for people when there is none.
 */
export async function uriOfPath(path: string): Promise<vscode.Uri> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => pathInWorkspace(uri) === path && fileOf(uri) === uri);
  if (open !== undefined) {
    return open.uri;
  }
  for (const { uri: folder } of vscode.workspace.workspaceFolders ?? []) {
    const uri = vscode.Uri.joinPath(folder, path);
    const isFile = await vscode.workspace.fs.stat(uri).then(
      ({ type }) => (type & vscode.FileType.File) !== 0,
      () => false,
    );
    if (isFile) {
      return uri;
    }
  }
  throw new Error(`The question was about ${path}, which is not there any more.`);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
