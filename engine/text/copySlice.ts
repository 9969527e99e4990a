/** V8 copies shorter slices by itself. */
const SHORTEST_SLICE = 13;

/** Copies a slice of a string, because a slice keeps the whole string in memory and a copy does not. */
export function copySlice(slice: string): string {
  return slice.length < SHORTEST_SLICE ? slice : Buffer.from(slice, "utf16le").toString("utf16le");
}
