/** Applies answers that are changes themselves: a diff, or blocks that say what to search and what to put there. */
import { languageOf } from "../../text/languages.ts";
import { isBlank } from "../../text/lines.ts";

/** Lines that stand in the file one after another, and what is to stand there. */
interface Hunk {
  old: string[];
  fresh: string[];
}

const HEADER = /^@@(?: .*)?(?:@@.*)?$/;
const OF_DIFF = /^(?:diff --git |index [\da-f]+\.\.|(?:new|deleted) file mode |\\ No newline)/;

/**
 * @param file the lines that the answer may change.
 * @returns the file with the change; "unfit" where the lines of the change are not in the file, or more than once;
 * undefined for an answer that is no change.
 */
export function patched(
  answer: readonly string[],
  file: readonly string[],
  languageId: string,
): string[] | "unfit" | undefined {
  const hunks = /^(diff|patch|git-.*)$/.test(languageId) ? undefined : hunksOf(answer, file, languageId);
  if (hunks === undefined || hunks.length === 0) {
    return undefined;
  }
  let lines = [...file];
  for (const { old, fresh } of hunks) {
    const at = placeOf(lines, old);
    if (at === undefined) return languageOf(languageId).isProse ? undefined : "unfit";
    const removed = lines.slice(at, at + old.length);
    // Lines that stay keep the white space that they have in the file.
    const kept = new Map(old.map((line, index) => [line, removed[index] ?? line]));
    lines = [...lines.slice(0, at), ...fresh.map((line) => kept.get(line) ?? line), ...lines.slice(at + old.length)];
  }
  return lines;
}

function hunksOf(answer: readonly string[], file: readonly string[], languageId: string): Hunk[] | undefined {
  if (answer.some((line) => /^<{5,} ?SEARCH\b/.test(line))) {
    return searches(answer);
  }
  const isUnified = answer.some((line) => /^@@ -\d+/.test(line));
  const hasNames = answer.some((line, index) => /^--- \S/.test(line) && /^\+\+\+ \S/.test(answer[index + 1] ?? ""));
  return isUnified || (!languageOf(languageId).isProse && (hasNames || hasMarks(answer, file)))
    ? diff(answer)
    : undefined;
}

/** Whether lines are marked as in a diff: those that go are in the file, and those that stay, too. */
function hasMarks(answer: readonly string[], file: readonly string[]): boolean {
  const known = new Set(file.map((line) => line.trim()));
  const isKnown = (line: string) => known.has(line.trim());
  const removed = answer.filter((line) => line.startsWith("-"));
  const rest = answer.filter((line) => !isBlank(line) && !/^[-+]/.test(line));
  return (
    removed.some((line) => !isBlank(line.slice(1))) &&
    removed.every((line) => isBlank(line.slice(1)) || (isKnown(line.slice(1)) && !isKnown(line))) &&
    answer.some((line) => line.startsWith("+")) &&
    rest.every(isKnown)
  );
}

function diff(answer: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let hunk: Hunk = { old: [], fresh: [] };
  const end = () => {
    if (hunk.old.length + hunk.fresh.length > 0) hunks.push(hunk);
    hunk = { old: [], fresh: [] };
  };
  for (const [index, line] of answer.entries()) {
    const isName =
      (/^--- \S/.test(line) && /^\+\+\+ /.test(answer[index + 1] ?? "")) ||
      (/^\+\+\+ \S/.test(line) && /^--- /.test(answer[index - 1] ?? ""));
    if (HEADER.test(line) || isName || OF_DIFF.test(line)) {
      end();
      continue;
    }
    const text = /^[-+ ]/.test(line) ? line.slice(1) : line;
    if (!line.startsWith("+")) hunk.old.push(text);
    if (!line.startsWith("-")) hunk.fresh.push(text);
  }
  end();
  return hunks.filter(({ old, fresh }) => old.join("\n") !== fresh.join("\n"));
}

function searches(answer: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let part: "none" | "old" | "fresh" = "none";
  let hunk: Hunk = { old: [], fresh: [] };
  for (const line of answer) {
    if (/^<{5,} ?SEARCH\b/.test(line)) {
      part = "old";
      hunk = { old: [], fresh: [] };
    } else if (part === "old" && /^={5,}\s*$/.test(line)) {
      part = "fresh";
    } else if (part === "fresh" && /^>{5,} ?REPLACE\b/.test(line)) {
      part = "none";
      hunks.push(hunk);
    } else if (part !== "none") {
      hunk[part].push(line);
    }
  }
  return hunks;
}

/** Where the lines stand; undefined when they do not, or more than once. White space counts only if it must. */
function placeOf(file: readonly string[], old: readonly string[]): number | undefined {
  if (old.every(isBlank)) return undefined;
  for (const same of [(one: string, other: string) => one.trimEnd() === other.trimEnd(), isSameText]) {
    const starts = file.flatMap((_, at) => (old.every((line, i) => same(line, file[at + i] ?? "\0")) ? [at] : []));
    if (starts.length > 0) return starts.length === 1 ? starts[0] : undefined;
  }
  return undefined;
}

function isSameText(one: string, other: string): boolean {
  return one.trim() === other.trim();
}
