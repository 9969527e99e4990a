/**
 * Finds out how a text joins what follows the cursor on its line. A model that fills a gap often goes on too far: it writes
 * the gap, and then repeats what follows the gap. That must be told from what belongs in the gap, although both may end
 * alike: in `f(|)` the text `g(x)` ends with a bracket of its own, but the text `x)` with the one that is there already.
 * So each way of reading the text is tried, and the one that leaves the brackets and strings of the document in order wins.
 */
import { holdsInOrder, isClosers } from "../text/closers.ts";
import { kindAtCursor, scanAtCursor, stateBeforeLine } from "../text/codeState.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import { type Frame, scan, scanState, type TokenKind } from "../text/scanner.ts";

/** One way of reading a text. */
interface Reading {
  /** Length of the text without what it repeats of the rest of the line. */
  own: number;
  /**
   * Characters of the rest of the line that the text repeats, from its beginning on. Closers are then part of `own`: the
   * text is to be written over them.
   */
  repeated: number;
  /** Whether the text is cut because it closes too much, although it repeats nothing. */
  isCut?: boolean;
}

export interface SuffixJoin extends Reading {
  /** Whether this reading leaves the brackets and strings near the cursor in order. */
  isInOrder: boolean;
  /** Whether the text ends like the line and it is not clear if that end is a repetition or belongs in the gap. */
  isDoubtful?: boolean;
}

/** How many characters below the cursor's line are read to see whether its brackets are in order. */
const BELOW = 4000;
const MARK = /[;,:.]/;
/** The same where the nearer lines leave several readings equally likely. */
const FAR_BELOW = 64 * 1024;
/** The reading that cuts the text is taken only if it has fewer faults than the others by more than this. */
const CUT_FAULTS = 1.5;
/**
 * Where the rest of the line has a word, the reading in which the text repeats all of that rest may have this many more
 * faults than the others and is still taken, because words seldom occur twice in a row.
 */
const WORDS_FAULTS = 1.5;
/** The same for a rest without a word that has at least MARKS_LENGTH characters, such as `) || \`. */
const MARKS_LENGTH = 4;
const MARKS_FAULTS = 0.5;
/** Where quotes decide, a reading that is better by no more than this is doubtful, because a string may have many lines. */
const DOUBT_FAULTS = 2;
/** Of a longer row of closers, the text may repeat so many at its beginning, or all of them. */
const MOST_CLOSERS = 40;
/** Marks that may follow closers. */
const TRAILING_MARKS = /^[;,:]+$/;

/** @param text of one line or more, as the model wrote it at the cursor. */
export function joinSuffix(written: string, context: CursorContext): SuffixJoin {
  const rest = context.restOfLine.trimEnd();
  // Blanks that end the line are there already.
  const text = rest === context.restOfLine || rest === "" ? written : written.trimEnd();
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
      reading.repeated === 0 && withoutEnd(text, context).endsWith(rest) && isNear && isAmbiguous(text, rest, context),
  };
}

/**
 * Whether brackets and quotes cannot show what the text repeats, because a quote may begin or end a string, or because the
 * line is within a string that may hold code.
 */
function isAmbiguous(text: string, rest: string, context: CursorContext): boolean {
  if (/["'`]/.test(rest) || isInLongString(context)) return true;
  // Between tags a bracket may be part of a sentence. Then the line itself has as many opening as closing brackets.
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

/** Faults to add to a reading, or to subtract, whatever it leaves in order. */
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
  // The brackets of code within a string are not counted, so only closers at the very end of the text count there.
  const isEnd = (closers: string) => !isInLongString(context) || whole.endsWith(closers);
  const opensString = /^\s*["'`]/.test(rest) && kindAtCursor(context) === "code";
  if (opensString && whole.endsWith(rest)) return [whollyRepeated];
  const closed = firstClosed(text, context);
  return [
    ...(isClosed
      ? closerReadings(text, whole, rest, context).filter(({ repeated }) => isEnd(rest.slice(0, repeated)))
      : []),
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

/** The tokens with which something that was open may end. */
const CLOSING_TOKENS: ReadonlySet<TokenKind> = new Set(["close", "string", "comment"]);

/** Where the text closes the first bracket or string that is open at the cursor; undefined where it closes none. */
function firstClosed(text: string, context: CursorContext): number | undefined {
  const line = lineBefore(context.prefix);
  const { tokens, frameAt } = scanAtCursor(context, text);
  const open = frameAt(line.length);
  if (open === undefined) return undefined;
  const closing = tokens.filter(({ kind, end }) => end > line.length && CLOSING_TOKENS.has(kind));
  const end = closing.find((token) => !isOpen(open, frameAt(token.end)))?.end;
  return end === undefined ? undefined : end - 1 - line.length;
}

function isOpen(frame: Frame, innermost: Frame | undefined): boolean {
  for (let one = innermost; one !== undefined; one = one.parent) if (one === frame) return true;
  return false;
}

/** Counts what a reading leaves out of order in the document: brackets that do not match, and strings without an end. */
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

/** Whether brackets are not counted at the cursor, because it is in a string or in a directive of the preprocessor. */
function isUncounted(context: CursorContext): boolean {
  for (let { frame } = scanAtCursor(context, "").state; frame !== undefined; frame = frame.parent) {
    if (frame.kind === "directive" || frame.kind === "string") return true;
  }
  return false;
}

/**
 * Counts the brackets and quotes of a line that have no partner, even in strings and comments. The result is below 1, so
 * that it decides only between readings that are otherwise equal.
 */
function roughFaults(line: string, rest: string, countsAll: boolean): number {
  // Three quotes in a row are one mark, and a quote behind a backslash is part of a string.
  const plain = withoutClasses(line.replaceAll(/<[-=]+>|(?<!-)->|=>|'''|"""|\\["']/g, ""));
  const count = (character: string) => plain.split(character).length - 1;
  const unpaired = (open: string, close: string) => Math.abs(count(open) - count(close));
  const brackets = unpaired("(", ")") + unpaired("[", "]") + unpaired("{", "}");
  const angles = /^>(?!>?&)/.test(rest) ? unpaired("<", ">") : 0;
  const quotes = (count('"') % 2) + (count("`") % 2) + (count("'") % 2);
  return Math.min(0.9, 0.02 * brackets + (countsAll ? 0.1 * quotes : 0) + 0.1 * angles);
}

/**
 * The line without classes of characters, as in `[(a-z]` or `[^']`, whose parentheses or quotes have no partner inside: these
 * are no brackets, and begin no string.
 */
function withoutClasses(line: string): string {
  return line.replaceAll(/\[[^[\]\s,]+\]/g, (each) => {
    const count = (character: string) => each.split(character).length - 1;
    const isPaired = count("(") === count(")") && ['"', "'", "`"].every((quote) => count(quote) % 2 === 0);
    const isListOfOne = /^\[(["'`]).*\1\]$/.test(each);
    // In a class, a quote stands beside single characters and ranges, not at the beginning of a word.
    const isBegunName = /^\[["'`]\w{2}/.test(each);
    return isPaired || isListOfOne || isBegunName ? each : "[]";
  });
}

/** Reads a text by counting the brackets of the line, in comments and in languages whose brackets are not known. */
function readingByCount(text: string, rest: string, context: CursorContext): SuffixJoin {
  const whole = text.trimEnd();
  const line = lineBefore(context.prefix) + whole + rest;
  const isRest = whole.endsWith(rest);
  // A closer with a mark behind it, such as `);`, seldom occurs twice in a row, even if an earlier line opened the bracket.
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
  const plain = line.replaceAll(/<!--|--?>|=>|(["'`])[()[\]{}<>]\1/g, "");
  const count = (character: string) => plain.split(character).length - 1;
  const opener = OPENER[closer];
  if (opener !== undefined) return count(closer) > count(opener);
  return !/["'`]/.test(closer) || count(closer) % 2 === 1;
}

/** Whether single quotes enclose strings, and are not part of names or enclose single characters. */
function hasSingleQuotes(languageId: string): boolean {
  const rule = languageOf(languageId).syntax?.strings.find(({ open }) => open === "'");
  return rule !== undefined && rule.isCharacter !== true;
}

/** Whether two quotes in a string are one, so that three in a row are not the end of a longer kind of string. */
function doublesQuotes(languageId: string): boolean {
  const { strings = [] } = languageOf(languageId).syntax ?? {};
  return strings.some(({ open, close, escape: escaping }) => escaping === "doubled" && open === close);
}

/** Readings in which the text is written over the first closers of the rest of the line, which it holds in this order. */
function closerReadings(text: string, whole: string, rest: string, { prefix }: CursorContext): Reading[] {
  const readings: Reading[] = [];
  // The bracket `>` completes an arrow then.
  if (rest.startsWith(">") && /[=-]$/.test(whole)) return readings;
  const line = (prefix.endsWith(",") ? "," : "") + whole;
  for (let length = rest.length; length > 0; length = Math.min(length - 1, MOST_CLOSERS)) {
    const closers = rest.slice(0, length);
    if (/\s$/.test(closers)) continue;
    const marks = /(?<![;,:])[;,:]*$/.exec(closers)?.[0] ?? "";
    // Marks are repeated only where the text ends with them.
    if (marks !== "" && !(TRAILING_MARKS.test(marks) && whole.endsWith(marks))) continue;
    const isEnd = whole.endsWith(closers);
    if (closers.startsWith(">") && !isEnd && !closesAngle(line)) continue;
    // A `>` behind a comma closes nothing, as in a list of alignments: `"<,>,>"`.
    const isListed = closers.startsWith(">") && /,>$/.test(line.slice(0, line.length - length + 1));
    if ((isListed || closers.includes(",>")) && !(isEnd && closers === rest)) continue;
    if (holdsInOrder(whole, closers.replaceAll(/\s/g, ""))) readings.push({ own: text.length, repeated: length });
  }
  return readings;
}

/** Whether a text has a `>` that may close what is before it: not one of `<T>`, an arrow, a quoted one, or one of a list. */
function closesAngle(text: string): boolean {
  let open = 0;
  for (const { 0: mark } of text.matchAll(/(?<![\s<])<(?![\s<=])|^<(?![\s<=])|[-=,]>|(["'`])>\1|>/g)) {
    if (mark === "<") open++;
    else if (mark === ">" && --open < 0) return true;
  }
  return false;
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
