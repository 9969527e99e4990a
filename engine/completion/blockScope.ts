/**
 * Finds out whether a name is declared only in blocks that the cursor is not in, such as a parameter or a variable of
 * another function. Blocks are recognised by the indentation of their lines, as people see them; that is fast enough for
 * every keystroke. Where the indentation does not tell, the name counts as visible.
 */
import { stateBeforeLine } from "../text/codeState.ts";
import type { CursorContext } from "../text/cursor.ts";
import { columnsOf } from "../text/indentation.ts";
import { languageOf } from "../text/languages.ts";
import { SideTable } from "../text/sideTable.ts";
import { isWordCharacter } from "../text/words.ts";

interface BlockRules {
  /** A line that opens a block with names of its own. */
  header: RegExp;
  /** A line that opens a block with parameters, which are in its round brackets. */
  callable: RegExp;
  /** Whether the text behind a name in the round brackets of such a line shows that the name is a parameter. */
  isBehindParameter(behind: string): boolean;
  /** The text before a name that is declared for the whole function, even if the line is in an inner block (`var`). */
  hoisted: RegExp;
  /** A line which says that its names are those of an outer block (Python's `global`). */
  outside: RegExp;
  /**
   * How a line begins that ends the block above it, if it is no deeper than the block's header. It must look like code,
   * because a line within a string may have any indentation.
   */
  end: RegExp;
  /** The text before a name that the line declares. */
  before: RegExp;
  /** The text behind a name that the line declares. */
  behind: RegExp;
}

/** A longer line opens no block that anybody has written; patterns for headers take long on such lines. */
const LONGEST_HEADER = 1000;
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

/**
 * The text before a name in a header that is declared outside of the header's block: the name of the function itself, or
 * that of the variable to which the function is assigned.
 */
const OUTER_NAME =
  /\b(?:function|def|class|func(?:\s*\([^()]*\))?)\s*$|^\s*(?:(?:export\s+)?(?:const|let|var)\s+(?:[{[][^=]*)?|(?:\w+\s*,\s*)*)$/;
/** Statements with branches that are not indented further than the statement, and how the branches begin. */
const BRANCHES: readonly [statement: RegExp, branch: RegExp][] = [
  [/^(?:switch|select)\b/, /^(?:case|default)\b/],
  [/^(?:\}\s*else\s+)?if\b/, /^\}\s*else\b/],
];

/** The most occurrences that are examined, the nearest first. A name that occurs more often counts as visible. */
const MOST_OCCURRENCES = 40;

export function isDeclaredElsewhere(name: string, context: CursorContext): boolean {
  const rules = RULES[languageOf(context.languageId).family];
  if (rules === undefined) return false;
  const { prefix, restOfLine, below = "" } = context;
  if (!(prefix + restOfLine).includes(name) && !below.includes(name)) return false;
  // Within a string of several lines the indentation says nothing.
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

/** Kept because several names of a suggestion are looked for in the same lines. */
const knownLines = new SideTable<CursorContext, Lines>();

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

/** The columns at which a line has the name as a whole word that is not a member of something. */
function occurrencesIn(line: string, name: string): number[] {
  const found: number[] = [];
  for (let at = line.indexOf(name); at !== -1; at = line.indexOf(name, at + name.length)) {
    const isWhole = !isWordCharacter(line[at - 1]) && !isWordCharacter(line[at + name.length]);
    if (isWhole && !isMember(line.slice(0, at).trimEnd())) found.push(at);
  }
  return found;
}

/** Whether a text ends with the mark before a member's name. Three dots are none: they spread a variable. */
function isMember(before: string): boolean {
  return /[.#]$/.test(before) && !before.endsWith("...");
}

/** Whether the name at a column of line `at` is visible at the cursor. */
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

/** The line that opens the innermost block around a column of line `at`; undefined when it is in none. */
function headerOf(lines: Lines, at: number, column: number, name: string, rules: BlockRules): number | undefined {
  const own = (lines.all[at] ?? "").trim();
  const before = (lines.all[at] ?? "").slice(0, column);
  const header = rules.hoisted.test(before) ? rules.callable : rules.header;
  if (own.length <= LONGEST_HEADER && header.test(own) && !OUTER_NAME.test(before) && own.includes(name)) return at;
  let depth = columnsOf(lines.all[at] ?? "");
  for (let above = at - 1; above >= 0 && depth > 0; above--) {
    const line = lines.all[above] ?? "";
    if (line.trim() === "" || columnsOf(line) >= depth) continue;
    depth = columnsOf(line);
    if (line.length <= LONGEST_HEADER && header.test(line.trim())) return above;
  }
  return undefined;
}

/** Whether a line declares the name at a column: a variable, or a parameter. */
function declares(line: string, column: number, name: string, rules: BlockRules): boolean {
  const before = line.slice(0, column);
  const behind = line.slice(column + name.length);
  if (rules.before.test(before) || rules.behind.test(behind)) return true;
  const isParameter = /[(,]\s*(?:\.\.\.|\*{1,2})?$/.test(before) && rules.isBehindParameter(behind);
  return isParameter && line.length <= LONGEST_HEADER && rules.callable.test(line.trim());
}

/**
 * Whether the text behind a name closes the brackets of a function's parameters, and not those of a call whose argument the
 * name is: the function's type, arrow or body follows.
 */
function isBeforeBody(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && depth-- === 0) return /^\s*(?::|=>|\{)/.test(text.slice(at + 1));
  }
  return false;
}
