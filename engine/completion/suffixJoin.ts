/**
 * How a text joins what follows the cursor on its line. A model asked to fill a gap often runs on: it writes the gap, and
 * then repeats what follows the gap. What it repeats must be told from what belongs into the gap, although both may end
 * alike: in `f(|)` the text `g(x)` ends with a bracket of its own, the text `x)` with the one that is there already. So
 * each way of reading the text is tried, and the one that leaves the brackets and strings of the document in order wins.
 */
import { holdsInOrder, isClosers } from "../text/closers.ts";
import { kindAtCursor, scanAtCursor, stateBeforeLine } from "../text/codeState.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import { type Frame, scan, scanState } from "../text/scanner.ts";

/** One way of reading a text. */
interface Reading {
  /** Length of the text without what it repeats of the rest of the line. */
  own: number;
  /**
   * Characters of the rest of the line that the text repeats, from its beginning on. Closers are then part of `own`: the
   * text is to be written over them.
   */
  repeated: number;
  /** The text does not repeat anything, but closes too much. */
  isCut?: boolean;
}

export interface SuffixJoin extends Reading {
  /** Brackets and strings of the document are in order then, as far as they are looked at. */
  isInOrder: boolean;
  /** The text ends as the line does, and it cannot be told whether this repeats the end or is a part of the gap. */
  isDoubtful?: boolean;
}

/** Characters below the cursor's line that show whether its brackets are in order. */
const BELOW = 4000;
const MARK = /[;,:.]/;
/** All that is known below. */
const FAR_BELOW = 64 * 1024;
/** How many faults fewer the reading that cuts the text must have to be taken. */
const CUT_FAULTS = 1.5;
/**
 * How many faults more the reading that repeats the whole rest of the line may have and still be taken, where that rest has
 * a word: words seldom come twice in a row.
 */
const WORDS_FAULTS = 1.5;
/** The same for a rest without a word that has at least MARKS_LENGTH characters, such as `) || \`. */
const MARKS_LENGTH = 4;
const MARKS_FAULTS = 0.5;
/** Where a quote decides, a reading that is better by no more than this may be wrong: strings go on over lines. */
const DOUBT_FAULTS = 2;
/** Marks that may follow closers. */
const TRAILING_MARKS = /^[;,:]+$/;

/** @param text of one line or more, as the model wrote it at the cursor. */
export function joinSuffix(text: string, context: CursorContext): SuffixJoin {
  const rest = context.restOfLine.trimEnd();
  if (rest === "") return { own: text.length, repeated: 0, isInOrder: true };
  const syntax = languageOf(context.languageId).syntax;
  // In a comment brackets and quotes are part of a sentence.
  const isCounted = syntax !== undefined && syntax.brackets !== "" && kindAtCursor(context) !== "comment";
  const best = isCounted ? bestReading(text, rest, context) : readingByCount(text, rest, context);
  if (best.repeated > 0 && isClosing(context)) return best;
  return { ...best, own: withoutBlank(text.slice(0, best.own), rest) };
}

/** The length without a blank at the end where the rest of the line begins with the same. */
function withoutBlank(own: string, rest: string): number {
  return /^\s/.test(rest) && own.endsWith(rest.charAt(0)) ? own.trimEnd().length : own.length;
}

/** The reading that leaves most in order; of those that are as good as each other the first one. */
function bestReading(text: string, rest: string, context: CursorContext): SuffixJoin {
  const judgeAll = (readings: readonly Reading[], below: number) =>
    readings
      .map((reading) => ({ reading, faults: faultsOf(text, reading, rest, context, below) + bias(reading, rest) }))
      .sort((one, other) => one.faults - other.faults);
  const judged = judgeAll(readingsOf(text, rest, context), BELOW);
  const likely = judged.filter(({ faults }) => faults < (judged[0]?.faults ?? 0) + 1);
  // Where the lines nearby do not tell, those further below may.
  const [best] =
    likely.length > 1 && (context.below?.length ?? 0) > BELOW
      ? judgeAll(
          likely.map(({ reading }) => reading),
          FAR_BELOW,
        )
      : judged;
  const { reading, faults } = best as (typeof judged)[number];
  const again = judged.find((one) => one.reading.repeated === rest.length);
  const isNear = !isClosing(context) || (again !== undefined && again.faults - faults <= DOUBT_FAULTS);
  return {
    own: reading.own,
    repeated: reading.repeated,
    isInOrder: faults - bias(reading, rest) < 1,
    isDoubtful:
      reading.repeated === 0 && withoutEnd(text, context).endsWith(rest) && isNear && isUntold(text, rest, context),
  };
}

/** Whether brackets cannot tell what the text repeats: a quote may begin a string or end one, and a string may hold code. */
function isUntold(text: string, rest: string, context: CursorContext): boolean {
  if (/["'`]/.test(rest) || isInLongString(context)) return true;
  // Between tags a bracket may be part of a sentence: the line itself does not want another closer.
  const line = lineBefore(context.prefix) + text;
  return (
    /react$/.test(context.languageId) &&
    ["()", "[]", "{}"].every(([open = "", close = ""]) => {
      return line.split(open).length === line.split(close).length;
    })
  );
}

/** Whether the cursor's line begins within a string. */
function isInLongString(context: CursorContext): boolean {
  return stateBeforeLine(context).frame?.kind === "string";
}

/** Faults to add to a reading, or to take off when negative, whatever it leaves in order. */
function bias({ isCut, repeated }: Reading, rest: string): number {
  if (isCut === true) return CUT_FAULTS;
  if (repeated !== rest.length || repeated === 0) return 0;
  if (/\w{3}/.test(rest)) return -WORDS_FAULTS;
  return rest.length >= MARKS_LENGTH && !isClosers(rest) ? -MARKS_FAULTS : 0;
}

/**
 * Whether the rest of the cursor's line only closes what is open. Where a quote comes twice, a string begins; a blank
 * inside a string belongs to the string.
 */
export function isClosing(context: CursorContext): boolean {
  const rest = context.restOfLine.trimEnd();
  const marks = doublesQuotes(context.languageId) ? rest : rest.replace(/(["'`])\1\1/, "$1");
  if (!isClosers(rest) || /(["'`]).*\1/.test(marks)) return false;
  if (rest.includes("'") && !hasSingleQuotes(context.languageId)) return false;
  if (!/^[\s"'`]/.test(rest)) return true;
  if (/^\s*```$/.test(rest)) return false;
  // A quote in code opens a string.
  return kindAtCursor(context) === "string" ? !/^\s/.test(rest) : !/^\s*["'`]/.test(rest);
}

/** The ways in which a text may be meant, the likeliest first. */
function readingsOf(text: string, rest: string, context: CursorContext): Reading[] {
  const whole = withoutEnd(text, context);
  const isClosed = isClosing(context);
  const whollyRepeated = { own: whole.length - rest.length, repeated: rest.length };
  // Closers within a string are those of the code that it holds, which is not counted.
  const isEnd = (closers: string) => !isInLongString(context) || whole.endsWith(closers);
  const opensString = /^\s*["'`]/.test(rest) && kindAtCursor(context) === "code";
  if (opensString && whole.endsWith(rest)) return [whollyRepeated];
  const closed = firstClosed(text, context);
  return [
    ...(isClosed ? closerReadings(text, whole, rest).filter(({ repeated }) => isEnd(rest.slice(0, repeated))) : []),
    ...(whole.endsWith(rest) && !isClosed ? [whollyRepeated] : []),
    ...(isClosed ? [] : withoutMark(text, rest)),
    { own: text.length, repeated: 0 },
    ...(closed === undefined || isClosed ? [] : [{ own: closed, repeated: 0, isCut: true }]),
  ];
}

/** The text without blanks at its end, but for those that are part of a string. */
function withoutEnd(text: string, context: CursorContext): string {
  const whole = text.trimEnd();
  return whole !== text && kindAtCursor(context, text) === "string" ? text : whole;
}

/** Where the text closes the first bracket or string that is open at the cursor; undefined where it closes none. */
function firstClosed(text: string, context: CursorContext): number | undefined {
  const line = lineBefore(context.prefix);
  const { tokens, frameAt } = scanAtCursor(context, text);
  const open = frameAt(line.length);
  if (open === undefined) return undefined;
  const end = tokens.find(({ end }) => end > line.length && !isOpen(open, frameAt(end)))?.end;
  return end === undefined ? undefined : end - 1 - line.length;
}

function isOpen(frame: Frame, innermost: Frame | undefined): boolean {
  for (let one = innermost; one !== undefined; one = one.parent) if (one === frame) return true;
  return false;
}

/** What is out of order in the document when a text is read in a way: brackets that do not fit, strings without an end. */
function faultsOf(
  text: string,
  { own, repeated }: Reading,
  rest: string,
  context: CursorContext,
  most: number,
): number {
  const { languageId, below = "" } = context;
  const isOver = repeated > 0 && isClosing(context);
  const before = lineBefore(context.prefix);
  const line = before + text.slice(0, own) + rest.slice(isOver ? repeated : 0);
  const from = stateBeforeLine(context);
  const { tokens, state } = scan(line, languageId, from);
  const quotes = languageOf(languageId).syntax?.strings.map(({ open }) => open) ?? [];
  const openQuotes = tokens.filter(
    ({ kind, start }) => kind === "operator" && start >= before.length && quotes.includes(line.charAt(start)),
  ).length;
  const { frame } = state;
  const isOpenString = frame?.kind === "string" && !isOpen(frame, from.frame);
  const isOneLine = frame?.rule?.lines === "one";
  const unended = !isOpenString ? 0 : isOneLine ? 2 : endsInString(rest, context) ? 0 : 1;
  const end = scanState(`\n${below.slice(0, most)}`, languageId, state);
  const left = below.length <= most ? depthOf(end.frame) : 0;
  return (
    2 * (end.misfits - from.misfits) + 2 * openQuotes + unended + left + roughFaults(line, rest, isUncounted(context))
  );
}

/** Whether the line ends in a string that it opens, as one of several lines does. */
function endsInString(rest: string, context: CursorContext): boolean {
  const { frame } = scanAtCursor(context, rest).state;
  return frame?.kind === "string" && !isOpen(frame, stateBeforeLine(context).frame);
}

function depthOf(innermost: Frame | undefined): number {
  let depth = 0;
  for (let one = innermost; one !== undefined; one = one.parent) depth++;
  return depth;
}

/** Whether the cursor is where brackets are not counted: in a string, or on a line of the preprocessor. */
function isUncounted(context: CursorContext): boolean {
  for (let { frame } = scanAtCursor(context, "").state; frame !== undefined; frame = frame.parent) {
    if (frame.kind === "directive" || frame.kind === "string") return true;
  }
  return false;
}

/** Brackets and quotes of a line without a partner, wherever they are; decides between readings that are equal else. */
function roughFaults(line: string, rest: string, countsAll: boolean): number {
  // Three quotes in a row are one mark.
  const plain = line.replaceAll(/(?<!-)->|=>|'''|"""/g, "");
  const count = (character: string) => plain.split(character).length - 1;
  const unpaired = (open: string, close: string) => Math.abs(count(open) - count(close));
  const brackets = unpaired("(", ")") + unpaired("[", "]") + unpaired("{", "}");
  const angles = /^>(?!>?&)/.test(rest) ? unpaired("<", ">") : 0;
  const quotes = (count('"') % 2) + (count("`") % 2) + (count("'") % 2);
  return Math.min(0.9, 0.02 * brackets + (countsAll ? 0.1 * quotes : 0) + 0.1 * angles);
}

/** Where brackets are not counted by language: whether the line closes more than it opens with the text in it. */
function readingByCount(text: string, rest: string, context: CursorContext): SuffixJoin {
  const whole = text.trimEnd();
  const line = lineBefore(context.prefix) + whole + rest;
  const isRest = whole.endsWith(rest);
  // A closer with a mark behind it does not come twice in a row, even where the bracket was opened on an earlier line.
  const isOnce = !closesMore(line, rest.trimStart().charAt(0)) && !/[)\]}][;,:]$/.test(rest);
  const isOwn = isClosing(context) && isOnce && !(isRest && closesAll(whole, rest, context));
  const isRepeated = isRest && !isOwn;
  if (!isRepeated) {
    const reading = withoutMark(text, rest)[0] ?? { own: text.length, repeated: 0 };
    // Code in a comment may leave its brackets open, as sentences do not.
    const kept = whole.slice(0, -rest.length);
    const isBegun = /[([{]$/.test(kept) || /\bfunction\s*\([^()]*$/.test(lineBefore(context.prefix) + kept);
    const isDoubtful = isOwn && isRest && isBegun;
    return { ...reading, isInOrder: true, isDoubtful };
  }
  const own = isClosing(context) ? text.length : whole.length - rest.length;
  return { own, repeated: rest.length, isInOrder: true };
}

/** Whether the brackets of the whole document fit each other when a text is written over the rest of the line. */
function closesAll(text: string, rest: string, { prefix, prefixLine, below = "" }: CursorContext): boolean {
  const closer = rest.trimStart().charAt(0);
  const opener = OPENER[closer];
  if (opener === undefined || opener === "<" || prefixLine > 0) return false;
  const count = (character: string, where: string) => where.split(character).length - 1;
  const surplus = [prefix, text, below].reduce((sum, part) => sum + count(closer, part) - count(opener, part), 0);
  return surplus === 0;
}

const OPENER: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{", ">": "<" };

function closesMore(line: string, closer: string): boolean {
  const plain = line.replaceAll(/<!--|--?>|=>/g, "");
  const count = (character: string) => plain.split(character).length - 1;
  const opener = OPENER[closer];
  if (opener !== undefined) return count(closer) > count(opener);
  return !/["'`]/.test(closer) || count(closer) % 2 === 1;
}

/** Whether a single quote ends a string, and is not a part of names or of a character alone. */
function hasSingleQuotes(languageId: string): boolean {
  const rule = languageOf(languageId).syntax?.strings.find(({ open }) => open === "'");
  return rule !== undefined && rule.isCharacter !== true;
}

/** Whether two quotes in a string are one, so that three in a row are not the end of a longer kind of string. */
function doublesQuotes(languageId: string): boolean {
  const { strings = [] } = languageOf(languageId).syntax ?? {};
  return strings.some(({ open, close, escape: escaping }) => escaping === "doubled" && open === close);
}

/** The text is written over the first closers of the rest of the line: over as many of them as it holds in this order. */
function closerReadings(text: string, whole: string, rest: string): Reading[] {
  const readings: Reading[] = [];
  // There the bracket is the rest of an arrow.
  if (rest.startsWith(">") && /[=-]$/.test(whole)) return readings;
  for (let length = rest.length; length > 0; length--) {
    const closers = rest.slice(0, length);
    if (/\s$/.test(closers)) continue;
    const marks = /[;,:]*$/.exec(closers)?.[0] ?? "";
    // Marks are repeated only where the text ends with them.
    if (marks !== "" && !(TRAILING_MARKS.test(marks) && whole.endsWith(marks))) continue;
    if (holdsInOrder(whole, closers.replaceAll(/\s/g, ""))) readings.push({ own: text.length, repeated: length });
  }
  return readings;
}

/** The text without a mark at its end that the rest of the line begins with. */
function withoutMark(text: string, rest: string): Reading[] {
  const mark = rest.trimStart().charAt(0);
  const own = text.trimEnd();
  const isApart = own !== text || /^\s/.test(rest);
  // Behind a blank, a colon begins a symbol (`a: :b`) and a dot a path or a member.
  const isStart = isApart && (/^\s*:\w/.test(rest) || mark === ".");
  const isPart = own.at(-2) === mark || rest.trimStart()[1] === mark || isStart;
  return MARK.test(mark) && own.endsWith(mark) && !isPart
    ? [{ own: own.slice(0, -1).trimEnd().length, repeated: 0 }]
    : [];
}
