/**
 * When the model is asked after a keystroke, and how sure it must be.
 */

/**
 * "eager" suggests in the flow of typing; "balanced" does so when it is surer; "subtle" waits for a pause, and shows only
 * what is likely right.
 */
export type Mode = "eager" | "balanced" | "subtle";

export interface ModePreset {
  /** The answer should be there when the fingers have rested for so many of their usual gaps. */
  gaps: number;
  /** Keys that a wrong character on the screen costs: what is not worth it is not shown (gate/learnedGate.ts). */
  price: number;
  /** Least probability of the shown tokens together, where a model rates only the first ones. */
  minimumConfidence: number;
  /** The same for what is copied from an open document. */
  minimumCopyConfidence: number;
}

/**
 * The points of the curve of keys saved against wrong characters that the modes stand for: "eager" saves the most keys,
 * "subtle" asks for the most certainty. How they were chosen:
 * docs/measurements/completion-quality.md.
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

/** More often than not the word goes on with another letter. */
const INSIDE_WORD = 1.3;
const LONGEST_WAIT_MS = 1000;
/** A model that answers within this is asked at every key: it costs a tenth of the time between two. */
const AT_ONCE_MS = 20;

export interface DebounceInput {
  trigger: "automatic" | "manual";
  /** The user's own setting; null leaves it to the speed of typing. */
  configuredMs: number | null;
  mode: Mode;
  /** Usual milliseconds between two keys. */
  typicalMs: number;
  /** Milliseconds that the model usually takes; 0 where that is not known yet. */
  responseMs: number;
  /** The last character before the cursor. */
  last: string;
}

/** Milliseconds to wait after a keystroke: none when the user asked by hand. */
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
