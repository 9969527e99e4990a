/** Determines which brackets and quotes of a text the editor closes automatically while the text is typed. */
const CLOSER: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`" };
const MAY_STAND_BEFORE = /^[\s)\]};,>:`'"]?$/;

export interface AutoClose {
  closer: string;
  /** Offset of the closer in the text that is typed. */
  at: number;
  /** Whether the opener ends its line and the closer begins one, so that Enter between them opens a block. */
  block: boolean;
}

/**
 * The closer that the editor inserts when text[index] is typed, or undefined when it inserts none.
 *
 * @param text the whole text that is typed.
 * @param after the character after the cursor ("" at the end of the file).
 */
export function autoClose(text: string, index: number, after: string): AutoClose | undefined {
  const opener = text[index] ?? "";
  const closer = CLOSER[opener];
  if (closer === undefined || !MAY_STAND_BEFORE.test(after)) {
    return undefined;
  }
  const at = closer === opener ? closingQuote(text, index) : matching(text, index, opener, closer);
  if (at === undefined) {
    return undefined;
  }
  const between = text.slice(index + 1, at);
  if (!between.includes("\n")) {
    return { closer, at, block: false };
  }
  const opensBlock = closer !== opener && /^\n[\s\S]*\n[ \t]*$/.test(between);
  return opensBlock ? { closer, at, block: true } : undefined;
}

function closingQuote(text: string, index: number): number | undefined {
  // An apostrophe inside a word is not an opening quote.
  if (/[\p{L}\p{N}_]/u.test(text[index - 1] ?? "")) {
    return undefined;
  }
  const end = text.indexOf(text[index] ?? "", index + 1);
  return end === -1 ? undefined : end;
}

function matching(text: string, index: number, opener: string, closer: string): number | undefined {
  let depth = 0;
  for (let at = index; at < text.length; at++) {
    if (text[at] === opener) {
      depth++;
    } else if (text[at] === closer && --depth === 0) {
      return at;
    }
  }
  return undefined;
}
