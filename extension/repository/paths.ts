/** Addresses and names of files. */
import * as vscode from "vscode";

/** Schemes that show what a file holds, wherever the file lies: cells of notebooks, git's versions, proposals. */
const VIEWS_OF_FILES = new Set(["vscode-notebook-cell", "git", "sterna-edit"]);

/**
 * The file that an address stands for; most addresses are their own. An address of another scheme whose path is below a
 * workspace folder is a view of the file there: an older version, a comparison, a file of a pull request.
 */
export function fileOf(uri: vscode.Uri): vscode.Uri {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const isView = VIEWS_OF_FILES.has(uri.scheme);
  if (!isView && (uri.scheme === "untitled" || folders.some(({ uri: { scheme } }) => scheme === uri.scheme))) {
    return uri;
  }
  const folder = folders.find(({ uri: { path } }) => uri.path.startsWith(`${path}/`));
  if (folder === undefined && !isView) {
    return uri;
  }
  const { scheme, authority } = folder?.uri ?? { scheme: "file", authority: "" };
  return uri.with({ scheme, authority, query: "", fragment: "" });
}

/** As {@link fileOf}; a new file that has a place in a workspace folder, but is not saved yet, is judged as if it were. */
export function placeOf(uri: vscode.Uri): vscode.Uri {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const isNew = uri.scheme === "untitled" && uri.path.startsWith("/");
  const folder = isNew ? folders.find(({ uri: { path } }) => uri.path.startsWith(`${path}/`)) : undefined;
  const { scheme, authority } = folder?.uri ?? {};
  return scheme === undefined ? fileOf(uri) : uri.with({ scheme, authority: authority ?? "" });
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
