/** Lists the files of a workspace folder, those near the top first. */

export interface Entry {
  name: string;
  isFolder: boolean;
}

export interface Walk {
  /** The entries of a folder; "" is the workspace folder itself. Rejects when it cannot be read. */
  read(folder: string): Promise<readonly Entry[]>;
  /** Whether a folder or file is to be left out. */
  isLeftOut(path: string, isFolder: boolean): Promise<boolean>;
  /** Whether to end the walk early. */
  isOver(): boolean;
}

/** Folders whose files were written by other people or made by tools. */
export const FOREIGN_FOLDERS = new Set([
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  "bower_components",
  ".venv",
  "venv",
  "__pycache__",
  ".tox",
  ".mypy_cache",
  ".gradle",
  ".next",
  ".cache",
]);
/** How many folders are read at the same time. */
const PARALLEL = 16;

/** @param max the most files. @returns paths with slashes, in the order in which they were found. */
export async function walkFiles(walk: Walk, max: number): Promise<string[]> {
  const files: string[] = [];
  let level = [""];
  while (level.length > 0 && files.length < max && !walk.isOver()) {
    const next: string[] = [];
    for (let start = 0; start < level.length && files.length < max && !walk.isOver(); start += PARALLEL) {
      const found = await Promise.all(level.slice(start, start + PARALLEL).map((folder) => entriesOf(walk, folder)));
      files.push(...found.flatMap((each) => each.files));
      next.push(...found.flatMap((each) => each.folders));
    }
    level = next;
  }
  return files.slice(0, max);
}

async function entriesOf(walk: Walk, folder: string): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = [];
  const folders: string[] = [];
  for (const { name, isFolder } of await walk.read(folder).catch(() => [])) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if ((isFolder && FOREIGN_FOLDERS.has(name)) || (await walk.isLeftOut(path, isFolder))) continue;
    (isFolder ? folders : files).push(path);
  }
  return { files, folders };
}
