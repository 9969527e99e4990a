/**
 * Finds where the lines that a command has written belong in a document that may have changed since the command was
 * given.
 */

/** Lines counted from 0; `end` is exclusive. An empty span is the place before a line. */
interface Span {
  start: number;
  end: number;
}

/** What is to be replaced, in lines and UTF-16 columns counted from 0, and by what. */
export interface ChangePlace {
  start: { line: number; character: number };
  end: { line: number; character: number };
  text: string;
}

/**
 * Finds where to make the change.
 *
 * @param now the document's lines, without line ends.
 * @param before its lines when the command was given.
 * @param target the lines of `before` to replace.
 * @returns undefined when those lines are gone, or occur more than once.
 */
export function placeChange(
  now: readonly string[],
  before: readonly string[],
  target: Span,
  text: string,
): ChangePlace | undefined {
  const start = findLines(now, before, target);
  if (start === undefined) return undefined;
  const count = target.end - target.start;
  if (count > 0) {
    const last = Math.min(start + count, now.length) - 1;
    return { start: { line: start, character: 0 }, end: { line: last, character: now[last]?.length ?? 0 }, text };
  }
  if (start < now.length && !(start === now.length - 1 && now[start] === "")) {
    const place = { line: start, character: 0 };
    return { start: place, end: place, text: `${text}\n` };
  }
  const character = now.at(-1)?.length ?? 0;
  const end = { line: Math.max(0, now.length - 1), character };
  return { start: end, end, text: `${character > 0 ? "\n" : ""}${text}\n` };
}

/** The line where the old lines are now; undefined when they are gone, or occur more than once. */
function findLines(now: readonly string[], before: readonly string[], { start, end }: Span): number | undefined {
  // An insertion is found by the line that follows it.
  const old = before.slice(start, Math.max(end, start + 1));
  const matches = (at: number) => old.every((line, index) => now[at + index] === line);
  if (matches(start)) return start;
  const places = now.flatMap((_, at) => (matches(at) ? [at] : []));
  return places.length === 1 ? places[0] : undefined;
}
