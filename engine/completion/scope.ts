/**
 * Finds names in a suggestion that are out of scope at the cursor. A suggestion may contain names from other open files. In
 * languages where a file imports by name what it uses, a name that only another file has is out of scope here. In every
 * language, a name is out of scope if it is declared only in blocks that the cursor is not in.
 */
import { scanAtCursor } from "../text/codeState.ts";
import { type CursorContext, lineBefore, textAbove } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import type { Token } from "../text/scanner.ts";
import { isWordCharacter } from "../text/words.ts";
import { isDeclaredElsewhere } from "./blockScope.ts";
import { isKnownEverywhere } from "./globalNames.ts";

/** Families of languages in which a file imports by name whatever it uses of others. */
const IMPORTING = new Set(["javascript", "python"]);
/** Languages of components with a script among their markup. */
const COMPONENTS = new Set(["vue", "svelte"]);
/** The most characters before a word that are read for the word before it. */
const LONGEST_WORD = 60;
/** Languages with tags among their code. */
const HAS_TAGS = /^javascript|react$/;
/** The most characters of an enumeration before the cursor that are read. */
const LONGEST_ENUM = 4000;
/** Shorter names are not judged, because they occur in many places with different meanings. */
const SHORTEST_NAME = 3;
const DECLARING =
  /^(?:const|let|var|function|class|def|import|as|for|type|interface|enum|lambda|catch|async|get|set|static|readonly|private|public|protected|abstract|declare|override|infer)$/;

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
  const code = codeAround(context);
  if (code === undefined) return text.length;
  let texts: readonly string[] | undefined;
  for (const { name, start } of namesUsed(text, code, whole)) {
    if (isDeclaredElsewhere(name, context)) return start;
    if (!isImporting || isNear(name, context)) continue;
    texts ??= others();
    if (texts.some((other) => isIn(name, other))) return start;
  }
  return text.length;
}

/**
 * In a component that is written as markup: the script that the cursor is in; undefined in the rest of it, where words are
 * part of sentences and attributes.
 */
function codeAround(context: CursorContext): CursorContext | undefined {
  const { prefix, languageId } = context;
  if (!COMPONENTS.has(languageId)) return context;
  const tag = prefix.lastIndexOf("<script");
  const start = tag === -1 ? 0 : prefix.indexOf(">", tag) + 1;
  if (start === 0 || prefix.includes("</script", start)) return undefined;
  return { ...context, languageId: "typescript", prefix: prefix.slice(start), prefixLine: 1 };
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
  if (declaresAll(line + text, context)) return [];
  const all = whole.startsWith(text) ? text + (/^[\p{L}\p{N}_$]+/u.exec(whole.slice(text.length))?.[0] ?? "") : text;
  // What follows the cursor may show that the text declares a name: `(|) => {`, `for | of`.
  const { tokens } = scanAtCursor(context, all + context.restOfLine);
  const end = line.length + all.length;
  const written = line + all + context.restOfLine;
  const own = declaredBy(written);
  const used: { name: string; start: number }[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || token.end <= line.length) continue;
    if (token.start >= end) break;
    const name = written.slice(token.start, token.end);
    if (isDeclared(tokens, index, written)) own.add(name);
    if (isBetweenTags(written, token, context)) continue;
    if (name.length < SHORTEST_NAME || own.has(name) || isKnownEverywhere(name)) continue;
    if (!isUse(tokens, index, written)) continue;
    // The word that the user has begun reaches to the end of the text, so it may go on.
    if (token.start < line.length && token.end === end) break;
    used.push({ name, start: Math.max(0, token.start - line.length) });
  }
  return used;
}

/** Whether a line brings all its names into the scope: imports, headers, patterns, members of an enumeration. */
function declaresAll(written: string, { prefix, languageId }: CursorContext): boolean {
  if (/^\s*(?:async\s+)?(?:import|from|export|def|function|func|class|interface|type)\b/.test(written)) return true;
  const { family } = languageOf(languageId);
  if (family === "python") return /^\s*case\b/.test(written);
  return family === "javascript" && /\benum\s+[\w$]+\s*\{[^{}]*$/.test(prefix.slice(-LONGEST_ENUM));
}

/** Whether a word is a part of a tag, or of the text between tags. */
function isBetweenTags(written: string, { start, end }: Token, { prefix, languageId }: CursorContext): boolean {
  const before = written.slice(0, start);
  if (/[<>/-]\s*$/.test(before) || /^-/.test(written.slice(end))) return true;
  if (!HAS_TAGS.test(languageId)) return false;
  // Two words in a row are a sentence unless the first one is a keyword.
  const word = /([\p{L}_$][\p{L}\p{N}_$]*)[ \t]+$/u.exec(before.slice(-LONGEST_WORD))?.[1];
  if (word !== undefined && !isKnownEverywhere(word)) return true;
  if (/<(?:\/?[\w.]+(?:\s[^<>]*)?)?>(?!\()[^<>{}=;]*$|\}[ \t]+$/.test(before)) return true;
  const above = textAbove(prefix).trimEnd();
  return before.trim() === "" && (/[^=]>$/.test(above) || /^\s*<\//.test(written.slice(end)));
}

/**
 * Where a text declares several names at once, or one without a keyword; the groups have the names. A match may begin only
 * where a word begins, so that the time for a long line of data grows in proportion to its length.
 */
const DECLARATIONS: readonly RegExp[] = [
  // `a, b = ...`, `a, b := ...`, `err := ...`
  /(?<![\w$])(?=[\w$])(?:(?<![\w$]\s*,\s*)((?:[\w$]+\s*,\s*)+[\w$*]+)\s*(?::=|=(?![=>]))|([\w$]+)\s*:=)/g,
  // `const { a, b: { c } } = ...`, also when the text ends within it
  /\b(?:const|let|var)\s*([[{][^=;]*)/g,
  // `for a, b in ...`, also in a comprehension, where it is behind the expression that uses the names
  /\bfor\s+([\w\s,()*]+?)\s+in\b/g,
  // `(a, b) =>`, `a =>`, `lambda a, b:`, `func(a int)`, `catch (error)`
  /\(([^()]*)\)\s*(?::[^=(){}]+)?=>|(?<![\w$])([\w$]+)\s*=>|\blambda\s+([^:]*)|\b(?:func|function\s*\w*|catch)\s*\(([^()]*)/g,
  // `name(a, b) {` of a method
  /^[^\S\n]*(?:(?:async|static|get|set|public|private|protected|override)\s+)*(?!(?:if|for|while|switch|catch|with)\b)([\w$#]+)\(([^()]*)\)\s*(?::[^{}]+)?\{/gm,
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
  const isAssigned = sign(behind) === "=" && text[behind?.end ?? 0] !== "=";
  if (/^[.#]$/.test(sign(before)) || sign(behind) === ":" || isAssigned) return false;
  // `name?: type`, `name!: type`
  return !(/^[?!]$/.test(sign(behind)) && sign(tokens[index + 2]) === ":");
}

function isIn(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + name.length])) return true;
  }
  return false;
}
