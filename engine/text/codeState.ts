/**
 * What is open at the beginning of the cursor's line: brackets, strings, comments. It is kept from one keystroke to the
 * next, so that only new text is read.
 */
import { type CursorContext, lineBefore, textAbove } from "./cursor.ts";
import { initialState, type ScanResult, type ScanState, scan, scanState } from "./scanner.ts";

/** How many places are remembered. Every document that is edited needs one or two. */
const REMEMBERED = 8;

interface Remembered {
  languageId: string;
  isWhole: boolean;
  /** Ends at the beginning of a line. */
  text: string;
  state: ScanState;
}

/** The latest first. */
const remembered: Remembered[] = [];

/** The scanner's state at the beginning of the cursor's line. */
export function stateBeforeLine({ prefix, prefixLine, languageId }: CursorContext): ScanState {
  const text = textAbove(prefix);
  const isWhole = prefixLine === 0;
  const index = remembered.findIndex(
    (one) => one.languageId === languageId && one.isWhole === isWhole && beginsWith(text, one.text),
  );
  const known = index === -1 ? undefined : remembered[index];
  if (known?.text.length === text.length) return known.state;
  const state = scanState(text.slice(known?.text.length ?? 0), languageId, known?.state ?? initialState(isWhole));
  // A state of a shorter beginning is not needed once a longer one is known.
  if (index !== -1) remembered.splice(index, 1);
  remembered.unshift({ languageId, isWhole, text, state });
  remembered.length = Math.min(remembered.length, REMEMBERED);
  return state;
}

/** Like `startsWith`, which takes many times longer for long texts. A keystroke asks this often. */
function beginsWith(text: string, beginning: string): boolean {
  return text.slice(0, beginning.length) === beginning;
}

/**
 * Scans the cursor's line with a text after the cursor. Offsets count from the beginning of the line.
 *
 * @param text what is written at the cursor.
 */
export function scanAtCursor(context: CursorContext, text: string): ScanResult {
  return scan(lineBefore(context.prefix) + text, context.languageId, stateBeforeLine(context));
}

/**
 * Whether the cursor is in code, in a string or in a comment.
 *
 * @param written text behind which the cursor would then be. Default: none.
 */
export function kindAtCursor(context: CursorContext, written = ""): "code" | "string" | "comment" {
  const cursor = lineBefore(context.prefix).length + written.length;
  const frame = scanAtCursor(context, written + context.restOfLine).frameAt(cursor);
  return frame?.kind === "string" || frame?.kind === "comment" ? frame.kind : "code";
}
