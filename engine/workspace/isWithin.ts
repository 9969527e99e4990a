/** Whether a file or folder is somewhere in another folder, by its path. */
import { isAbsolute, relative, sep } from "node:path";

/** @param folder and path: absolute paths of this machine. A folder is not within itself. */
export function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
