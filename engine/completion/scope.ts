/**
 * Names that are out of scope at the cursor. Suggestions may contain names from other open files. In languages where a
 * file imports by name what it uses, a name that only another file has is out of scope here. In every language, so is one
 * that is declared only in blocks that the cursor is not in.
 */
import { scanAtCursor } from "../text/codeState.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import type { Token } from "../text/scanner.ts";
import { isWordCharacter } from "../text/words.ts";
import { isDeclaredElsewhere } from "./blockScope.ts";
import { isKnownEverywhere } from "./globalNames.ts";

/** Families of languages in which a file imports by name whatever it uses of others. */
const IMPORTING = new Set(["javascript", "python"]);
/** Shorter names say too little. */
const SHORTEST_NAME = 3;
const DECLARING = /^(?:const|let|var|function|class|def|import|as|for|type|interface|enum|lambda|catch|async)$/;

/**
 * How many characters of a text, from its beginning, are in scope: those before the first name that cannot be used at the
 * cursor. Such a name is declared only in blocks that the cursor is not in; or, in languages that import by name, only
 * other files have it.
 *
 * @param others texts of other files, from which the text may be copied.
 * @param whole the answer before the gate cut it; the text is its beginning.
 */
export function lengthInScope(
  text: string,
  context: CursorContext,
  others: () => readonly string[],
  whole = text,
): number {
  const isImporting = IMPORTING.has(languageOf(context.languageId).family);
  let texts: readonly string[] | undefined;
  for (const { name, start } of namesUsed(text, context, whole)) {
    if (isDeclaredElsewhere(name, context)) return start;
    if (!isImporting || isNear(name, context)) continue;
    texts ??= others();
    if (texts.some((other) => isIn(name, other))) return start;
  }
  return text.length;
}

/** Whether the text around the cursor has a name. */
export function isNear(name: string, { prefix, restOfLine, below = "" }: CursorContext): boolean {
  return isIn(name, prefix) || isIn(name, restOfLine) || isIn(name, below);
}

/**
 * The names of the scope that a text at the cursor uses, with their offsets in it (0 for one that the user has begun to
 * type). Those that it declares itself, members, keys and what every file knows are left out.
 */
export function namesUsed(text: string, context: CursorContext, whole = text): { name: string; start: number }[] {
  const line = lineBefore(context.prefix);
  // Imports and headers bring names into the scope.
  if (/^\s*(?:async\s+)?(?:import|from|export|def|function|func|class|interface|type)\b/.test(line + text)) return [];
  const all = whole.startsWith(text) ? text + (/^[\p{L}\p{N}_$]+/u.exec(whole.slice(text.length))?.[0] ?? "") : text;
  const { tokens } = scanAtCursor(context, all);
  const written = line + all;
  const own = declaredBy(written);
  const used: { name: string; start: number }[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || token.end <= line.length) continue;
    const name = written.slice(token.start, token.end);
    if (isDeclared(tokens, index, written)) own.add(name);
    // Tags and the text between them.
    if (/[<>/-]\s*$/.test(written.slice(0, token.start)) || /^-/.test(written.slice(token.end))) continue;
    if (name.length < SHORTEST_NAME || own.has(name) || isKnownEverywhere(name)) continue;
    if (!isUse(tokens, index, written)) continue;
    // The word that the user has begun reaches to the end of the text, so it may go on.
    if (token.start < line.length && token.end === written.length) break;
    used.push({ name, start: Math.max(0, token.start - line.length) });
  }
  return used;
}

/**
 * Where a text declares several names at once, or one without a keyword; the groups have the names. A match may begin only
 * where a word begins, so that the time for a long line of data grows in proportion to its length.
 */
const DECLARATIONS: readonly RegExp[] = [
  // `a, b = ...`, `a, b := ...`, `err := ...`
  /(?<![\w$])(?=[\w$])(?:(?<![\w$]\s*,\s*)((?:[\w$]+\s*,\s*)+[\w$*]+)\s*(?::=|=(?![=>]))|([\w$]+)\s*:=)/g,
  // `const { a, b: { c } } = ...`, also where it is not written to its end
  /\b(?:const|let|var)\s*([[{][^=;]*)/g,
  // `for a, b in ...`, also behind what they are used in
  /\bfor\s+([\w\s,()*]+?)\s+in\b/g,
  // `(a, b) =>`, `a =>`, `lambda a, b:`, `func(a int)`, `catch (error)`
  /\(([^()]*)\)\s*(?::[^=(){}]+)?=>|(?<![\w$])([\w$]+)\s*=>|\blambda\s+([^:]*)|\b(?:func|function\s*\w*|catch)\s*\(([^()]*)/g,
  // `name(a, b) {` of a method
  /^\s*(?:(?:async|static|get|set|public|private|protected)\s+)*(?!(?:if|for|while|switch|catch|with)\b)[\w$#]+\(([^()]*)\)\s*(?::[^{}]+)?\{/gm,
];

/** The names that a text declares wherever it uses them. */
function declaredBy(written: string): Set<string> {
  const names = new Set<string>();
  for (const pattern of DECLARATIONS) {
    for (const [, ...groups] of written.matchAll(pattern)) {
      for (const [name] of groups.join(" ").matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) names.add(name);
    }
  }
  return names;
}

/** Whether a name is declared at this token. */
function isDeclared(tokens: readonly Token[], index: number, text: string): boolean {
  const before = tokens[index - 1];
  const behind = tokens[index + 1];
  const isAssigned = behind?.kind === "operator" && text[behind.start] === "=" && text[behind.end] !== "=";
  return isAssigned || (before?.kind === "word" && DECLARING.test(text.slice(before.start, before.end)));
}

/** Whether a word refers to something in scope, and is not a member, a key or the name of an argument. */
function isUse(tokens: readonly Token[], index: number, text: string): boolean {
  const before = tokens[index - 1];
  const behind = tokens[index + 1];
  const sign = (token: Token | undefined) => (token?.kind === "operator" ? text.slice(token.start, token.end) : "");
  return sign(before) !== "." && ![":", "="].includes(sign(behind));
}

function isIn(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + name.length])) return true;
  }
  return false;
}
