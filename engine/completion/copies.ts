/**
 * Suggestions without a model, because much of what is typed is in an open document already. The text before the cursor is
 * looked for there, and continued word by word as most of its occurrences continue. The probability of each word was
 * measured: how often the next word was right where as many occurrences agreed.
 */

import type { Piece } from "../backend/backend.ts";
import { isClosers } from "../text/closers.ts";
import type { CursorContext } from "../text/cursor.ts";
import { commonEnd } from "../text/repeats.ts";

export interface Copy {
  /** The rest of a line. */
  text: string;
  pieces: Piece[];
}

/** How many characters before the cursor, not counting white space at the end, must also precede an occurrence. */
const KEY = 4;
/** How many characters are compared. */
const LONGEST_MATCH = 48;
/** How many occurrences are examined at most, the nearest first. A text that occurs more often predicts nothing. */
const MOST_OCCURRENCES = 64;
/** How many characters of all documents are searched, which takes less than a millisecond. */
const REACH = 512 * 1024;
/** A copy ends when it has this many characters, because longer lines are data. */
const LONGEST = 120;

/**
 * How often the next word was right (docs/measurements/completion.md). The columns are for the number of equal characters
 * before the occurrence: fewer than 6, fewer than 12, and so on, and 30 or more in the last one. The rows are for how many
 * of the occurrences agreed on the word.
 */
const RIGHT = {
  only: [0.54, 0.69, 0.7, 0.73, 0.76, 0.84],
  all: [0.87, 0.96, 0.97, 0.95, 0.96, 0.99],
  most: [0.69, 0.83, 0.7, 0.81, 0.75, 0.73],
  few: [0.15, 0.29, 0.3, 0.26, 0.31, 0.34],
} as const;
const COLUMN = 6;

const WORD = /[ \t]*(?:[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$])/uy;

interface Occurrence {
  text: string;
  /** The offset of the text that comes next. */
  at: number;
  /** How many characters before it are equal. */
  match: number;
}

/**
 * The rest of the line as it was written elsewhere; undefined when the same text occurs nowhere else, or the line ends
 * there.
 *
 * @param others texts of other documents, the most useful first.
 */
export function copyFor(context: CursorContext, others: Iterable<string>): Copy | undefined {
  const { prefix, restOfLine, below = "" } = context;
  if (!isClosers(restOfLine)) {
    return undefined;
  }
  let occurrences = occurrencesOf(prefix, [prefix, below, ...others]);
  let text = "";
  const pieces: Piece[] = [];
  while (occurrences.length > 0 && text.length < LONGEST) {
    const longest = Math.max(...occurrences.map(({ match }) => match));
    const likely = occurrences.filter(({ match }) => match >= longest / 2);
    const { word, count } = mostCommon(likely);
    if (word === "") {
      break;
    }
    const column = Math.min(Math.floor(longest / COLUMN), RIGHT.only.length - 1);
    const share = count / likely.length;
    const agreement = likely.length === 1 ? "only" : share === 1 ? "all" : share > 0.5 ? "most" : "few";
    text += word;
    pieces.push({ end: text.length, probability: RIGHT[agreement][column] ?? 0 });
    occurrences = occurrences
      .filter((occurrence) => wordAt(occurrence) === word)
      .map(({ text: there, at, match }) => ({ text: there, at: at + word.length, match: match + word.length }));
  }
  return text.trim() === "" ? undefined : { text, pieces };
}

/** The occurrences of the text before the cursor, for every document the nearest first. */
function occurrencesOf(prefix: string, texts: readonly string[]): Occurrence[] {
  const key = prefix.slice(Math.max(0, prefix.trimEnd().length - KEY));
  const occurrences: Occurrence[] = [];
  let left = REACH;
  if (key.trim().length < Math.min(KEY, 2)) {
    return occurrences;
  }
  for (const text of texts) {
    const from = text === prefix ? text.length - key.length - 1 : text.length;
    for (let at = text.lastIndexOf(key, from); at !== -1 && left > text.length - at; ) {
      const end = at + key.length;
      occurrences.push({ text, at: end, match: commonEnd(text, end, prefix, LONGEST_MATCH) });
      if (occurrences.length === MOST_OCCURRENCES) {
        return occurrences;
      }
      at = at === 0 ? -1 : text.lastIndexOf(key, at - 1);
    }
    left -= text.length;
    if (left <= 0) {
      break;
    }
  }
  return occurrences;
}

/** The next word with the blanks before it; "" at the end of the line. */
function wordAt({ text, at }: Occurrence): string {
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0] ?? "";
}

/**
 * The word with which most occurrences continue; of equally frequent ones that of the longest match, then the nearest.
 */
function mostCommon(occurrences: readonly Occurrence[]): { word: string; count: number } {
  const words = occurrences.map((occurrence) => ({ word: wordAt(occurrence), match: occurrence.match }));
  const counts = new Map<string, { count: number; match: number }>();
  for (const { word, match } of words) {
    const seen = counts.get(word);
    counts.set(word, { count: (seen?.count ?? 0) + 1, match: Math.max(match, seen?.match ?? 0) });
  }
  const [best] = [...counts].sort(([, a], [, b]) => b.count - a.count || b.match - a.match);
  return { word: best?.[0] ?? "", count: best?.[1].count ?? 0 };
}
