/**
 * Chooses among the quick fixes that a language service offers for errors that the last edits have caused. Such a fix
 * is a next edit, too, for example the import of a name that was just used, or a use that a renaming has left.
 */
import type { TextChange } from "../protocol/documents.ts";
import type { NextEdit, NextEditFixParams, NextEditProblemsParams, Problem } from "../protocol/nextEdit.ts";
import type { MirroredDocument } from "../repository/openDocuments.ts";
import type { Span } from "./changes.ts";
import { editPlace } from "./editPlace.ts";
import { smallestChange } from "./smallestChange.ts";

/** At most this many errors are asked about, the nearest to the cursor first. */
const MOST_PROBLEMS = 3;
/** A fix that inserts more lines than this, or inserts or removes more characters, is more than the next edit. */
const MOST_LINES = 3;
const LONGEST = 200;
const RULE = "fix\0";

/** Errors with the same message have the same rule, wherever they are. */
export function ruleOfFix({ message }: Problem): string {
  return RULE + message;
}

/**
 * The errors that the last edits have caused, the nearest to the cursor first. An error at the cursor is left out,
 * because what is still being typed is always wrong.
 *
 * @param isDismissed whether the user does not want the fix of an error.
 */
export function causedProblems(
  { problems, before, offset: cursor }: Pick<NextEditProblemsParams, "problems" | "before" | "offset">,
  isDismissed: (problem: Problem) => boolean,
): Problem[] {
  const old = new Set(before);
  return problems
    .filter((problem) => !old.has(problem.message) && !isDismissed(problem))
    .filter(({ offset, length }) => cursor < offset || cursor > offset + length)
    .sort((one, other) => distance(one, cursor) - distance(other, cursor))
    .slice(0, MOST_PROBLEMS);
}

function distance({ offset, length }: Problem, cursor: number): number {
  return cursor < offset ? offset - cursor : cursor - (offset + length);
}

/**
 * The next edit that a fix is: the only one that the language service prefers, if it is one small change. It replaces
 * nothing that the user has just written.
 *
 * @param edited where the last edits are in the document.
 */
export function editOfFix(
  { problem, fixes, offset: cursor }: Pick<NextEditFixParams, "problem" | "fixes" | "offset">,
  document: Pick<MirroredDocument, "uri" | "path" | "version" | "text">,
  edited: readonly Span[],
): NextEdit | undefined {
  const [fix, ...others] = fixes.filter(({ isPreferred }) => isPreferred);
  const [offered, ...more] = fix?.changes ?? [];
  if (fix === undefined || offered === undefined || others.length + more.length > 0) return undefined;
  const { uri, path, version, text } = document;
  const offeredEnd = offered.offset + offered.length;
  if (offeredEnd > text.length) return undefined;
  const change = smallestChange(offered, text.slice(offered.offset, offeredEnd));
  if (change.length > LONGEST || change.text.length > LONGEST) return undefined;
  if (change.text.trim().split("\n").length > MOST_LINES) return undefined;
  if (change.length === 0 && (change.text === "" || change.offset === cursor)) return undefined;
  if (change.length > 0 && edited.some((span) => overlaps(span, change))) return undefined;
  const place = editPlace(text, change);
  return { uri, path, version, change, ...place, description: fix.title, rule: ruleOfFix(problem), count: 1 };
}

function overlaps({ start, end }: Span, { offset, length }: TextChange): boolean {
  return start < offset + length && end > offset;
}
