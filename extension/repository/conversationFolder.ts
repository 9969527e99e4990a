/**
 * The folder for the open project's conversations. It is still found after the project's folder was renamed or moved,
 * by the identity that the file system gives the project's folder.
 */
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { findProject, type Project } from "./projects.ts";

const PROJECTS = "projects";
const CONVERSATIONS = "conversations";

export function conversationFolder(context: vscode.ExtensionContext): string {
  const storage = context.globalStorageUri.fsPath;
  const project = vscode.workspace.workspaceFile ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  if (project === undefined) {
    return join(storage, CONVERSATIONS);
  }
  const known = context.globalState.get<Project[]>(PROJECTS, []);
  const { found, projects } = findProject(known, { path: project.toString(), identity: identityOf(project) });
  if (projects !== known) {
    void context.globalState.update(PROJECTS, projects);
  }
  return adopted(context.storageUri, join(storage, PROJECTS, found.folder, CONVERSATIONS));
}

/** Device and inode of a folder, which stay the same when it is renamed; "" where they are not known. */
function identityOf(project: vscode.Uri): string {
  if (project.scheme !== "file") {
    return "";
  }
  const stat = statSync(project.fsPath, { bigint: true, throwIfNoEntry: false });
  return stat === undefined || stat.ino === 0n ? "" : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

/**
 * Earlier versions kept conversations where VS Code keeps the workspace's data, which depends on its path. They are
 * moved; if that fails, they stay in use where they are.
 */
function adopted(storage: vscode.Uri | undefined, folder: string): string {
  const old = storage && join(storage.fsPath, CONVERSATIONS);
  if (old === undefined || !existsSync(old) || existsSync(folder)) {
    return folder;
  }
  try {
    mkdirSync(join(folder, ".."), { recursive: true });
    renameSync(old, folder);
    return folder;
  } catch {
    return old;
  }
}
