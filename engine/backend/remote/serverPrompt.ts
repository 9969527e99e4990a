/**
 * Builds the prompt of a completion on a server, as text: a comment with the path, the text before the cursor, and the
 * text after it if the server uses a suffix. While a document is edited, each prompt appends to the previous one, so
 * that the server's cache of prompts can be used.
 */
import type { PromptBudget } from "../../prompt/budget.ts";
import type { PromptChunk } from "../../prompt/chunks.ts";
import { type FrozenSuffix, freezeSuffix, suffixHolds } from "../../prompt/frozenSuffix.ts";
import { type Anchor, chooseWindow, isSameAnchor } from "../../prompt/prefixWindow.ts";
import type { CursorContext } from "../../text/cursor.ts";
import { commentLine } from "../../text/languages.ts";
import { estimateTokens, type MeasuredText, measured } from "./tokenEstimate.ts";

/** The parts of the last prompt of a document. */
export interface ServerPromptState {
  anchor: Anchor;
  suffix: FrozenSuffix<MeasuredText> | undefined;
  chunks: string;
}

export interface ServerPrompt {
  prompt: string;
  /** The text that follows the answer; "" when the server does not use it. */
  suffix: string;
  state: ServerPromptState;
}

/** Whether a prompt that appends to an earlier one would still have the present text. */
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
  // Without a suffix in the prompt, its share belongs to the prefix.
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

/** As many pieces of other files as fit. The newest ones are preferred, and come last. */
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
