/**
 * Finds the names that a file imports from files of its own project. Plain text in, plain data out; the language
 * service is then asked where they are defined.
 */

export interface ImportedName {
  name: string;
  /** UTF-16 offset of the name. */
  offset: number;
}

/** UTF-16 units at the beginning of a file that are searched, because imports are at the top. */
const SEARCHED_LENGTH = 8 * 1024;

/** Regular expressions for import statements; group 1 has the names. */
const STATEMENTS: Readonly<Record<string, RegExp>> = {
  script: /^import\s+(?:type\s+)?([^'";]*?)\s*from\s*["']\.{1,2}\//gm,
  python: /^from\s+\S+\s+import\s+(\([^)]*\)|[^\n#]*)/gm,
};
const KEYWORDS = new Set(["as", "type", "import", "from"]);
const SCRIPTS = new Set(["typescript", "javascript", "typescriptreact", "javascriptreact"]);

export function importedNames(text: string, languageId: string): ImportedName[] {
  const statement = STATEMENTS[SCRIPTS.has(languageId) ? "script" : languageId];
  if (statement === undefined) {
    return [];
  }
  const names: ImportedName[] = [];
  for (const match of text.slice(0, SEARCHED_LENGTH).matchAll(statement)) {
    const list = match[1] ?? "";
    const start = match.index + match[0].indexOf(list);
    for (const word of list.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
      if (!KEYWORDS.has(word[0])) names.push({ name: word[0], offset: start + word.index });
    }
  }
  return names;
}
