/**
 * Chooses where the prefix of a prompt begins.
 *
 * A window of "the last N lines" would move at every Enter, and nothing of the cached prompt could be used again. So this
 * window is anchored: it begins at the same line for as long as the text from there to the cursor fits. When the text no
 * longer fits, the window moves on by so much that it can stay for a while.
 */

/** The form of a text in a prompt; its length is in tokens. */
interface Measured {
  readonly length: number;
}

type Encode<T extends Measured> = (text: string) => T;

/**
 * A position in the document, counted from 0. The column is above 0 only inside a line that is too long for the budget.
 */
export interface Anchor {
  line: number;
  column: number;
  /** The beginning of the text there. When lines are added above, the anchor moves with its text. */
  opening: string;
}

export interface PrefixWindow<T extends Measured = Uint32Array> {
  anchor: Anchor;
  tokens: T;
}

/** After a move the window fills this share of the budget, so that it can grow again. */
const FILL_AFTER_MOVE = 0.75;
/**
 * When a window is filled less than this although there is text above it, the cursor has left it, and it is chosen
 * anew.
 */
const FILL_TOO_SMALL = 1 / 3;
/** An anchor's line is rounded to a multiple of one of these, the largest if possible, so that nearby cursors share it. */
const QUANTA = [16, 8, 4, 2, 1];
/** The same for the columns of an overlong line. */
const COLUMN_QUANTUM = 64;
/** How many characters an opening has: those of a few lines, which rarely occur twice in a file. */
const OPENING_LENGTH = 160;
/** Tokens of source code have fewer characters than this on average, in every vocabulary. */
const CHARACTERS_PER_TOKEN = 8;

/**
 * @param prefix text before the cursor, from the start of line `prefixLine` on.
 * @param budget the tokens that the window may have.
 * @param previous the anchor of the document's last prompt.
 */
export function chooseWindow<T extends Measured>(
  prefix: string,
  prefixLine: number,
  budget: number,
  encode: Encode<T>,
  previous?: Anchor,
): PrefixWindow<T> {
  const starts = lineStarts(prefix);
  const windowAt = (line: number, column = 0): PrefixWindow<T> | undefined => {
    const start = starts[line - prefixLine];
    const offset = start === undefined ? -1 : start + column;
    return offset >= 0 && offset <= prefix.length ? windowFrom(prefix, offset, { line, column }, encode) : undefined;
  };

  if (previous !== undefined) {
    const line = lineOf(previous, prefix, prefixLine, starts);
    const window = windowAt(line, previous.column);
    const isTop = line === prefixLine && previous.column === 0;
    const length = window?.tokens.length ?? 0;
    if (window !== undefined && length <= budget && (isTop || length >= budget * FILL_TOO_SMALL)) {
      return window;
    }
  }
  if (prefix.length <= budget * CHARACTERS_PER_TOKEN) {
    const window = windowFrom(prefix, 0, { line: prefixLine, column: 0 }, encode);
    if (window.tokens.length <= budget) {
      return window;
    }
  }

  const target = budget * FILL_AFTER_MOVE;
  const index = firstFittingLine(prefix, starts, target, encode);
  if (index === undefined) {
    return cutLine(prefix, starts.length - 1 + prefixLine, starts.at(-1) ?? 0, target, encode);
  }
  for (const quantum of QUANTA) {
    const window = windowAt(Math.ceil((index + prefixLine) / quantum) * quantum);
    if (window !== undefined && (quantum === 1 || window.tokens.length >= target / 2)) {
      return window;
    }
  }
  throw new Error("unreachable: a quantum of one line always has a place");
}

/**
 * Whether two windows begin at the same text, although lines may have been added above, and a short opening may have
 * grown.
 */
export function isSameAnchor(one: Anchor, other: Anchor): boolean {
  const begins = one.opening.startsWith(other.opening) || other.opening.startsWith(one.opening);
  return begins && one.column === other.column;
}

function windowFrom<T extends Measured>(
  prefix: string,
  offset: number,
  { line, column }: { line: number; column: number },
  encode: Encode<T>,
): PrefixWindow<T> {
  const opening = prefix.slice(offset, offset + OPENING_LENGTH);
  return { anchor: { line, column, opening }, tokens: encode(prefix.slice(offset)) };
}

/** The line at which the anchor's text begins now: its own line, or the nearest one that begins with the same text. */
function lineOf({ line, opening }: Anchor, prefix: string, prefixLine: number, starts: number[]): number {
  const own = starts[line - prefixLine];
  // A short opening reaches to the cursor, so its last line may still change.
  const settled = opening.slice(0, opening.length < OPENING_LENGTH ? opening.lastIndexOf("\n") + 1 : undefined);
  if (settled === "" || (own !== undefined && prefix.startsWith(settled, own))) {
    return line;
  }
  let nearest = line;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, start] of starts.entries()) {
    const away = Math.abs(index + prefixLine - line);
    if (away < distance && prefix.startsWith(settled, start)) {
      nearest = index + prefixLine;
      distance = away;
    }
  }
  return nearest;
}

/** The offsets at which lines of the text begin. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) {
    starts.push(index + 1);
  }
  return starts;
}

/** The index of the first line from which the text fits; undefined when not even the last line does. */
function firstFittingLine<T extends Measured>(
  text: string,
  starts: number[],
  target: number,
  encode: Encode<T>,
): number | undefined {
  const earliest = text.length - target * CHARACTERS_PER_TOKEN;
  const fits = (index: number) => encode(text.slice(starts[index])).length <= target;
  let low = starts.findIndex((start) => start >= earliest);
  let high = starts.length - 1;
  if (low === -1 || !fits(high)) {
    return undefined;
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** The end of an overlong last line, starting at a multiple of {@link COLUMN_QUANTUM} characters. */
function cutLine<T extends Measured>(
  text: string,
  line: number,
  lineStart: number,
  target: number,
  encode: Encode<T>,
): PrefixWindow<T> {
  const steps = Math.ceil((text.length - lineStart) / COLUMN_QUANTUM);
  const earliest = Math.max(0, steps - Math.ceil((target * CHARACTERS_PER_TOKEN) / COLUMN_QUANTUM));
  for (let step = earliest; step < steps; step++) {
    let column = step * COLUMN_QUANTUM;
    if (isLowSurrogate(text.charCodeAt(lineStart + column))) {
      column++;
    }
    const window = windowFrom(text, lineStart + column, { line, column }, encode);
    if (window.tokens.length <= target) {
      return window;
    }
  }
  // Reached only by text with more tokens than characters, or with a budget of a few tokens.
  return windowFrom(text, text.length, { line, column: text.length - lineStart }, encode);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
