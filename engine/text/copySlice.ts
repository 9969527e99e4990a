/** V8 copies shorter slices by itself. */
const SHORTEST_SLICE = 13;

/** What V8 cannot keep in one byte for each character. */
const WIDE = /[^\0-\xff]/;

/** Copies a slice of a string, because a slice keeps the whole string in memory and a copy does not. */
export function copySlice(slice: string): string {
  if (slice.length < SHORTEST_SLICE) return slice;
  const encoding = WIDE.test(slice) ? "utf16le" : "latin1";
  return Buffer.from(slice, encoding).toString(encoding);
}
