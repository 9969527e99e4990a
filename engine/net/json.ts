/** The value of a JSON text; undefined if it is not JSON. Some servers put a byte order mark in front. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}
