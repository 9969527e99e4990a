/**
 * A filter looks for one way in which a raw suggestion can be wrong, and corrects the suggestion or drops it with a
 * reason.
 */

import type { SilenceReason } from "../../protocol/completion.ts";
import type { CursorContext } from "../../text/cursor.ts";

export interface Suggestion {
  /** The text with LF between lines and none at the end. */
  text: string;
  /** How many UTF-16 units after the cursor the text replaces. */
  replaceLength: number;
  /** The answer before the gate cut it, if that is known; it begins with the text. */
  whole?: string;
}

export type Verdict = { kind: "keep"; suggestion: Suggestion } | { kind: "drop"; reason: SilenceReason };

export type Filter = (suggestion: Suggestion, context: CursorContext) => Verdict;

export function keep(text: string, replaceLength: number): Verdict {
  return { kind: "keep", suggestion: { text, replaceLength } };
}

export function drop(reason: SilenceReason): Verdict {
  return { kind: "drop", reason };
}
