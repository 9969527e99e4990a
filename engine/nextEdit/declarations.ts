/** Finds uses of an old name that are left after its declaration was renamed. */

import { lineEnd, lineStart } from "../text/lines.ts";
import type { Change, Edit } from "./changes.ts";
import { wholeOccurrences } from "./occurrences.ts";
import type { SourceText } from "./proposal.ts";
import type { Site } from "./sites.ts";
import { isOneIdentifier } from "./tokens.ts";

/** A declaration whose name was changed. */
export interface Renaming {
  edit: Edit;
  before: string;
  after: string;
  /** How many characters of white space the line of the declaration begins with. */
  indent: number;
  /** Whether it is a parameter, whose uses are in the lines that are indented more. */
  isParameter: boolean;
}

const NAMED =
  /\b(?:function|def|class|const|let|var|val|fn|func|fun|struct|enum|union|interface|trait|type|module|namespace|mod|macro_rules!)\s+(?:mut\s+|ref\s+)?\*?([\w$]+)/g;
const SHORT = /(?:^|[\s,(])([\w$]+)(?:\s*,\s*[\w$]+)*\s*:=/g;
const ASSIGNED = /^\s*([\w$]+)\s*(?::[^=]+)?=(?!=)/g;
const TYPED =
  /(?:^|[\s(,])(?!return\b|throw\b|delete\b|new\b|else\b|goto\b|await\b|yield\b|not\b|in\b|case\b)[\w$<>[\].:]*[\w$>\]][\s*&]+([\w$]+)\s*(?:=(?!=)|;|\[)/g;
const HEADER = /\b(?:function|def|fn|func|fun)\b|=>\s*[{(]?\s*$|\)\s*(?:const\s*)?\{\s*$/;

/** Whether a line declares a name. */
function declares(line: string, name: string): boolean {
  return [NAMED, SHORT, ASSIGNED, TYPED].some((form) => [...line.matchAll(form)].some((match) => match[1] === name));
}

/** Whether the name at an offset of a line is a parameter of the function that the line begins. */
function isParameter(line: string, offset: number, name: string): boolean {
  const before = line.slice(0, offset);
  const after = line.slice(offset + name.length);
  return HEADER.test(line) && /[(,]\s*(?:mut\s+|\*{0,2})$/.test(before) && /^\s*[,:)=]|^\s+[\w*[]/.test(after);
}

/** The renaming, if the edit renamed a declaration and did nothing else; undefined for any other edit. */
export function renaming(edit: Edit, change: Change): Renaming | undefined {
  const { before, after, level } = change;
  if (edit.before.length !== 1 || edit.after.length !== 1 || level !== "token") return undefined;
  if (
    edit.before[0]!.slice(0, change.offset) + after + edit.before[0]!.slice(change.offset + before.length) !==
    edit.after[0]
  ) {
    return undefined;
  }
  if (!isOneIdentifier(before) || !isOneIdentifier(after)) return undefined;
  const old = edit.before[change.line] ?? "";
  const now = edit.after[change.newLine] ?? "";
  const indent = now.length - now.trimStart().length;
  if (declares(old, before) && declares(now, after)) return { edit, before, after, indent, isParameter: false };
  if (!isParameter(old, change.offset, before) || !HEADER.test(now)) return undefined;
  return { edit, before, after, indent, isParameter: true };
}

/**
 * The uses of the old name that are left. The list is empty if the old name is still declared, or if the new name
 * occurs where no edit has put it, because it may then mean something else.
 *
 * @param file the document with the declaration.
 * @param edits all edits that are remembered; the new name may occur in them.
 */
export function usesLeft(file: SourceText, renaming: Renaming, edits: readonly Edit[]): Site[] {
  const { text } = file;
  const { edit, before, after, indent, isParameter } = renaming;
  const editEnd = edit.start + edit.after.join("\n").length;
  const edited = edits.filter(({ uri }) => uri === edit.uri);
  const isEdited = (at: number) =>
    edited.some(({ start, after }) => at >= start && at <= start + after.join("\n").length);
  const scope = scopeOf(text, edit.start, editEnd, isParameter ? indent + 1 : indent);
  const sites: Site[] = [];
  for (const start of places(file, before, scope)) {
    if (start >= edit.start && start < editEnd) return [];
    if (isMember(text, start, indent)) continue;
    if (declares(text.slice(lineStart(text, start), lineEnd(text, start)), before) && indent > 0) return [];
    sites.push({ start, end: start + before.length, text: after, left: 0, right: 0 });
  }
  for (const start of places(file, after, scope)) if (!isEdited(start)) return [];
  return sites;
}

/**
 * Whether the name follows a dot, so that it is a member of something else and only happens to be called like the
 * renamed variable. Three dots spread the variable itself.
 */
function isMember(text: string, start: number, indent: number): boolean {
  return indent > 0 && text[start - 1] === "." && text[start - 2] !== ".";
}

/**
 * The lines in which the name is visible: the whole file if it is declared without indentation, else the lines below
 * that are indented at least as much.
 */
function scopeOf(text: string, start: number, end: number, indent: number): { start: number; end: number } {
  if (indent === 0) return { start: 0, end: text.length };
  let at = lineEnd(text, end) + 1;
  while (at < text.length) {
    const next = lineEnd(text, at);
    const line = text.slice(at, next);
    if (line.trim() !== "" && line.length - line.trimStart().length < indent && !/^\s*[)\]}]/.test(line)) break;
    if (/^\s*\}/.test(line) && line.length - line.trimStart().length < indent) break;
    at = next + 1;
  }
  return { start, end: Math.min(at, text.length) };
}

function places(file: SourceText, name: string, { start, end }: { start: number; end: number }): number[] {
  return wholeOccurrences(file, name).filter((at) => at >= start && at < end);
}
