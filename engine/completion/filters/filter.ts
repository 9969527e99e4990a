/**
 * A filter looks at one way in which a raw suggestion can be wrong, and mends it or refuses it with a reason.
 */

import type { SilenceReason } from "../../protocol/completion.ts";
import type { CursorContext } from "../../text/cursor.ts";

export interface Suggestion {
  /** LF between lines, none at the end. */
  text: string;
  /** UTF-16 units after the cursor that the text replaces. */
  replaceLength: number;
  /** The answer before the gate cut it, where that is known: it begins with the text. */
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
