/** Finds the stored project that an open folder is. Plain data in and out. */
import { createHash } from "node:crypto";

export interface Project {
  /** The address of the project's folder when it was last opened. */
  path: string;
  /** What stays the same when the folder is renamed; "" where that is not known. */
  identity: string;
  /** Name of the folder that keeps its conversations. */
  folder: string;
}

/** @returns the project, and a list that contains it; the same list when nothing has changed. */
export function findProject(
  projects: readonly Project[],
  opened: Omit<Project, "folder">,
): { found: Project; projects: readonly Project[] } {
  const isOpened = ({ path, identity }: Project) => path === opened.path && identity === opened.identity;
  const same = projects.find(isOpened);
  if (same !== undefined) {
    return { found: same, projects };
  }
  const renamed = opened.identity === "" ? undefined : projects.find(({ identity }) => identity === opened.identity);
  // A folder that was deleted and restored has a new identity, but is still the same project.
  const restored = projects.find(({ path }) => path === opened.path);
  const known = renamed ?? restored;
  const found = { ...opened, folder: known?.folder ?? newFolder(projects, opened) };
  return { found, projects: [...projects.filter((project) => project !== known), found] };
}

function newFolder(projects: readonly Project[], { path, identity }: Omit<Project, "folder">): string {
  for (let attempt = 0; ; attempt++) {
    const name = createHash("sha256")
      .update(JSON.stringify([path, identity, attempt]))
      .digest("hex")
      .slice(0, 24);
    if (!projects.some(({ folder }) => folder === name)) return name;
  }
}
