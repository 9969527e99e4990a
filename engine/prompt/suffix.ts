/**
 * The text after the cursor, as it stands in the prompt: before the prefix, so that typing only appends. It is frozen:
 * while it still tells the truth, the very tokens of the last prompt are used again.
 */

type Encode = (text: string) => Uint32Array;

export interface FrozenSuffix {
  /** Rest of the cursor's line when the suffix was taken. */
  restOfLine: string;
  /** The lines below, before the cut to the token budget; without line ends at the end, as in training. */
  below: string;
  tokens: Uint32Array;
}

export const SUFFIX_LINES = 20;

/**
 * The previous suffix where it still holds, else a new one of at most {@link SUFFIX_LINES} lines below the cursor's,
 * cut at a line end.
 *
 * It still holds when the lines below are the same and the rest of the cursor's line is the same, or both rests are
 * nothing but closing punctuation: the closers that the editor adds and removes while one types say nothing new.
 */
export function freezeSuffix(
  restOfLine: string,
  below: string | undefined,
  budget: number,
  encode: Encode,
  previous?: FrozenSuffix,
): FrozenSuffix {
  const near = firstLines(below ?? "", SUFFIX_LINES);
  if (previous !== undefined && previous.below === near && sameRest(previous.restOfLine, restOfLine)) {
    return previous;
  }
  const whole = near === "" ? restOfLine : `${restOfLine}\n${near}`;
  return { restOfLine, below: near, tokens: cutToBudget(whole, budget, encode) };
}

function sameRest(one: string, other: string): boolean {
  return one === other || (isClosers(one) && isClosers(other));
}

/** Nothing but closing brackets, quotes and what ends a statement. */
export function isClosers(text: string): boolean {
  return /^[\s)\]}>"'`;,:]*$/.test(text);
}

/** The first lines, without the line ends after the last one that has any text. */
function firstLines(text: string, count: number): string {
  let end = -1;
  for (let line = 0; line < count; line++) {
    end = text.indexOf("\n", end + 1);
    if (end === -1) {
      end = text.length;
      break;
    }
  }
  return text.slice(0, end).replace(/\n+$/, "");
}

function cutToBudget(text: string, budget: number, encode: Encode): Uint32Array {
  let kept = text;
  let tokens = encode(kept);
  while (tokens.length > budget && kept.length > 0) {
    const lineEnd = kept.lastIndexOf("\n");
    // A first line that is too long alone is shortened to the share that should fit.
    kept = lineEnd > 0 ? kept.slice(0, lineEnd) : shorten(kept, Math.floor((kept.length * budget) / tokens.length));
    tokens = encode(kept);
  }
  return tokens;
}

function shorten(text: string, length: number): string {
  const end = Math.min(length, text.length - 1);
  const unit = text.charCodeAt(end - 1);
  const splitsPair = unit >= 0xd800 && unit <= 0xdbff;
  return text.slice(0, splitsPair ? end - 1 : end);
}
