/** Addresses and names of files. */
import * as vscode from "vscode";

/** Schemes whose addresses carry the path of a file of the workspace: cells of notebooks, git's versions, proposals. */
const VIEWS_OF_FILES = new Set(["vscode-notebook-cell", "git", "sterna-edit"]);

/** The file that an address stands for; most addresses are their own. */
export function fileOf(uri: vscode.Uri): vscode.Uri {
  if (!VIEWS_OF_FILES.has(uri.scheme)) {
    return uri;
  }
  const folder = vscode.workspace.workspaceFolders?.find(({ uri: { path } }) => uri.path.startsWith(`${path}/`));
  const { scheme, authority } = folder?.uri ?? { scheme: "file", authority: "" };
  return uri.with({ scheme, authority, query: "", fragment: "" });
}

/** Relative to the workspace folder, with forward slashes; the name alone when the file lies outside. */
export function pathInWorkspace(uri: vscode.Uri): string {
  const file = fileOf(uri);
  if (vscode.workspace.getWorkspaceFolder(file) === undefined) {
    return nameOf(file.path);
  }
  return vscode.workspace.asRelativePath(file, false).replaceAll("\\", "/");
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
