/** Holes in finished files, each with the text that a completion there should have. */

export const KINDS = ["line", "identifier", "arguments", "block"] as const;

/**
 * "line": from the cursor to the end of the line. "identifier": the rest of a word that ends its line. "arguments": the
 * content of a pair of brackets. "block": the more deeply indented lines after an opener.
 */
export type Kind = (typeof KINDS)[number];

export interface Hole {
  /** Relative path, whose extension determines the language. */
  path: string;
  kind: Kind;
  /** The file before the cursor, the missing text, and the file after it, with LF line ends. */
  prefix: string;
  middle: string;
  suffix: string;
}

/**
 * Reads holes, one JSON object per line.
 *
 * @throws Error that names the line
 */
export function parseHoles(text: string): Hole[] {
  const holes: Hole[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const problem = (what: string) => new Error(`line ${index + 1} is no hole: ${what}`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw problem("it is no JSON");
    }
    if (typeof value !== "object" || value === null) throw problem("it is no object");
    const fields = value as Partial<Record<keyof Hole, unknown>>;
    const field = (name: keyof Hole): string => {
      const found = fields[name];
      if (typeof found !== "string") throw problem(`its "${name}" is no text`);
      return found;
    };
    const kind = KINDS.find((known) => known === fields.kind);
    if (kind === undefined) throw problem(`its "kind" is none of ${KINDS.join(", ")}`);
    const hole = {
      path: field("path"),
      kind,
      prefix: field("prefix"),
      middle: field("middle"),
      suffix: field("suffix"),
    };
    if (hole.middle.trim() === "") throw problem('its "middle" is empty');
    holes.push(hole);
  }
  return holes;
}
