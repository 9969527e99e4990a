/** Which lines of a file the code of an answer stands for: those asked about, a larger part, or the whole file. */
import { focusOf } from "../../prompt/focus.ts";
import type { CodeContext, LineSpan } from "../../protocol/tasks.ts";
import { languageOf } from "../../text/languages.ts";
import { isBlank, linesOf } from "../../text/lines.ts";
import { bracketFaults } from "./brackets.ts";
import { declared, isOfBody, leftOutNames } from "./leftOut.ts";
import { type ParsedEdit, parseEdit } from "./parseEdit.ts";
import { patched } from "./patch.ts";
import { sectionsOf, sharesWords } from "./sections.ts";

/** Of the lines that a part of the file has beyond the focus, so many must be in the answer for it to be meant. */
const MOSTLY = 0.7;
const SHORTEST_ANCHOR = 4;
/** So many lines at the end of the file may go without a word. */
const FEW = 2;
const IMPORT =
  /^\s*(import\b|from\s+\S+\s+import\b|#\s*include\b|use\s|using\s|package\s|require\b|(const|let|var)\b.*\brequire\()/;

export type Applied = ParsedEdit & { target: LineSpan };

/**
 * @param text code without a fence round it.
 * @param asked lines that the question was about, as they were: where they still stand, they are meant.
 */
export function applyTo(code: CodeContext, text: string, asked = ""): Applied {
  const file = linesOf(code.text);
  const answer = linesOf(text);
  const selection = placeOf(file, linesOf(asked)) ?? code.selection;
  const place = { ...code, selection };
  const focus = focusOf("edit", place) ?? selection;
  const refused = (reason: string): Applied => ({
    kind: "refused",
    reason: `${reason}: select the lines that it is to replace.`,
    target: focus,
  });
  const all = { start: 0, end: file.length };
  if (Array.isArray(patched(answer, file, code.languageId))) {
    return parsedFor(code, file, text, all);
  }
  const meant = targetOf(place, file, answer, focus);
  if (meant === undefined) {
    return refused("It has parts of several places of the file");
  }
  const isCursor = selection.start === selection.end;
  if (isCursor && endsAt(file, meant, selection.start) && !isOneBlock(code, meant.target)) {
    return refused("It ends at the cursor, so it is unclear whether the rest is to stay");
  }
  const left = isCursor ? leftOutNames(file.slice(meant.target.start, meant.target.end), answer, code.languageId) : [];
  if (left.length > 0) {
    return refused(`It leaves out ${left.slice(0, 3).join(", ")}, so it is unclear whether that is to go`);
  }
  const isAddition = meant.target.start === meant.target.end;
  const old = file.slice(meant.target.start, meant.target.end);
  const hasNone = isAddition || (isCursor && declared(old, code.languageId).length > 0 && !sharesLine(old, answer));
  if (hasNone && isOfBody(answer, code.languageId)) {
    return refused("It is part of a function, and has no line of this one");
  }
  const written = answer.slice(meant.skipped).join("\n");
  const parsed = parsedFor(code, file, written, meant.target);
  if (
    parsed.kind === "edit" &&
    isAddition &&
    !isBlank(file[meant.target.start - 1]) &&
    isBlank(file[meant.target.end])
  ) {
    return { ...parsed, text: `\n${parsed.text}` };
  }
  // Closing brackets just behind may have gone with what they close.
  const end = behindClosers(file, meant.target.end);
  if (meant.whole === undefined || end === meant.target.end) return parsed;
  const faults = (until: number) =>
    bracketFaults(linesOf(written), code.languageId, {
      before: file.slice(0, meant.target.start),
      after: file.slice(until),
    });
  if (parsed.kind === "edit" && faults(end) >= faults(meant.target.end)) return parsed;
  const wider = parsedFor(code, file, written, { start: meant.target.start, end });
  return wider.kind === "edit" ? wider : parsed;
}

function parsedFor({ languageId, indent }: CodeContext, file: string[], text: string, target: LineSpan): Applied {
  const request = {
    original: file.slice(target.start, target.end).join("\n"),
    languageId,
    indent,
    fence: "",
    around: { before: file.slice(0, target.start), after: file.slice(target.end) },
  };
  return { ...parseEdit(text, "end", request), target };
}

function behindClosers(file: readonly string[], from: number): number {
  let end = from;
  while (end < file.length && /^\s*[)\]}]+[,;]?\s*$/.test(file[end] ?? "")) end++;
  return end;
}

/** Where lines stand in a file; undefined when they do not, or more than once. */
function placeOf(file: readonly string[], lines: readonly string[]): LineSpan | undefined {
  const wanted = withoutBlank(lines, { start: 0, end: lines.length });
  const texts = lines.slice(wanted.start, wanted.end).map((line) => line.trim());
  if (texts.length === 0) {
    return undefined;
  }
  const starts = file.flatMap((_, at) => (texts.every((text, i) => file[at + i]?.trim() === text) ? [at] : []));
  const [start] = starts;
  return start === undefined || starts.length > 1 ? undefined : { start, end: start + texts.length };
}

interface Meant {
  target: LineSpan;
  /** Lines of the answer that the file has already, above the target. */
  skipped: number;
  /** The part of the file that the answer is of, where it leaves out how that begins or ends. */
  whole?: LineSpan;
}

function sharesLine(lines: readonly string[], answer: readonly string[]): boolean {
  const written = new Set(answer.map((line) => line.trim()));
  return lines.some((line) => hasText(line) && written.has(line.trim()));
}

function isCursorOnly({ selection }: CodeContext): boolean {
  return selection.start === selection.end;
}

/** Whether lines are one block: then an answer that has no others is about that block alone. */
function isOneBlock(code: CodeContext, { start, end }: LineSpan): boolean {
  const block = focusOf("edit", { ...code, symbols: [], selection: { start, end: start } });
  return block !== undefined && block.start <= start && block.end >= end;
}

/** Whether the answer leaves out what comes before or behind just at the cursor, or where the cursor is. */
function endsAt(file: readonly string[], { target, whole = target }: Meant, cursor: number): boolean {
  const hasHead = file.slice(whole.start, target.start).some((line) => !isBlank(line));
  const hasTail = file.slice(target.end, whole.end).some((line) => !isBlank(line));
  return (hasHead && cursor <= target.start) || (hasTail && cursor >= target.end - 1);
}

function targetOf(
  code: CodeContext,
  file: readonly string[],
  lines: readonly string[],
  focus: LineSpan,
): Meant | undefined {
  const { isProse } = languageOf(code.languageId);
  const answer = isProse ? lines : asInFile(lines, file);
  const sections = isProse && isCursorOnly(code) ? sectionsOf(file, answer) : undefined;
  if (sections !== undefined) {
    if (sections.kind !== "lines") return undefined;
    // What begins as the file does may be all of it.
    const isBegin = file.slice(0, sections.span.start).every(isBlank);
    return { target: sections.span, skipped: 0, ...(isBegin ? { whole: { start: 0, end: file.length } } : {}) };
  }
  const anchors = anchorsOf(file, answer);
  const isInside = ({ start, end }: LineSpan, at: number) => at >= start && at < end;
  if (anchors.every(({ inFile }) => isInside(focus, inFile))) {
    const isCursor = code.selection.end === code.selection.start;
    const whole = isCursor && hasSameEnd(file, answer, focus) ? { start: 0, end: file.length } : undefined;
    if (whole !== undefined && anchors.length > 0) return ends(file, answer, whole, anchors);
    return { target: isOther(code, file, answer, focus) ? { start: focus.end, end: focus.end } : focus, skipped: 0 };
  }
  const wider = [...code.symbols].reverse().filter(({ start, end }) => start <= focus.start && end >= focus.end);
  for (const span of [...wider, { start: 0, end: file.length }]) {
    const beyond = file.filter((line, at) => isInside(span, at) && !isInside(focus, at) && hasText(line));
    const known = shared(beyond, answer);
    const holdsAll = anchors.every(({ inFile }) => isInside(span, inFile));
    if (holdsAll && beyond.length > 0 && known >= beyond.length * MOSTLY) {
      return ends(file, answer, span, anchors);
    }
  }
  const skipped = linesAlreadyAbove(file, answer, focus);
  if (
    skipped > 0 &&
    answer.slice(0, skipped).every((line) => isBlank(line) || IMPORT.test(line)) &&
    anchors.every(({ inFile, inAnswer }) => inAnswer < skipped || isInside(focus, inFile))
  ) {
    return { target: focus, skipped };
  }
  // A beginning or an end of the file that is left out: between the first and the last known line hardly any is missing.
  const hull = {
    start: Math.min(...anchors.map(({ inFile }) => inFile)),
    end: Math.max(...anchors.map(({ inFile }) => inFile)) + 1,
  };
  const within = file.slice(hull.start, hull.end).filter(hasText);
  const isWhole = shared(within, answer) >= within.length * MOSTLY;
  const isCursor = code.selection.end === code.selection.start;
  if (isCursor && isWhole && hull.end - hull.start > focus.end - focus.start && isInside(hull, focus.start)) {
    const whole = ends(file, answer, { start: 0, end: file.length }, anchors);
    if (whole !== undefined) return whole;
  }
  // A cursor that is elsewhere: the code is that of another block.
  const first = Math.min(...anchors.map(({ inFile }) => inFile));
  const other = focusOf("edit", { ...code, symbols: [], selection: { start: first, end: first } });
  const isAll = other !== undefined && anchors.every(({ inFile }) => isInside(other, inFile));
  const isParagraph =
    !isProse || !answer.some((line, at) => isBlank(line) && at < answer.findLastIndex((text) => !isBlank(text)));
  if (isCursor && isAll && isParagraph && !hasMoreAbove(code, answer, anchors, other)) {
    return { target: other, skipped: 0 };
  }
  // What the user has selected is meant, though some of its lines stand elsewhere, too.
  return isCursor ? undefined : { target: focus, skipped: 0 };
}

/** How many of the lines the answer has, each as often as it has it. */
function shared(lines: readonly string[], answer: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of answer) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line.trim()) ?? 0;
    left.set(line.trim(), count - 1);
    return count > 0;
  }).length;
}

/** Whether the answer has code above the first line of a block: it may be meant for another place of the file as well. */
function hasMoreAbove(
  code: CodeContext,
  answer: readonly string[],
  anchors: readonly Anchor[],
  block: LineSpan,
): boolean {
  const head = anchors.find(({ inFile }) => inFile === block.start);
  const { comment } = languageOf(code.languageId);
  const above = answer.slice(0, head?.inAnswer ?? 0);
  return above.some(
    (line) =>
      hasText(line) &&
      !IMPORT.test(line) &&
      !/^\s*(?:[@*#/]|"")/.test(line) &&
      !line.trim().startsWith(comment[0].trim()),
  );
}

/** Whether the answer begins as the file does above the focus, or ends as it does below, be it with lines of signs alone. */
function hasSameEnd(file: readonly string[], answer: readonly string[], { start, end }: LineSpan): boolean {
  const [head, tail, own] = [texts(file, 0, start), texts(file, end, file.length), texts(answer, 0, answer.length)];
  const begins = head.length > 0 && head.every((line, index) => line === own[index]);
  return begins || (tail.length > 0 && tail.every((line, index) => line === own.at(index - tail.length)));
}

function hasText(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}

const COMMENT = /^\s*(?:\/\/|#|--|;+|%+)\s*/;

/** The answer, in which lines that it comments out, or makes code of, are as the file has them. */
function asInFile(answer: readonly string[], file: readonly string[]): string[] {
  const bare = (line: string) => line.replace(COMMENT, "").trim();
  const known = new Set(file.map((line) => line.trim()));
  const comments = new Map(file.flatMap((line) => (COMMENT.test(line) ? [[bare(line), line] as const] : [])));
  return answer.map((line) => {
    if (known.has(line.trim())) return line;
    return known.has(bare(line)) ? bare(line) : (comments.get(line.trim()) ?? line);
  });
}

interface Anchor {
  inFile: number;
  inAnswer: number;
}

/** Lines that the file and the answer have once each. */
function anchorsOf(file: readonly string[], answer: readonly string[]): Anchor[] {
  const [ofFile, ofAnswer] = [file, answer].map(onlyOnes) as [Map<string, number>, Map<string, number>];
  return [...ofAnswer].flatMap(([text, inAnswer]) => {
    const inFile = ofFile.get(text);
    return inFile === undefined ? [] : [{ inFile, inAnswer }];
  });
}

function onlyOnes(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text.length >= SHORTEST_ANCHOR && hasText(text)) {
      places.set(text, places.has(text) ? -1 : index);
    }
  }
  return new Map([...places].filter(([, index]) => index !== -1));
}

/** With only a cursor in a function, code that is another function does not stand in its place. */
function isOther(code: CodeContext, file: readonly string[], answer: readonly string[], focus: LineSpan): boolean {
  const symbol = code.symbols.findLast(({ isBlock }) => isBlock);
  // Where nothing else is in the file, its text is meant.
  const isAll = file.every((line, at) => isBlank(line) || (at >= focus.start && at < focus.end));
  if (code.selection.end > code.selection.start || isAll) {
    return false;
  }
  const text = answer.join("\n");
  const written = new Set(answer.map((line) => line.trim()));
  if (languageOf(code.languageId).isProse && sharesWords(file.slice(focus.start, focus.end), answer)) {
    return false;
  }
  const shares = file.slice(focus.start, focus.end).some((line) => written.has(line.trim()) && /\w/.test(line));
  return !shares && (symbol === undefined || !text.includes(symbol.name));
}

/** Imports and the like that models repeat: paragraphs at the answer's beginning that stand above the focus. */
function linesAlreadyAbove(file: readonly string[], answer: readonly string[], focus: LineSpan): number {
  const above = new Set(file.slice(0, focus.start).map((line) => line.trim()));
  let first = answer.findIndex((line) => !isBlank(line) && !above.has(line.trim()));
  while (first > 0 && !isBlank(answer[first - 1])) first--;
  return Math.max(0, first);
}

/** The part without what the answer does not come to: a file's head or end that it has left out. */
function ends(
  file: readonly string[],
  answer: readonly string[],
  span: LineSpan,
  anchors: readonly Anchor[],
): Meant | undefined {
  const sorted = [...anchors].sort((one, other) => one.inFile - other.inFile);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) {
    return undefined;
  }
  const head = texts(file, span.start, first.inFile);
  const newHead = texts(answer, 0, first.inAnswer);
  const tail = texts(file, last.inFile + 1, span.end);
  const newTail = texts(answer, last.inAnswer + 1, answer.length);
  // Lines that the answer begins after are left out when they end in a blank line; in the middle of others they go.
  const isLeftOut = newHead.length === 0 && (first.inFile === span.start || isBlank(file[first.inFile - 1]));
  const start = isLeftOut ? first.inFile : span.start;
  const isSame = newTail.every((line, index) => line === tail[index]);
  let end = span.end;
  if (isSame && newTail.length < tail.length) {
    end = last.inFile + 1;
    for (let count = newTail.length; count > 0; end++) count -= isBlank(file[end]) ? 0 : 1;
    // Few lines that go on with the last one go, too, as those at the beginning do.
    const isLoose = tail.length - newTail.length <= FEW && !isBlank(file[end]) && !/^\s*[)\]}]/.test(file[end] ?? "");
    if (isLoose && texts(file, end, span.end).length <= FEW && !isBlank(file[end - 1])) end = span.end;
  }
  const isCut =
    (!isLeftOut && head.length > 2 * newHead.length + 2) || (!isSame && tail.length > 2 * newTail.length + 2);
  return isCut ? undefined : { target: withoutBlank(file, { start, end }), skipped: 0, whole: span };
}

function texts(lines: readonly string[], start: number, end: number): string[] {
  return lines.slice(start, end).flatMap((line) => (isBlank(line) ? [] : [line.trim()]));
}

/** Blank lines at either end stay as they are. */
function withoutBlank(lines: readonly string[], { start, end }: LineSpan): LineSpan {
  let [first, last] = [start, end];
  while (first < last && isBlank(lines[first])) first++;
  while (last > first && isBlank(lines[last - 1])) last--;
  return { start: first, end: last };
}
