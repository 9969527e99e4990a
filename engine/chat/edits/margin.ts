/** Whether an answer at the margin may be meant to stand there, where what it replaces was deeper. */
import { languageOf } from "../../text/languages.ts";
import { indentOf, isBlank } from "../../text/lines.ts";
import { scan } from "../../text/scanner.ts";
import { MARKUP } from "../../text/syntaxes.ts";
import { bracketsOpenBehind, stateBehind } from "./brackets.ts";
import { layoutOf } from "./layout.ts";
import type { Surroundings } from "./place.ts";

interface MarginContext {
  around: Surroundings | undefined;
  languageId: string;
}

/** What begins a definition in a language whose blocks are told by indentation alone. */
const DEFINITION = /^(?:async\s+def|def|class)\s[^;]*:\s*(?:#.*)?$|^@[\w.]+/;

/**
 * Above a line at the margin, a comment at the margin, or a definition where none was: what the original was deeper for may
 * have gone.
 */
export function isAtHomeAtMargin(
  lines: readonly string[],
  original: readonly string[],
  { around, languageId }: MarginContext,
): boolean {
  const { syntax } = languageOf(languageId);
  if (syntax === undefined && goesOnAtMargin(lines, around)) return true;
  if (isHeadOfFile(lines, original, { around, languageId })) return true;
  if (syntax === MARKUP && isAmongLinesAtMargin(around, languageId)) return true;
  const below = around?.after.find((line) => !isBlank(line)) ?? " ";
  if (indentOf(below) !== "" || /^[)\]}]/.test(below)) {
    return false;
  }
  const { tokens } = scan(lines.join("\n"), languageId);
  const isDefinition = DEFINITION.test(lines[0] ?? "") && DEFINITION.test(below);
  return (
    tokens.every(({ kind }) => kind === "comment") ||
    (isDefinition && !original.some((line) => DEFINITION.test(line.trimStart())))
  );
}

/** What begins a definition, by its word. */
const HEAD = /^\s*(?:async\s+)?(def|class|type|module|namespace|struct|enum)\s+\w/;

/** A method of Python, by its first parameter. */
const METHOD = /^\s*(?:async\s+)?def\s+\w+\(\s*(?:self|cls)\b/;

/** Whether the line that the original is inside of begins no class, though the original begins a method. */
function isMethodWithoutClass(original: readonly string[], before: readonly string[]): boolean {
  const first = original.find((line) => HEAD.test(line)) ?? "";
  const depth = indentOf(first).length;
  const outer = before.findLast((line) => !isBlank(line) && indentOf(line).length < depth) ?? "";
  return METHOD.test(first) && !/^\s*class\b/.test(outer);
}

/**
 * Whether the first line begins a definition of a kind that the file has at the margin only, outside of brackets, where the
 * original has none, or has a method of a class that has gone.
 */
function isHeadOfFile(
  lines: readonly string[],
  original: readonly string[],
  { around, languageId }: MarginContext,
): boolean {
  const word = HEAD.exec(lines[0] ?? "")?.[1];
  if (word === undefined || around === undefined || lines.length < 2) return false;
  const isSame = (line: string) => HEAD.exec(line)?.[1] === word;
  const same = [...around.before, ...around.after].filter(isSame);
  const isAtMargin = same.length > 0 && same.every((line) => indentOf(line) === "");
  const isNew = !original.some(isSame) || isMethodWithoutClass(original, around.before);
  return isAtMargin && isNew && stateBehind(around.before, languageId).frame === undefined;
}

/** Whether the last line is at the margin, and begins with the same word as the line just below it there. */
function goesOnAtMargin(lines: readonly string[], around: Surroundings | undefined): boolean {
  const [word] = /^[\p{L}_]{3,}(?=\s)/u.exec(lines.at(-1) ?? "") ?? [];
  return word !== undefined && around?.after[0]?.startsWith(`${word} `) === true;
}

/** What closes or divides an element, a bracket or a block of a template. */
const CLOSING = /^(?:<\/|-->|[)\]}]|\{\{~?(?:\/|else)|\{[/:]|\{%-?\s*(?:end|el)|<%-?\s*(?:end|else|\}))/;

/**
 * Whether a line beside the place is one of the same block and stands at the margin: the one above, where it opens nothing, or
 * the one below, where it closes nothing. The script of a page may stand there, inside its element.
 */
function isAmongLinesAtMargin(around: Surroundings | undefined, languageId: string): boolean {
  if (around === undefined || bracketsOpenBehind(around.before, languageId) > 0) return false;
  const above = around.before.findLast((line) => !isBlank(line));
  const below = around.after.find((line) => !isBlank(line));
  const opens = (line: string) => layoutOf([line], languageId).some(({ mayOpen }) => mayOpen);
  const isAfterSame = above !== undefined && indentOf(above) === "" && !opens(above);
  const isBeforeSame = below !== undefined && indentOf(below) === "" && !CLOSING.test(below);
  return isAfterSame || isBeforeSame;
}
