/**
 * Whether a name is declared, but only in blocks that the cursor is not in: a parameter or a variable of another
 * function. Read from the indentation of the lines, which is how people see blocks, and fast enough for every keystroke.
 * Where that does not tell, the name counts as visible.
 */
import { stateBeforeLine } from "../text/codeState.ts";
import type { CursorContext } from "../text/cursor.ts";
import { columnsOf } from "../text/indentation.ts";
import { languageOf } from "../text/languages.ts";
import { isWordCharacter } from "../text/words.ts";

interface BlockRules {
  /** A line that opens a block with names of its own. */
  header: RegExp;
  /** The same, where parameters in its round brackets belong to the block. */
  callable: RegExp;
  /** Whether this is behind a parameter in the brackets of a callable header. */
  isBehindParameter(behind: string): boolean;
  /** What is directly before a name that is declared for the whole function, whatever block of it that is in. */
  hoisted: RegExp;
  /** A line that says of names that they belong to a block farther out. */
  outside: RegExp;
  /** The first line after a block, among those that are no deeper than its header: code, and no line of a string. */
  end: RegExp;
  /** What is directly before a name that is declared there. */
  before: RegExp;
  /** What is directly behind a name that is declared there. */
  behind: RegExp;
}

const NEVER = /^(?!)/;
/** `function f(...) {`, `f(...): T {`, `(...) => {`, `if (...) {`, `else {`. */
const BRACED = /(?:\)|=>|\b(?:else|try|finally|do))\s*(?::\s*[^={}]+(?:\{[^{}]*\})?[^={}]*)?\{$/;
const SCRIPT: BlockRules = {
  header: BRACED,
  callable: /^(?!.*\b(?:if|for|while|switch|catch)\b\s*\().*(?:\)\s*(?::[^{}]+)?|=>\s*)\{$/,
  isBehindParameter: (behind) => /^\s*(?:[?]?:|[,)=])/.test(behind) && isBeforeBody(behind),
  hoisted: /\bvar\s+$/,
  outside: NEVER,
  end: /^\}/,
  before:
    /\b(?:const|let|var|function|class|enum|catch\s*\()\s*$|\b(?:const|let|var)\s*[{[](?:(?!\b(?:of|in)\b)[^=;])*$/,
  behind: NEVER,
};
const GO: BlockRules = {
  header: /^(?:\}\s*else\b|(?:func|if|for|switch|select|case|else)\b).*[{:]$|\bfunc\s*\([^{}]*\{$/,
  callable: /\bfunc\b.*\{$/,
  // Behind the parameters there are types without names.
  isBehindParameter: (behind) => /^(?:\s*,\s*\w+)*\s+(?:[\w*[(]|\.\.\.|<-)/.test(behind),
  hoisted: NEVER,
  outside: NEVER,
  end: /^(?:\}(?!\s*\{)|case\b|default:)/,
  before: /\b(?:var|const|func|type)\s+$/,
  behind: /^(?:\s*,\s*\w+)*\s*:=/,
};
const PYTHON: BlockRules = {
  header: /^(?:(?:async\s+)?def|class)\b/,
  callable: /^(?:async\s+)?def\b/,
  isBehindParameter: (behind) => /^\s*[:,)=]/.test(behind),
  hoisted: NEVER,
  outside: /^\s*(?:global|nonlocal)\b/,
  end: /^(?:@|(?:async|def|class|if|for|with|try|while|from|import|return|raise)\b|[A-Za-z_][\w.]*\s*[=(:[])/,
  before: /\b(?:def|class|for|as|import)\s+$|\bfor\s+[\w\s,()]*,\s*$/,
  behind: /^(?:\s*,\s*\w+)*\s*(?::[^=\n]+)?=(?!=)|^\s*:=/,
};
const RULES: Readonly<Record<string, BlockRules>> = { javascript: SCRIPT, go: GO, python: PYTHON };

/** What is before a name in a header that belongs to the block around it: of a function, or of what it is assigned to. */
const OUTER_NAME =
  /\b(?:function|def|class|func(?:\s*\([^()]*\))?)\s*$|^\s*(?:(?:export\s+)?(?:const|let|var)\s+(?:[{[][^=]*)?|(?:\w+\s*,\s*)*)$/;
/** Statements whose branches are as deep as they are, and these branches. */
const BRANCHES: readonly [statement: RegExp, branch: RegExp][] = [
  [/^(?:switch|select)\b/, /^(?:case|default)\b/],
  [/^(?:\}\s*else\s+)?if\b/, /^\}\s*else\b/],
];

/** The most occurrences that are looked at, the nearest first. A name with more of them is taken for a visible one. */
const MOST_OCCURRENCES = 40;

export function isDeclaredElsewhere(name: string, context: CursorContext): boolean {
  const rules = RULES[languageOf(context.languageId).family];
  if (rules === undefined) return false;
  const { prefix, restOfLine, below = "" } = context;
  if (!(prefix + restOfLine).includes(name) && !below.includes(name)) return false;
  // Lines of a string are not indented as code is.
  if (stateBeforeLine(context).frame?.kind === "string") return false;
  const lines = linesOf(context);
  let isDeclared = false;
  let seen = 0;
  for (const at of nearestFirst(lines.all.length, lines.cursor)) {
    const line = lines.all[at] ?? "";
    for (const start of occurrencesIn(line, name)) {
      if (++seen > MOST_OCCURRENCES || isVisible(lines, at, start, name, rules)) return false;
      isDeclared ||= declares(line, start, name, rules);
    }
  }
  return isDeclared;
}

interface Lines {
  all: readonly string[];
  /** The index of the cursor's line. */
  cursor: number;
}

/** Several names of a suggestion are looked for in the same lines. */
const knownLines = new WeakMap<CursorContext, Lines>();

/** The lines around the cursor. */
function linesOf(context: CursorContext): Lines {
  const known = knownLines.get(context);
  if (known !== undefined) return known;
  const { prefix, restOfLine, below = "" } = context;
  const above = (prefix + restOfLine).split("\n");
  const lines = { all: [...above, ...below.split("\n")], cursor: above.length - 1 };
  knownLines.set(context, lines);
  return lines;
}

function* nearestFirst(count: number, from: number): Generator<number> {
  for (let at = from; at >= 0; at--) yield at;
  for (let at = from + 1; at < count; at++) yield at;
}

/** Columns at which a line has the name, and not as a member of something. */
function occurrencesIn(line: string, name: string): number[] {
  const found: number[] = [];
  for (let at = line.indexOf(name); at !== -1; at = line.indexOf(name, at + name.length)) {
    const isWhole = !isWordCharacter(line[at - 1]) && !isWordCharacter(line[at + name.length]);
    if (isWhole && !isMember(line.slice(0, at).trimEnd())) found.push(at);
  }
  return found;
}

/** Whether a text ends with the mark before a member's name. Three dots spread a variable. */
function isMember(before: string): boolean {
  return /[.#]$/.test(before) && !before.endsWith("...");
}

/** Whether what a line names at a column is visible at the cursor. */
function isVisible(lines: Lines, at: number, column: number, name: string, rules: BlockRules): boolean {
  const header = headerOf(lines, at, column, name, rules);
  if (header === undefined || rules.outside.test(lines.all[at] ?? "")) return true;
  const head = lines.all[header] ?? "";
  const depth = columnsOf(head);
  // What the statement itself declares is visible in all its branches.
  const branch = BRANCHES.find(([statement]) => at === header && statement.test(head.trimStart()))?.[1] ?? NEVER;
  const [from, to] = header < lines.cursor ? [header + 1, lines.cursor] : [lines.cursor, header];
  if (header >= lines.cursor && at !== lines.cursor) return false;
  for (let one = from; one < to; one++) {
    const line = lines.all[one] ?? "";
    const code = line.trimStart();
    if (columnsOf(line) <= depth && rules.end.test(code) && !branch.test(code)) return false;
  }
  const own = lines.all[lines.cursor] ?? "";
  return own.trim() === "" || columnsOf(own) > depth || header === lines.cursor;
}

/** The line that opens the innermost block which a place is in; undefined for none. */
function headerOf(lines: Lines, at: number, column: number, name: string, rules: BlockRules): number | undefined {
  const own = (lines.all[at] ?? "").trim();
  const before = (lines.all[at] ?? "").slice(0, column);
  const header = rules.hoisted.test(before) ? rules.callable : rules.header;
  if (header.test(own) && !OUTER_NAME.test(before) && own.includes(name)) return at;
  let depth = columnsOf(lines.all[at] ?? "");
  for (let above = at - 1; above >= 0 && depth > 0; above--) {
    const line = lines.all[above] ?? "";
    if (line.trim() === "" || columnsOf(line) >= depth) continue;
    depth = columnsOf(line);
    if (header.test(line.trim())) return above;
  }
  return undefined;
}

/** Whether a line declares the name at a column: a variable, or a parameter. */
function declares(line: string, column: number, name: string, rules: BlockRules): boolean {
  const before = line.slice(0, column);
  const behind = line.slice(column + name.length);
  if (rules.before.test(before) || rules.behind.test(behind)) return true;
  const isParameter = /[(,]\s*(?:\.\.\.|\*{1,2})?$/.test(before) && rules.isBehindParameter(behind);
  return isParameter && rules.callable.test(line.trim());
}

/** Whether a text closes a bracket before the body of a function, and not one of a call around that function. */
function isBeforeBody(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && depth-- === 0) return /^\s*(?::|=>|\{)/.test(text.slice(at + 1));
  }
  return false;
}
