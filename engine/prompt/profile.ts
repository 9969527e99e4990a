/**
 * A profile defines how one family of models is prompted. Profiles are pure: plain data in, tokens out. What has to
 * survive until the next keystroke, so that the next prompt only appends to this one, is in {@link PromptState}.
 */

import type { NativeTokenizer } from "../native.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { PromptBudget } from "./budget.ts";
import type { PromptChunk } from "./chunks.ts";
import type { FrozenSuffix } from "./frozenSuffix.ts";
import type { Anchor } from "./prefixWindow.ts";

export type PromptTokenizer = Pick<NativeTokenizer, "special" | "encode" | "decode" | "idOf">;

/** What the last prompt of a document consists of. */
export interface PromptState {
  anchor: Anchor;
  suffix?: FrozenSuffix;
  /** The tokens of the chunks of other files. */
  chunks?: Uint32Array;
}

export interface CompletionPrompt {
  tokens: Uint32Array;
  /** Generation ends before any of these. */
  stopTokens: Uint32Array;
  /** Text taken off the end of the prefix (tokenHealing.ts), with which the generation is forced to begin. */
  forced: string;
  state: PromptState;
}

export interface CompletionProfile {
  readonly name: "fill-in-the-middle" | "continuation";
  /** Whether a prompt that only appends to the last one would still agree with the document. */
  canExtend(context: CursorContext, state: PromptState): boolean;
  /** @param relatedChunks returns chunks of other files, the newest last; called when they are chosen anew. */
  build(
    context: CursorContext,
    budget: PromptBudget,
    state?: PromptState,
    relatedChunks?: () => readonly PromptChunk[],
  ): CompletionPrompt;
}

/** The ids that are tokens (not -1), each once. */
export function tokenSet(...ids: number[]): Uint32Array {
  return Uint32Array.from(new Set(ids.filter((id) => id >= 0)));
}

/** Joins lists of tokens and single ids; an id of -1 is left out. */
export function joinTokens(parts: (Uint32Array | number)[]): Uint32Array {
  const ids: number[] = [];
  for (const part of parts) {
    if (typeof part === "number") {
      if (part >= 0) {
        ids.push(part);
      }
    } else {
      for (const id of part) {
        ids.push(id);
      }
    }
  }
  return Uint32Array.from(ids);
}
