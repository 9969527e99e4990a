/** Finds imports that an edit has left without a use. */
import type { Edit } from "./changes.ts";
import { wholeOccurrences } from "./occurrences.ts";
import type { SourceText } from "./proposal.ts";
import { isIdentifier, tokenize } from "./tokens.ts";

/** An import without a use, with the offsets of the text to delete. */
export interface UnusedImport {
  name: string;
  start: number;
  end: number;
}

/** Imports are expected within this many characters at the beginning of a file. */
const HEAD = 20_000;

const JAVASCRIPT = /\.(?:[cm]?[jt]sx?|vue|svelte)$/;
const PYTHON = /\.pyi?$/;
const JAVA = /\.(?:java|kts?|scala)$/;
const RUST = /\.rs$/;

/** Imported names whose last use was removed by the latest edits. */
export function unusedImports(file: SourceText, edits: readonly Edit[]): UnusedImport[] {
  const removed = namesRemoved(edits);
  if (removed.size === 0 || needsImport(file, edits)) return [];
  const head = file.text.slice(0, HEAD);
  const unused: UnusedImport[] = [];
  for (const found of importsOf(file.uri, head)) {
    if (removed.has(found.name) && wholeOccurrences(file, found.name).length === 1) unused.push(found);
  }
  return unused;
}

/** Names that edits deleted and did not write again. */
function namesRemoved(edits: readonly Edit[]): Set<string> {
  const names = new Set<string>();
  for (const { before, after } of edits) {
    const kept = new Set(tokenize(after.join("\n")));
    for (const token of tokenize(before.join("\n"))) if (isIdentifier(token) && !kept.has(token)) names.add(token);
  }
  return names;
}

/**
 * Whether an edit wrote a name that occurs nowhere else. Its import is probably written next, perhaps in place of the
 * one that seems to be unused.
 */
function needsImport(file: SourceText, edits: readonly Edit[]): boolean {
  for (const { before, after } of edits) {
    const old = new Set(tokenize(before.join("\n")));
    const written = tokenize(after.join("\n"));
    const fresh = written.filter((token) => isIdentifier(token) && !old.has(token));
    if (fresh.some((name) => isOnlyIn(written, name, file))) return true;
  }
  return false;
}

/** Whether a name occurs in a file as often as among the tokens that were written, and so nowhere else. */
function isOnlyIn(written: readonly string[], name: string, file: SourceText): boolean {
  return wholeOccurrences(file, name).length === written.filter((token) => token === name).length;
}

/** The names that a file imports, each with the text to delete. */
function* importsOf(path: string, head: string): Iterable<UnusedImport> {
  if (JAVASCRIPT.test(path)) {
    yield* lists(head, /^import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+[^\n]*\n/gm);
    yield* lists(head, /^(?:const|let|var)\s+\{([^}:=]*)\}\s*=\s*require\([^\n]*\n/gm);
    yield* lines(head, /^import\s+(?:\*\s+as\s+)?([\w$]+)\s+from\s+[^\n]*\n/gm);
    yield* lines(head, /^(?:const|let|var)\s+([\w$]+)\s*=\s*require\([^\n]*\)[;,]?\n/gm);
  } else if (PYTHON.test(path)) {
    yield* lines(head, /^import\s+(\w+)\n/gm);
    yield* lines(head, /^import\s+[\w.]+\s+as\s+(\w+)\n/gm);
    yield* lists(head, /^from\s+[\w.]+\s+import\s+\(?([\w\s,]+?)\)?\n/gm);
  } else if (JAVA.test(path)) {
    yield* lines(head, /^import\s+(?:static\s+)?[\w.]+\.(\w+);?\n/gm);
  } else if (RUST.test(path)) {
    yield* lines(head, /^use\s+[\w:]+::(\w+);\n/gm);
    yield* lists(head, /^use\s+[\w:]+::\{([\w\s,]*)\};\n/gm);
  }
}

/** Statements that import one name, of which the whole line is deleted. */
function* lines(head: string, statement: RegExp): Iterable<UnusedImport> {
  for (const match of head.matchAll(statement)) {
    yield { name: match[1]!, start: match.index, end: match.index + match[0].length };
  }
}

/** Statements that import a list of names. A name is deleted with its comma, and the last one with the statement. */
function* lists(head: string, statement: RegExp): Iterable<UnusedImport> {
  for (const match of head.matchAll(statement)) {
    const list = match[1]!;
    const start = match.index + match[0].indexOf(list, match[0].search(/[{(]|import\s/));
    const items = list.split(",");
    const filled = items.filter((item) => item.trim() !== "");
    let at = start;
    for (const [index, item] of items.entries()) {
      const name = /(\w[\w$]*)\s*$/.exec(item)?.[1];
      if (name !== undefined) {
        if (filled.length === 1) yield { name, start: match.index, end: match.index + match[0].length };
        else yield { name, ...spanOf(items, index, at) };
      }
      at += item.length + 1;
    }
  }
}

/**
 * The offsets of an item with the comma and the blanks that separate it from its neighbour.
 *
 * @param at offset of the item.
 */
function spanOf(items: readonly string[], index: number, at: number): { start: number; end: number } {
  const item = items[index]!;
  if (index > 0 && items.slice(index + 1).every((other) => other.trim() === "")) {
    return { start: at - 1, end: at + item.trimEnd().length };
  }
  const indentation = item.length - item.trimStart().length;
  const next = items[index + 1] ?? "";
  const nextIndentation = next.length - next.trimStart().length;
  return { start: at + indentation, end: at + item.length + 1 + nextIndentation };
}
