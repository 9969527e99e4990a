/** Turns changes that people made in commits into questions whose right answer is known. */

import type { CodeContext, LineSpan } from "../protocol/tasks.ts";
import type { FileDiff, Hunk } from "../replay/git/unifiedDiff.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { indentOf, isBlank, withoutReturn } from "../text/lines.ts";

export interface EditCase {
  /** The file with all hunks of the commit but this one; the lines that the hunk replaces are selected. */
  code: CodeContext;
  /** The lines that are selected. */
  focus: LineSpan;
  /** The lines that replace the focus in the commit. */
  truth: string[];
  /** The new lines of the hunk, without the lines around it that belong to the focus as well. */
  added: string[];
  subject: string;
}

/** Hunks of more lines are too much for a model that runs on a CPU. */
const MOST_LINES = 400;
/** Names of files whose language VS Code knows by an extension, with its name of that language. */
const NAMES: readonly [RegExp, string][] = [
  [/(^|\/)Dockerfile[^/]*$/, "dockerfile"],
  [/(^|\/)(GNU)?[Mm]akefile[^/]*$|\.mk$/, "makefile"],
  [/\.mdx$/, "mdx"],
  [/\.feature$/, "feature"],
  [/\.astro$/, "astro"],
  [/\.graphql$/, "graphql"],
  [/\.proto$/, "proto3"],
  [/\.(diff|patch|rej)$/, "diff"],
];

export function editorLanguage(path: string): string {
  return NAMES.find(([name]) => name.test(path))?.[1] ?? languageIdOfPath(path);
}

/** A carriage return by itself ends a line for editors, and not for git: such files have no lines that both count alike. */
const LONE_RETURN = /\r(?!\n|$)/;

/** A line as an editor has it, which shows no byte order mark. */
const inEditor = (line: string) => withoutReturn(line).replace(/^\uFEFF/, "");

/** @param text of the file in the commit. */
export function editCases(file: FileDiff, text: string, subject: string): EditCase[] {
  const path = file.newPath;
  const hasReturns =
    LONE_RETURN.test(text) || file.hunks.some(({ oldLines }) => oldLines.some((line) => LONE_RETURN.test(line)));
  if (path === undefined || text.includes("\0") || hasReturns) {
    return [];
  }
  const lines = text
    .replaceAll("\r\n", "\n")
    .replace(/^\uFEFF/, "")
    .split("\n");
  const indent = indentUnit(lines);
  return file.hunks.flatMap((hunk) => {
    const one = editCase(hunk, lines);
    if (one === undefined) {
      return [];
    }
    const code = { path, languageId: editorLanguage(path), text: one.document.join("\n"), symbols: [], indent };
    const added = hunk.newLines.map(inEditor);
    return [{ code: { ...code, selection: one.focus }, focus: one.focus, truth: one.truth, added, subject }];
  });
}

/**
 * The hunk, extended by lines above and below until neither its old nor its new lines begin or end with a blank one.
 */
function editCase(
  { newStart, oldLines, newLines }: Hunk,
  lines: readonly string[],
): { document: string[]; focus: LineSpan; truth: string[] } | undefined {
  const old = oldLines.map(inEditor);
  let truth = newLines.map(inEditor);
  if (Math.max(old.length, truth.length) > MOST_LINES || isSame(old, truth)) {
    return undefined;
  }
  const document = [...lines.slice(0, newStart), ...old, ...lines.slice(newStart + truth.length)];
  const focus = { start: newStart, end: newStart + old.length };
  const edge = (at: 0 | -1) =>
    document.length > 0 && [document.slice(focus.start, focus.end), truth].some((all) => isBlank(all.at(at)));
  while (edge(0)) {
    if (focus.start === 0) return edge(-1) ? undefined : grownDown();
    focus.start--;
    truth = [document[focus.start] ?? "", ...truth];
  }
  return grownDown();

  function grownDown() {
    while (edge(-1)) {
      if (focus.end >= document.length) return undefined;
      truth = [...truth, document[focus.end] ?? ""];
      focus.end++;
    }
    return isBlank(truth[0]) || isBlank(document[focus.start]) ? undefined : { document, focus, truth };
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line.trimEnd() === other[index]?.trimEnd());
}

/** The indentation that the editor would detect: tabs, or the most common difference between lines. */
function indentUnit(lines: readonly string[]): number | "tab" {
  const counts = new Map<number, number>();
  let tabs = 0;
  let spaces = 0;
  let above = 0;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const indent = indentOf(line);
    if (indent.startsWith("\t")) tabs++;
    else if (indent.length > 1) spaces++;
    const difference = Math.abs(indent.length - above);
    if (difference > 1 && difference <= 8) counts.set(difference, (counts.get(difference) ?? 0) + 1);
    above = indent.length;
  }
  const [commonest] = [...counts].sort(([, one], [, other]) => other - one);
  return tabs > spaces ? "tab" : (commonest?.[0] ?? 4);
}
