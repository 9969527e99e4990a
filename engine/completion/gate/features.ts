/**
 * Describes an answer in numbers, from which the learned gate computes how likely it is right. The same code writes the
 * table that the gate is trained on.
 */
import { lineBefore } from "../../text/cursor.ts";
import { commonEnd } from "../../text/repeats.ts";
import { isWordCharacter } from "../../text/words.ts";
import type { Candidate, CutFeatures } from "./gate.ts";

/** How many characters before and after the cursor count as near. */
const BEFORE = 2000;
const BEHIND = 500;
/** In how many characters before and after the cursor similar places are looked for. */
const FAR_BEFORE = 48 * 1024;
const FAR_BEHIND = 16 * 1024;
/** How many characters before the cursor a place must share to count as similar. */
const KEY = 5;
/** How many it must share to count as very similar. */
const LONG_KEY = 12;
const LONGEST_MATCH = 32;
/** How many similar places are examined at most: those below the cursor first, then the nearest ones before it. */
const MOST_PLACES = 24;
/** A lower probability counts as this one. */
const LEAST = 1e-4;

/** The columns of the table, in order. */
export const FEATURES = [
  // The model's probabilities, as logarithms.
  "logAll",
  "logFirst",
  "logLast",
  "logLeast",
  "logMean",
  "logNext",
  "logRest",
  // The text up to the cut.
  "pieces",
  "length",
  "lines",
  "isEnd",
  "endsInWord",
  "endsInBlank",
  "endsAtCloser",
  "lastPieceLength",
  // What has been typed of the answer.
  "typed",
  "typedOfPiece",
  // The place.
  "column",
  "wordBefore",
  "afterBlank",
  "afterDot",
  "afterOpener",
  "afterQuote",
  "atLineStart",
  "restOfLine",
  "inComment",
  "inString",
  "linesBelow",
  // Whether the language is JavaScript or TypeScript, and whether it is Python.
  "isScript",
  "isPython",
  // What is near.
  "words",
  "newWords",
  "isFirstWordNew",
  "matchBefore",
  // How many similar places continue with the shown text, and their share; then the share of those that continue with
  // its first word; then number and share of the very similar places. The tests and the report of the training name the
  // columns in this way.
  "placesAlike",
  "shareAlike",
  "firstShare",
  "placesMuchAlike",
  "shareMuchAlike",
] as const;

const SCRIPT = /^(type|java)script(react)?$/;
const COMMENT = /^\s*(\/\/|#(?!\[|include|define|if|endif)|\*|\/\*|--|""")|\s(\/\/|#)\s/;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu;

/** One row for each place where a candidate's text may be cut, the shortest first. */
export function featuresOf(candidate: Candidate): CutFeatures[] {
  const { text, pieces, typed } = candidate;
  const place = placeFeatures(candidate);
  const contextFeatures = contextFeaturesOf(candidate);
  const logs = pieces.map(({ probability }) => Math.log(Math.max(LEAST, probability)));
  const rows: CutFeatures[] = [];
  let all = 0;
  let first = 0;
  let least = 0;
  let count = 0;
  let before = 0;
  for (const [index, piece] of pieces.entries()) {
    const start = before;
    before = piece.end;
    if (piece.end <= typed || start >= text.length) continue;
    const end = Math.min(piece.end, text.length);
    const log = logs[index] ?? 0;
    all += log;
    least = Math.min(least, log);
    if (count++ === 0) first = log;
    const isLast = index === pieces.length - 1 || end === text.length;
    const shown = text.slice(typed, end);
    const last = text[end - 1] ?? "";
    const values = [
      all,
      first,
      log,
      least,
      all / count,
      isLast ? 0 : (logs[index + 1] ?? 0),
      isLast ? 0 : sumFrom(logs, index + 1),
      count,
      shown.length,
      countOf(shown, "\n"),
      Number(isLast),
      Number(isWordCharacter(last) && isWordCharacter(text[end])),
      Number(/\s/.test(last)),
      Number(/[)\]};,:>"'`]/.test(last)),
      end - start,
      typed,
      count === 1 && start < typed ? (typed - start) / (piece.end - start) : 0,
      ...place,
      ...contextFeatures(shown),
    ];
    rows.push({ end, values: Float64Array.from(values) });
    if (isLast) break;
  }
  return rows;
}

function placeFeatures({ context }: Candidate): number[] {
  const { prefix, restOfLine, below = "", languageId } = context;
  const line = lineBefore(prefix);
  const last = line.at(-1) ?? "\n";
  const rest = restOfLine.trim();
  return [
    Math.min(line.trimStart().length, 100),
    wordBefore(line).length,
    Number(/[ \t]/.test(last)),
    Number(last === "." || last === ":"),
    Number(/[([{<]/.test(last)),
    Number(/["'`]/.test(last)),
    Number(line.trim() === ""),
    rest === "" ? 0 : /^[)\]};,:"'`>]*$/.test(rest) ? 1 : 2,
    Number(COMMENT.test(line)),
    Number(isInString(line)),
    /^\s*$/.test(below.slice(0, 80)) ? 0 : 1,
    Number(SCRIPT.test(languageId)),
    Number(languageId === "python"),
  ];
}

/** Whether a quote is opened and not closed on the line. */
function isInString(line: string): boolean {
  return ['"', "'", "`"].some((quote) => countOf(line, quote) % 2 === 1);
}

/** What the text around the cursor says about the shown text. */
function contextFeaturesOf({ context, text, typed }: Candidate): (shown: string) => number[] {
  const before = context.prefix.slice(-BEFORE);
  const half = wordBefore(before);
  const behind = (context.below ?? "").slice(0, BEHIND);
  const known = new Set(`${before.slice(0, before.length - half.length)}\n${behind}`.match(WORD) ?? []);
  const far = context.prefix.slice(-FAR_BEFORE);
  const around = `${far}\n${(context.below ?? "").slice(0, FAR_BEHIND)}`;
  const similar = placesOf(far.slice(-KEY), around, far.length);
  const verySimilar = placesOf(far.slice(-LONG_KEY), around, far.length);
  const firstWord = /^\s*(?:[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]+)/u.exec(text.slice(typed))?.[0] ?? "";
  const share = (count: number, of: readonly number[]) => (count + 0.5) / (of.length + 1);
  const goOn = (of: readonly number[], shown: string) => of.filter((at) => around.startsWith(shown, at));
  const firstShare = share(goOn(similar, firstWord).length, similar);
  return (shown) => {
    const words = `${half}${shown}`.match(WORD) ?? [];
    const alike = goOn(similar, shown);
    const muchAlike = goOn(verySimilar, shown);
    return [
      words.length,
      words.filter((word) => !known.has(word)).length,
      Number(words[0] !== undefined && !known.has(words[0])),
      Math.max(0, ...alike.map((at) => commonEnd(around, at, far, LONGEST_MATCH))),
      alike.length,
      share(alike.length, similar),
      firstShare,
      muchAlike.length,
      share(muchAlike.length, verySimilar),
    ];
  };
}

/** The offsets behind the occurrences of the key, the last one in the text first, without the one at the cursor. */
function placesOf(key: string, around: string, cursor: number): number[] {
  const places: number[] = [];
  if (key.trim().length < 2) return places;
  for (let at = around.lastIndexOf(key); at !== -1 && places.length < MOST_PLACES; ) {
    if (at + key.length !== cursor) places.push(at + key.length);
    at = at === 0 ? -1 : around.lastIndexOf(key, at - 1);
  }
  return places;
}

function wordBefore(line: string): string {
  return /(?<![\p{L}\p{N}_$])[\p{L}\p{N}_$]*$/u.exec(line.slice(-64))?.[0] ?? "";
}

function countOf(text: string, wanted: string): number {
  return text.split(wanted).length - 1;
}

function sumFrom(values: readonly number[], from: number): number {
  let sum = 0;
  for (let index = from; index < values.length; index++) sum += values[index] ?? 0;
  return sum;
}
