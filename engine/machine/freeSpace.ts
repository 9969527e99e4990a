/** The free space of a file system. */
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";

/** What a file system reports: blocks in total, blocks available to users, and bytes per block. */
export type Space = Pick<StatsFs, "blocks" | "bavail" | "bsize">;

/**
 * Free bytes; Infinity when the file system does not report them. Some that are not local (FUSE, 9P, some container
 * layers) report no blocks at all, which means nothing; writing will show whether there is room.
 */
export function freeIn({ blocks, bavail, bsize }: Space): number {
  return blocks > 0 && bsize > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
}

/** Free bytes in the file system of a folder; Infinity when it does not report them. */
export async function freeBytes(folder: string): Promise<number> {
  return freeIn(await statfs(folder));
}
