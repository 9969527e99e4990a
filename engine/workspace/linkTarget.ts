/** Links: a file is also judged by where it leads, so that a link to a file that may not be read is no way round that. */
import { join, relative } from "node:path";
import { isWithin } from "./isWithin.ts";

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
  if (realFile === join(realFolder, relative(folder, file))) return undefined;
  const target = isWithin(realFolder, realFile) ? join(folder, relative(realFolder, realFile)) : realFile;
  return target === file ? undefined : target;
}
