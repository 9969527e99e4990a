/**
 * Where the prefix of a prompt begins.
 *
 * A window of "the last N lines" slides at every Enter and would throw away the whole cached prompt. This one is
 * anchored: it begins at a line that stays while the text from there to the cursor fits, and when it no longer fits,
 * it moves far enough ahead that it will stay again for a while.
 */

type Encode = (text: string) => Uint32Array;

/** Position in the document, 0-based; column is above 0 only inside a line too long for the budget. */
export interface Anchor {
  line: number;
  column: number;
}

export interface PrefixWindow {
  anchor: Anchor;
  tokens: Uint32Array;
}

/** After a move the window fills this share of the budget, so that it can grow again. */
const FILL_AFTER_MOVE = 0.75;
/** A window filled less than this, with text above it, has been left by the cursor: it is chosen anew. */
const FILL_TOO_SMALL = 1 / 3;
/** Lines an anchor is rounded up to, coarsest first: nearby cursors then share a prompt. */
const QUANTA = [16, 8, 4, 2, 1];
/** The same for columns of an overlong line. */
const COLUMN_QUANTUM = 64;
/** No vocabulary packs more than this many characters of source code into a token on average. */
const CHARACTERS_PER_TOKEN = 8;

/**
 * @param prefix text before the cursor, from the start of line `prefixLine` on.
 * @param budget tokens the window may have.
 * @param previous anchor of the last prompt of this document.
 */
export function chooseWindow(
  prefix: string,
  prefixLine: number,
  budget: number,
  encode: Encode,
  previous?: Anchor,
): PrefixWindow {
  const starts = lineStarts(prefix);
  const at = (anchor: Anchor): Uint32Array | undefined => {
    const start = starts[anchor.line - prefixLine];
    const offset = start === undefined ? -1 : start + anchor.column;
    return offset >= 0 && offset <= prefix.length ? encode(prefix.slice(offset)) : undefined;
  };

  if (previous !== undefined) {
    const tokens = at(previous);
    const isTop = previous.line === prefixLine && previous.column === 0;
    if (tokens !== undefined && tokens.length <= budget && (isTop || tokens.length >= budget * FILL_TOO_SMALL)) {
      return { anchor: previous, tokens };
    }
  }
  if (prefix.length <= budget * CHARACTERS_PER_TOKEN) {
    const tokens = encode(prefix);
    if (tokens.length <= budget) {
      return { anchor: { line: prefixLine, column: 0 }, tokens };
    }
  }

  const target = budget * FILL_AFTER_MOVE;
  const index = firstFittingLine(prefix, starts, target, encode);
  if (index === undefined) {
    return cutLine(prefix, starts.length - 1 + prefixLine, starts.at(-1) ?? 0, target, encode);
  }
  for (const quantum of QUANTA) {
    const anchor = { line: Math.ceil((index + prefixLine) / quantum) * quantum, column: 0 };
    const tokens = at(anchor);
    if (tokens !== undefined && (quantum === 1 || tokens.length >= target / 2)) {
      return { anchor, tokens };
    }
  }
  throw new Error("unreachable: a quantum of one line always has a place");
}

/** Offsets at which lines of the text begin. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) {
    starts.push(index + 1);
  }
  return starts;
}

/** Index of the first line from which the text fits, or undefined when not even the last line does. */
function firstFittingLine(text: string, starts: number[], target: number, encode: Encode): number | undefined {
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

/** The end of an overlong last line, from a multiple of {@link COLUMN_QUANTUM} characters on. */
function cutLine(text: string, line: number, lineStart: number, target: number, encode: Encode): PrefixWindow {
  const steps = Math.ceil((text.length - lineStart) / COLUMN_QUANTUM);
  const earliest = Math.max(0, steps - Math.ceil((target * CHARACTERS_PER_TOKEN) / COLUMN_QUANTUM));
  for (let step = earliest; step < steps; step++) {
    let column = step * COLUMN_QUANTUM;
    if (isLowSurrogate(text.charCodeAt(lineStart + column))) {
      column++;
    }
    const tokens = encode(text.slice(lineStart + column));
    if (tokens.length <= target) {
      return { anchor: { line, column }, tokens };
    }
  }
  // Only text with more tokens than characters comes here, or a budget of a handful of tokens.
  return { anchor: { line, column: text.length - lineStart }, tokens: new Uint32Array() };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
