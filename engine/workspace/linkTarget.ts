/** Links: a file is also judged by where it leads, so that a link to a file that may not be read is no way round that. */
import { join, relative } from "node:path";
import { isWithin } from "./isWithin.ts";

/**
 * The folder to judge a file in that none of the workspace's folders holds by its address: the one that holds it by what
 * the file system says, because a workspace can be opened by a link.
 *
 * @param folders of the workspace, with what they lead to.
 */
export function folderOf(
  realFile: string,
  folders: readonly Pick<RealPaths, "folder" | "realFolder">[],
): Pick<RealPaths, "folder" | "realFolder"> | undefined {
  const holding = folders.filter(({ realFolder }) => isWithin(realFolder, realFile));
  return holding.sort((one, other) => other.realFolder.length - one.realFolder.length)[0];
}

/** A file and the folder that it is judged in, as they are addressed and as the file system has them. */
export interface RealPaths {
  file: string;
  realFile: string;
  folder: string;
  realFolder: string;
}

/**
 * The file that a path leads to by a link below the folder, addressed as its neighbours are; undefined where the path is
 * the file's own. Paths are those of this machine. A link above the folder changes nothing.
 */
export function linkTarget({ file, realFile, folder, realFolder }: RealPaths): string | undefined {
  if (isWithin(folder, file) && realFile === join(realFolder, relative(folder, file))) return undefined;
  const target = isWithin(realFolder, realFile) ? join(folder, relative(realFolder, realFile)) : realFile;
  return target === file ? undefined : target;
}
