/** The text around the cursor, with LF as line ends, as the models know it. */

/**
 * How many characters on either side are considered: far more than any prompt holds, far fewer than a huge file has.
 */
const REACH = 64 * 1024;
/**
 * The text before the cursor begins at a multiple of this, so that its beginning does not change while somebody types.
 */
const QUANTUM = 32 * 1024;

export interface CursorContext {
  /** Path relative to the workspace, with forward slashes. */
  path: string;
  languageId: string;
  /** Text before the cursor, with LF. It starts at the start of a line. */
  prefix: string;
  /** Number of the line with which `prefix` starts, counted from 0 in the whole document. */
  prefixLine: number;
  /** Text from the cursor to the end of its line. */
  restOfLine: string;
  /** The lines below the cursor's line, with LF, without the line end before them; undefined on the last line. */
  below: string | undefined;
  /** How the editor indents, if it is known. */
  indent?: Indent;
}

export interface Indent {
  insertSpaces: boolean;
  tabSize: number;
}

/**
 * Cuts the text at the cursor. An offset between the CR and the LF of a line end counts as before both.
 *
 * @param offset in UTF-16 units, 0..text.length (clamped).
 */
export function cursorContext(
  document: { path: string; languageId: string; text: string },
  offset: number,
): CursorContext {
  const { text, path, languageId } = document;
  let cursor = Math.min(Math.max(0, offset), text.length);
  if (cursor > 0 && text[cursor] === "\n" && text[cursor - 1] === "\r") {
    cursor--;
  }
  const start = lineStartAfter(text, Math.floor((cursor - REACH) / QUANTUM) * QUANTUM, cursor);
  const lineEnd = indexOrEnd(text, "\n", cursor);
  const restOfLine = text.slice(cursor, lineEnd).replace(/\r$/, "");
  const below = lineEnd < text.length ? normalize(text.slice(lineEnd + 1, lineEnd + 1 + REACH)) : undefined;
  return {
    path,
    languageId,
    prefix: normalize(text.slice(start, cursor)),
    prefixLine: countLineFeeds(text, start),
    restOfLine,
    below,
  };
}

/** Text of the cursor's line up to the cursor. */
export function lineBefore(prefix: string): string {
  return prefix.slice(prefix.lastIndexOf("\n") + 1);
}

/** The lines above the cursor's line, with their ends. */
export function textAbove(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("\n") + 1);
}

function normalize(text: string): string {
  return text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index === -1 ? text.length : index;
}

/** The first line start at or after `from`, but at most the start of the line that contains `limit`. */
function lineStartAfter(text: string, from: number, limit: number): number {
  if (from <= 0) {
    return 0;
  }
  const lineFeed = text.indexOf("\n", from - 1);
  return lineFeed === -1 || lineFeed >= limit ? from : lineFeed + 1;
}

function countLineFeeds(text: string, end: number): number {
  let count = 0;
  for (let index = text.indexOf("\n"); index !== -1 && index < end; index = text.indexOf("\n", index + 1)) {
    count++;
  }
  return count;
}
