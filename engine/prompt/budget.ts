/** How many tokens a prompt may have, and how they are divided among its parts. */

/** Tokens for each part of a prompt. */
export interface PromptBudget {
  path: number;
  /** Chunks of other files. */
  chunks: number;
  suffix: number;
  prefix: number;
}

/** BOS and the markers around the parts. */
const MARKERS = 6;
const PATH_TOKENS = 32;
const SUFFIX_SHARE = 0.2;
/** The share that chunks of other files have of a prompt with at least CHUNKS_FROM tokens. Shorter ones have no chunks. */
const CHUNKS_SHARE = 0.2;
const CHUNKS_FROM = 1024;

/** A prompt of which nothing is cached, such as the first in a file, should be computed within this time. */
const COLD_SECONDS = 2.5;
/**
 * The limits of a prompt's size. A shorter one says too little, however slow the machine is; with a longer one, completions
 * hardly improve on any machine.
 */
const SMALLEST_PROMPT = 256;
const LARGEST_PROMPT = 2048;
/** The size of a prompt is a multiple of this. */
const STEP = 128;
/**
 * Hysteresis, as a share of STEP: smaller changes of the measured speed leave the prompt size as it is, because a new size
 * means that the whole prompt has to be computed again.
 */
const HYSTERESIS = 0.75;

/**
 * The tokens that a machine can afford in a prompt.
 *
 * @param tokensPerSecond speed of prefill.
 * @param previous the present value.
 */
export function affordablePrompt(tokensPerSecond: number, previous?: number): number {
  const wanted = Math.min(Math.max(tokensPerSecond * COLD_SECONDS, SMALLEST_PROMPT), LARGEST_PROMPT);
  const limit = Math.floor(wanted / STEP) * STEP;
  const isWithinHysteresis =
    previous !== undefined && Math.abs(wanted - STEP / 2 - previous) < STEP * (0.5 + HYSTERESIS);
  return isWithinHysteresis ? previous : limit;
}

/**
 * Divides the context among the parts of the prompt and the answer.
 *
 * @param contextLength of the model.
 * @param maxTokens of the answer.
 * @param affordable how many tokens of prompt the machine can afford.
 */
export function promptBudget(contextLength: number, maxTokens: number, affordable: number): PromptBudget {
  const total = Math.max(16, Math.min(affordable, contextLength - maxTokens));
  const path = Math.min(PATH_TOKENS, Math.floor(total / 8));
  const suffix = Math.floor(total * SUFFIX_SHARE);
  const chunks = total < CHUNKS_FROM ? 0 : Math.floor(total * CHUNKS_SHARE);
  return { path, chunks, suffix, prefix: Math.max(1, total - path - chunks - suffix - MARKERS) };
}
