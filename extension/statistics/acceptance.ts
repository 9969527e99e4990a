/** Which texts the editor inserts by itself. Free of `vscode`. */

const PAIRS = new Set(["()", "[]", "{}", "<>", '""', "''", "``", "))", "]]", "}}", ")", "]", "}"]);

/** Brackets or quotes alone, which the editor closes without anybody accepting a suggestion. */
export function isBarePair(text: string): boolean {
  return PAIRS.has(text.trim());
}
