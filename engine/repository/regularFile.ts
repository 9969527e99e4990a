/** Examines a file on the disk before it is read. */
import { lstat, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { isWithin } from "../workspace/isWithin.ts";

/** A file on the disk. */
export interface FileFacts {
  bytes: number;
  /** Milliseconds since 1970. */
  modified: number;
}

/**
 * The size and the time of a regular file. Undefined for anything else, and for a file that is reached through a link,
 * because that may lead out of the workspace or to a file whose own address is excluded. Links above the opened folder
 * are the user's choice.
 *
 * @param folders absolute paths of the opened folders; the result is undefined for a file outside of them. Without any
 * folder, only the file itself must not be a link.
 */
export async function statRegularFile(path: string, folders: readonly string[]): Promise<FileFacts | undefined> {
  const stats = await lstat(path);
  if (!stats.isFile()) return undefined;
  const folder = folders.find((each) => isWithin(each, path));
  if (folders.length > 0 && folder === undefined) return undefined;
  if (folder !== undefined) {
    const expected = join(await realpath(folder), relative(folder, path));
    if ((await realpath(path)) !== expected) return undefined;
  }
  return { bytes: stats.size, modified: stats.mtimeMs };
}
