/** How long to wait after a keystroke before the model is asked, and how likely an answer must be to be shown. */

/**
 * "eager" suggests during typing; "balanced" does so, too, but only what is likelier to be right; "subtle" waits for a
 * pause, and demands the highest probability.
 */
export type Mode = "eager" | "balanced" | "subtle";

export interface ModePreset {
  /** How long a pause in the typing is after which the answer should be there, in gaps as usual between two keys. */
  gaps: number;
  /**
   * How many keys a wrong character on the screen costs. What is not worth its cost is not shown (gate/learnedGate.ts).
   */
  price: number;
  /**
   * The least joint probability of the shown tokens, as far as the backend reports probabilities. Used where the learned
   * gate is not (gate/modeGates.ts).
   */
  minimumConfidence: number;
  /** The least joint probability of the words of a text that is copied from an open document. */
  minimumCopyConfidence: number;
}

/**
 * What each mode stands for in the choice between many saved keys and few wrong characters: "eager" saves the most keys,
 * "subtle" demands the most certainty. docs/measurements/completion-quality.md describes how the values were chosen.
 */
export const MODE_PRESETS: Readonly<Record<Mode, ModePreset>> = {
  eager: {
    gaps: 0.6,
    price: 1.6,
    minimumConfidence: 0.35,
    minimumCopyConfidence: 0.7,
  },
  balanced: {
    gaps: 0.6,
    price: 2.3,
    minimumConfidence: 0.42,
    minimumCopyConfidence: 0.8,
  },
  subtle: {
    gaps: 2.5,
    price: 3,
    minimumConfidence: 0.5,
    minimumCopyConfidence: 0.9,
  },
};

/** Inside a word the wait is longer by this factor, because usually another letter follows. */
const INSIDE_WORD = 1.3;
const LONGEST_WAIT_MS = 1000;
/**
 * A model that answers within this many milliseconds is asked at every key without a debounce, because its answer takes
 * only about a tenth of the time between two keys.
 */
const AT_ONCE_MS = 20;

export interface DebounceInput {
  trigger: "automatic" | "manual";
  /** The user's own setting; null adapts to the speed of typing. */
  configuredMs: number | null;
  mode: Mode;
  /** The usual milliseconds between two keys. */
  typicalMs: number;
  /** The milliseconds that the model usually takes; 0 while that is not known. */
  responseMs: number;
  /** The last character before the cursor. */
  last: string;
}

/** Milliseconds to wait after a keystroke; none when the user has asked by hand. */
export function debounceDelay(input: DebounceInput): number {
  const { trigger, configuredMs, mode, typicalMs, responseMs, last } = input;
  if (trigger === "manual") {
    return 0;
  }
  if (configuredMs !== null) {
    return Math.max(0, configuredMs);
  }
  if (mode !== "subtle" && responseMs > 0 && responseMs <= AT_ONCE_MS) {
    return 0;
  }
  const wanted = typicalMs * MODE_PRESETS[mode].gaps * (/[\p{L}\p{N}_]/u.test(last) ? INSIDE_WORD : 1);
  return Math.min(LONGEST_WAIT_MS, Math.max(0, wanted - responseMs));
}
