/** Which sections of a text an answer stands for, told by the headings that both have. */
import type { LineSpan } from "../../protocol/tasks.ts";
import { isBlank } from "../../text/lines.ts";

interface Heading {
  line: number;
  text: string;
}

export type Sections =
  /** These lines of the text. */
  | { kind: "lines"; span: LineSpan }
  /** Some sections between the first and the last are missing, so it is unclear whether they are to go. */
  | { kind: "unclear" };

/**
 * @returns undefined when no heading of the text begins the answer. An answer that begins and ends like the text is the
 * whole of it, however short it is.
 */
export function sectionsOf(file: readonly string[], answer: readonly string[]): Sections | undefined {
  const first = answer.findIndex((line) => !isBlank(line));
  const [own, other] = [headingsOf(file), headingsOf(answer)];
  const starts = other.flatMap(({ text }) => {
    const same = own.filter((heading) => heading.text === text);
    return same.length === 1 ? [own.indexOf(same[0] as Heading)] : [];
  });
  const [start] = starts;
  const end = starts.at(-1);
  if (start === undefined || end === undefined || other[0]?.line !== first || own[start]?.text !== other[0].text) {
    return undefined;
  }
  const last = { file: file.findLast((line) => !isBlank(line)), answer: answer.findLast((line) => !isBlank(line)) };
  const isBegin = own[start]?.line === file.findIndex((line) => !isBlank(line));
  if (isBegin && (end === own.length - 1 || (last.file === last.answer && answer.length > first + 1))) {
    return { kind: "lines", span: trimmed(file, { start: 0, end: file.length }) };
  }
  const isWhole = starts.every((one, index) => one === start + index);
  if (!isWhole) {
    return { kind: "unclear" };
  }
  return {
    kind: "lines",
    span: trimmed(file, { start: own[start]?.line ?? 0, end: own[end + 1]?.line ?? file.length }),
  };
}

function headingsOf(lines: readonly string[]): Heading[] {
  const headings: Heading[] = [];
  let fence = "";
  for (const [line, text] of lines.entries()) {
    const [, mark = ""] = /^ {0,3}(`{3,}|~{3,})/.exec(text) ?? [];
    if (fence !== "") {
      if (mark.startsWith(fence)) fence = "";
    } else if (mark !== "") {
      fence = mark;
    } else if (/^#{1,6}\s+\S/.test(text)) {
      headings.push({ line, text: text.trim() });
    }
  }
  return headings;
}

function trimmed(lines: readonly string[], { start, end }: LineSpan): LineSpan {
  let [first, last] = [start, end];
  while (last > first && isBlank(lines[last - 1])) last--;
  while (first < last && isBlank(lines[first])) first++;
  return { start: first, end: last };
}

/** Of the words of a paragraph, so many in its new form show that it is meant to take its place. */
const SAME_WORDS = 0.4;

/** Whether a text says much of what another one says. */
export function sharesWords(one: readonly string[], other: readonly string[]): boolean {
  const [words, known] = [one, other].map(
    (lines) =>
      new Set(
        lines
          .join(" ")
          .toLowerCase()
          .match(/[\p{L}\p{N}]{3,}/gu),
      ),
  );
  if (words === undefined || known === undefined || words.size === 0) return false;
  return [...words].filter((word) => known.has(word)).length >= words.size * SAME_WORDS;
}
