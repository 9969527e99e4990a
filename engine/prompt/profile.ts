/**
 * A profile says how one family of models is prompted. Profiles are pure: plain data in, tokens out. What should
 * survive to the next keystroke, so that the next prompt only appends to this one, travels in {@link PromptMemory}.
 */
import type { CursorContext } from "../cursor.ts";
import type { ModelConfig, NativeTokenizer } from "../native.ts";
import type { FrozenSuffix } from "./suffix.ts";
import type { Anchor } from "./window.ts";

export type PromptTokenizer = Pick<NativeTokenizer, "special" | "encode" | "idOf">;

/** What the last prompt of a document was made of. */
export interface PromptMemory {
  anchor: Anchor;
  suffix?: FrozenSuffix;
}

export interface CompletionPrompt {
  tokens: Uint32Array;
  /** Generation ends before any of these. */
  stopTokens: Uint32Array;
  /** Taken off the end of the prefix for the tokenizer's sake; the answer is expected to begin with it. */
  held: string;
  memory: PromptMemory;
}

export interface CompletionProfile {
  readonly name: "fill-in-the-middle" | "continuation";
  build(context: CursorContext, budget: PromptBudget, memory?: PromptMemory): CompletionPrompt;
}

/** Tokens for each part of a prompt. */
export interface PromptBudget {
  path: number;
  suffix: number;
  prefix: number;
}

/** BOS and the markers round the parts. */
const MARKERS = 6;
const PATH_TOKENS = 32;
const SUFFIX_SHARE = 0.2;
/** Weights a modest core gets through in a second of prefill: a cold prompt should not take much longer. */
const WEIGHTS_PER_SECOND = 40e9;
/** Below this a prompt says too little, however slow the model; above, more lines hardly help and never come cheap. */
const SMALLEST_PROMPT = 512;
const LARGEST_PROMPT = 2048;

/**
 * Splits the context between the parts of the prompt and the answer.
 *
 * @param maxTokens of the answer.
 */
export function promptBudget(
  config: Pick<ModelConfig, "contextLength" | "hiddenSize" | "ffnSize" | "layerCount">,
  maxTokens: number,
): PromptBudget {
  const weights = config.layerCount * config.hiddenSize * (3 * config.ffnSize + 3 * config.hiddenSize);
  const limit = Math.min(Math.max(Math.floor(WEIGHTS_PER_SECOND / weights), SMALLEST_PROMPT), LARGEST_PROMPT);
  const total = Math.max(16, Math.min(limit, config.contextLength - maxTokens));
  const path = Math.min(PATH_TOKENS, Math.floor(total / 8));
  const suffix = Math.floor(total * SUFFIX_SHARE);
  return { path, suffix, prefix: Math.max(1, total - path - suffix - MARKERS) };
}

/** The ids that are tokens (not -1), without repetition. */
export function tokenSet(...ids: number[]): Uint32Array {
  return Uint32Array.from(new Set(ids.filter((id) => id >= 0)));
}

/** Joins token runs and single ids; an id of -1 is left out. */
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
