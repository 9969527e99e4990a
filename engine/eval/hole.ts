/** Holes in finished files: what a completion at their place should have been. */

export const KINDS = ["line", "identifier", "arguments", "block"] as const;

/**
 * line: from the cursor to the end of the line. identifier: the rest of a word, behind which nothing of the line stands.
 * arguments: what a closed bracket holds. block: the deeper lines behind an opener.
 */
export type Kind = (typeof KINDS)[number];

export interface Hole {
  /** Relative, with the extension that tells the language. */
  path: string;
  kind: Kind;
  /** The file before the cursor, what is missing, and the file behind it; LF. */
  prefix: string;
  middle: string;
  suffix: string;
}

/**
 * Reads holes, one JSON object a line.
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
