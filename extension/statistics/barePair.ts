/** Recognises texts that the editor inserts by itself. Free of `vscode`. */

const PAIRS = new Set(["()", "[]", "{}", "<>", '""', "''", "``", "))", "]]", "}}", ")", "]", "}"]);

/**
 * Whether a text is only a pair of brackets or quotes, which the editor closes although nobody accepted a suggestion.
 */
export function isBarePair(text: string): boolean {
  return PAIRS.has(text.trim());
}
