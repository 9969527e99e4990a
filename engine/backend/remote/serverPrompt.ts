/**
 * The prompt of a completion on a server, as text: a comment with the path and what is before the cursor, and what
 * follows it where the server fills in. It appends to the prompt before it while the same document is typed in, so that
 * the server's cache of prompts is of use.
 */
import type { PromptBudget } from "../../prompt/budget.ts";
import type { PromptChunk } from "../../prompt/chunks.ts";
import { type FrozenSuffix, freezeSuffix, suffixHolds } from "../../prompt/frozenSuffix.ts";
import { type Anchor, chooseWindow, isSameAnchor } from "../../prompt/prefixWindow.ts";
import type { CursorContext } from "../../text/cursor.ts";
import { commentLine } from "../../text/languages.ts";
import { estimateTokens, type MeasuredText, measured } from "./tokenEstimate.ts";

/** What the last prompt of a document was made of. */
export interface ServerPromptState {
  anchor: Anchor;
  suffix: FrozenSuffix<MeasuredText> | undefined;
  chunks: string;
}

export interface ServerPrompt {
  prompt: string;
  /** What follows the answer; "" where the server does not read it. */
  suffix: string;
  state: ServerPromptState;
}

/** Whether a prompt that appends to an earlier one would still tell the truth. */
export function canExtend({ prefix, restOfLine, below }: CursorContext, state: ServerPromptState): boolean {
  const isTrue = state.suffix === undefined || suffixHolds(restOfLine, below, state.suffix);
  return isTrue && prefix.includes(state.anchor.opening);
}

/** @param state of an earlier prompt that this one can extend. */
export function buildServerPrompt(
  context: CursorContext,
  budget: PromptBudget,
  fillsIn: boolean,
  relatedChunks: () => readonly PromptChunk[],
  state?: ServerPromptState,
): ServerPrompt {
  const { prefix, prefixLine, restOfLine, below, languageId } = context;
  const suffix = fillsIn ? freezeSuffix(restOfLine, below, budget.suffix, measured, state?.suffix) : undefined;
  // Without a suffix in the prompt its share belongs to the prefix.
  const room = budget.prefix + (fillsIn ? 0 : budget.suffix);
  const { anchor, tokens: window } = chooseWindow(prefix, prefixLine, room, measured, state?.anchor);
  const path = pathLine(context, budget.path);
  const isSame = state !== undefined && isSameAnchor(state.anchor, anchor);
  const chunks = isSame ? state.chunks : chunkText(relatedChunks, budget.chunks, languageId);
  return { prompt: chunks + path + window.text, suffix: suffix?.text ?? "", state: { anchor, suffix, chunks } };
}

/** The path as a comment; leading folders are dropped until it fits. */
function pathLine({ path, languageId }: CursorContext, budget: number): string {
  const parts = path.split("/");
  for (let from = 0; from < parts.length; from++) {
    const line = `${commentLine(languageId, parts.slice(from).join("/"))}\n`;
    if (estimateTokens(line) <= budget) return line;
  }
  return "";
}

/** As many pieces of other files as fit, the newest of all and last. */
function chunkText(relatedChunks: () => readonly PromptChunk[], budget: number, languageId: string): string {
  let left = budget;
  let text = "";
  for (const chunk of budget > 0 ? [...relatedChunks()].reverse() : []) {
    const written = `${commentLine(chunk.languageId || languageId, chunk.path)}\n${chunk.text}\n\n`;
    const tokens = estimateTokens(written);
    if (tokens > left) continue;
    left -= tokens;
    text = written + text;
  }
  return text;
}
