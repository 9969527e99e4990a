/** Where comments begin and end. */
import type { Grammar } from "./grammar.ts";
import type { Frame } from "./scanState.ts";

/** Whether the mark of a line comment begins one here: not within a word, an address or an attribute. */
export function opensLineComment(found: string, text: string, start: number, grammar: Grammar): boolean {
  const before = text[start - 1] ?? "\n";
  const isAddress = grammar.has("addresses") && found === "//" && before === ":";
  const isAttribute = grammar.has("php-tags") && text.startsWith("#[", start);
  const isGlued = grammar.syntax.commentsNeedBlank === true && !/[\s;&|()]/.test(before);
  return !(isGlued || isAttribute || (isAddress && /\S/.test(text[start + 2] ?? " ")));
}

/** The mark that ends a comment of several lines. */
export function blockCommentClose(found: string, { syntax }: Grammar): string {
  const level = /^--\[(=*)\[$/.exec(found)?.[1];
  const close = level === undefined ? syntax.blockComments.find(([open]) => open === found)?.[1] : `]${level}]`;
  return close ?? "\n";
}

/** The offset behind a comment; undefined where it goes on to the end of the text. */
export function commentEnd(text: string, start: number, frame: Frame, grammar: Grammar): number | undefined {
  const isNested = grammar.syntax.nestedComments === true && frame.close !== "\n";
  // At its own beginning the mark that opens it is passed first.
  let from = text.startsWith(frame.open, start) ? start + frame.open.length : start;
  let depth = 1;
  while (depth > 0) {
    const close = nextClose(text, frame, from, grammar);
    const inner = isNested ? text.indexOf(frame.open, from) : -1;
    if (close === -1) return undefined;
    const isInner = inner !== -1 && inner < close;
    depth += isInner ? 1 : -1;
    from = isInner ? inner + frame.open.length : close + (frame.close === "\n" ? 0 : frame.close.length);
  }
  return from;
}

function nextClose(text: string, { close }: Frame, from: number, grammar: Grammar): number {
  const end = text.indexOf(close, from);
  const tag = close === "\n" && grammar.has("php-tags") ? text.indexOf("?>", from) : -1;
  return tag !== -1 && (end === -1 || tag < end) ? tag : end;
}
