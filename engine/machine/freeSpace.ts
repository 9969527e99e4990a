/** The free space of a file system. */
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";

/** What a file system says of itself: blocks in all and for users, and bytes of a block. */
export type Space = Pick<StatsFs, "blocks" | "bavail" | "bsize">;

/**
 * Bytes; Infinity where the file system does not tell. Some of those that lie elsewhere (FUSE, 9P, some container
 * layers) report no blocks at all: that says nothing, and writing will show whether there is room.
 */
export function freeIn({ blocks, bavail, bsize }: Space): number {
  return blocks > 0 && bsize > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
}

/** Bytes that are free in the file system of a folder; Infinity where it does not tell. */
export async function freeBytes(folder: string): Promise<number> {
  return freeIn(await statfs(folder));
}
