/**
 * The text after the cursor in a prompt. It comes before the prefix, so that typing only appends to the prompt. It is
 * frozen: the same tokens are used again for as long as they still say what follows the cursor.
 */
import { withoutClosers } from "../text/closers.ts";
import { firstLines } from "../text/lines.ts";

/** The form of a text in a prompt; its length is in tokens. */
interface Measured {
  readonly length: number;
}

type Encode<T extends Measured> = (text: string) => T;

export interface FrozenSuffix<T extends Measured = Uint32Array> {
  /** The text of the tokens. */
  text: string;
  /** Whether more text follows in the document. */
  isCut: boolean;
  tokens: T;
}

export const SUFFIX_LINES = 20;

/**
 * The previous suffix if it still holds, else a new one: the rest of the cursor's line and at most {@link SUFFIX_LINES}
 * lines below, cut at a line end, without line ends at its end, as in training.
 */
export function freezeSuffix<T extends Measured>(
  restOfLine: string,
  below: string | undefined,
  budget: number,
  encode: Encode<T>,
  previous?: FrozenSuffix<T>,
): FrozenSuffix<T> {
  if (previous !== undefined && suffixHolds(restOfLine, below, previous)) {
    return previous;
  }
  const near = firstLines(below ?? "", SUFFIX_LINES).replace(/(?<!\n)\n+$/, "");
  const whole = near === "" ? restOfLine : `${restOfLine}\n${near}`;
  const { text, tokens } = cutToBudget(whole, budget, encode);
  return { text, isCut: text.length < whole.length || near.length < (below ?? "").trimEnd().length, tokens };
}

/**
 * Whether a suffix still says what follows the cursor. White space and closing punctuation at its beginning do not count,
 * because the editor adds and removes closers, and line ends between them, by itself while the user types.
 */
export function suffixHolds(
  restOfLine: string,
  below: string | undefined,
  previous: Omit<FrozenSuffix, "tokens">,
): boolean {
  const now = withoutClosers(below === undefined ? restOfLine : `${restOfLine}\n${below}`);
  const frozen = withoutClosers(previous.text);
  return previous.isCut && frozen !== "" ? now.startsWith(frozen) : now.trimEnd() === frozen.trimEnd();
}

function cutToBudget<T extends Measured>(text: string, budget: number, encode: Encode<T>): { text: string; tokens: T } {
  let kept = text;
  let tokens = encode(kept);
  while (tokens.length > budget && kept.length > 0) {
    const lineEnd = kept.lastIndexOf("\n");
    // A first line that alone is too long is shortened to the share that should fit.
    kept = lineEnd > 0 ? kept.slice(0, lineEnd) : shorten(kept, Math.floor((kept.length * budget) / tokens.length));
    tokens = encode(kept);
  }
  return { text: kept, tokens };
}

function shorten(text: string, length: number): string {
  const end = Math.min(length, text.length - 1);
  const unit = text.charCodeAt(end - 1);
  const splitsPair = unit >= 0xd800 && unit <= 0xdbff;
  return text.slice(0, splitsPair ? end - 1 : end);
}
