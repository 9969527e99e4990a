/** Arguments that were added to calls while other calls of the same function lack them. */

import { lineStart } from "../text/lines.ts";
import type { Change, Edit } from "./changes.ts";
import { wholeOccurrences } from "./occurrences.ts";
import type { SourceText } from "./proposal.ts";
import type { Site } from "./sites.ts";
import { isIdentifier, tokenize } from "./tokens.ts";

/** An argument that was added to calls of a function, before all others or after them. */
export interface ArgumentPattern {
  callee: string;
  place: "first" | "last";
  /** The argument with its comma. */
  text: string;
  /** The number of arguments that the calls had before. */
  count: number;
  /** Whether a parameter was added to the declaration of the function. */
  isDeclaration: boolean;
}

/** A call whose arguments have more characters than this is left alone. */
const LONGEST = 2000;
const DECLARATIONS = /\b(?:function|def|fn|func|fun|void|static|public|private|protected|async)\s+$/;

/** The argument that a change added to a call; undefined for any other change. */
export function argumentAdded(edit: Edit, change: Change): ArgumentPattern | undefined {
  if (change.level !== "token" || change.before !== "" || change.after.trim().length < 2) return undefined;
  const line = edit.before[change.line] ?? "";
  const open = openingBracket(line, change.offset);
  if (open === undefined) return undefined;
  const callee = calleeBefore(line, open);
  const call = callee === undefined ? undefined : argumentsAt(line, open);
  if (callee === undefined || call === undefined || call.count === 0) return undefined;
  const isLast = line.slice(change.offset, call.end).trim() === "" && /^\s*,/.test(change.after);
  const isFirst = line.slice(open + 1, change.offset).trim() === "" && /,\s*$/.test(change.after);
  if (!isLast && !isFirst) return undefined;
  const isDeclaration = DECLARATIONS.test(line.slice(0, open - callee.length));
  return { callee, place: isLast ? "last" : "first", text: change.after, count: call.count, isDeclaration };
}

/**
 * The calls of the function that have as many arguments as the example had before the change, so that they lack the new
 * one.
 */
export function argumentSites(file: SourceText, pattern: ArgumentPattern): Site[] {
  const { text } = file;
  const { callee, place, text: added, count, isDeclaration } = pattern;
  const sites: Site[] = [];
  for (const at of wholeOccurrences(file, callee)) {
    const open = at + callee.length;
    if (text[open] !== "(") continue;
    if (DECLARATIONS.test(text.slice(lineStart(text, at), at)) !== isDeclaration) continue;
    const call = argumentsAt(text, open);
    if (call?.count !== count) continue;
    const start = place === "last" ? endOfLast(text, call.end) : open + 1;
    // Arguments on lines of their own have another layout.
    if (place === "last" && text.slice(start, call.end).includes("\n")) continue;
    sites.push({ start, end: start, text: added, left: 8, right: 8 });
  }
  return sites;
}

function endOfLast(text: string, end: number): number {
  let at = end;
  while (/\s/.test(text[at - 1] ?? "")) at--;
  return at;
}

/** The bracket that is open at an offset of a line. */
function openingBracket(line: string, offset: number): number | undefined {
  let depth = 0;
  for (let at = offset - 1; at >= 0; at--) {
    const character = line[at]!;
    if (")]}".includes(character)) depth++;
    else if ("([{".includes(character)) {
      if (depth === 0) return character === "(" ? at : undefined;
      depth--;
    }
  }
  return undefined;
}

function calleeBefore(line: string, open: number): string | undefined {
  const last = tokenize(line.slice(0, open)).at(-1);
  return last !== undefined && isIdentifier(last) && last.length > 1 && !NO_CALLEE.has(last) ? last : undefined;
}

const NO_CALLEE = new Set(["if", "for", "while", "switch", "catch", "return", "function", "and", "or", "not", "in"]);

/** The number of arguments after an opening bracket, and the offset of the closing one. */
function argumentsAt(text: string, open: number): { count: number; end: number } | undefined {
  let depth = 0;
  let commas = 0;
  let quote = "";
  const limit = Math.min(text.length, open + LONGEST);
  for (let at = open; at < limit; at++) {
    const character = text[at]!;
    if (quote !== "") {
      if (character === "\\") at++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "`" || character === "'") quote = character;
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) {
      depth--;
      if (depth === 0) {
        const inside = text.slice(open + 1, at).trim();
        if (inside === "") return { count: 0, end: at };
        return { count: inside.endsWith(",") ? commas : commas + 1, end: at };
      }
    } else if (character === "," && depth === 1) commas++;
  }
  return undefined;
}
