/**
 * When the model is asked after a keystroke, and how sure it must be.
 */

/** "eager" suggests in the flow of typing; "subtle" waits for a pause, and shows only what is likely right. */
export type Mode = "eager" | "subtle";

export interface Manner {
  /** The answer should be there when the fingers have rested for so many of their usual gaps. */
  gaps: number;
  /** Least probability of the shown tokens together, as the model sees it. */
  floor: number;
  /** The same for what is copied from an open document. */
  copyFloor: number;
  /** The same for a model with local memory, which is surer of itself, and for its whole text. */
  memoryFloor: number;
  memoryWhole: number;
}

/**
 * Replayed with the built-in model on 25 held-out files (seed 3, suggestions of two characters and more accepted), per 100
 * keystrokes: a floor of 0.25, 0.3, 0.35 and 0.4 showed 50, 40, 31 and 25 wrong characters, 41, 46, 50 and 53 % of the
 * shown ones were right, and 18.7, 18.0, 17.4 and 16.6 keys were saved. Without floor, filters and stop rules 732 were
 * wrong, 6 % right, and 4.7 saved. The floor of the subtle mode is not measured in the replay.
 *
 * With copies, on 25 other held-out files, 6,000 keystrokes: a floor of 0.7, 0.8 and 0.9 showed 40, 34 and 27 wrong
 * characters, 60, 61 and 63 % were right, and 28.9, 25.1 and 21.7 keys were saved; without copies 30, 52 % and 12.1.
 *
 * With local memory, on 87 held-out files, 5,000 keystrokes: a floor of 0.35, 0.4, 0.45, 0.5 and 0.65 showed 61, 51, 41, 36
 * and 16 wrong characters, and 38.6, 39.2, 39.7, 39.2 and 35.2 keys were saved; with copies in its place 43 and 37.1.
 * Copies before it, by their own floor, saved 41.2 and showed 48 wrong characters, by a floor of 0.9 38.7 and 35. Of 9,000
 * keystrokes 0.5 showed 36 and saved 34.1, copies in its place 47 and 33.8. The floor of the subtle mode was not replayed.
 *
 * Where all of a line is shown that is less sure than its beginning has to be: of 499 held-out lines 56 % were answered
 * and 38 % of the answers right without that, 57 and 40 at 0.4, 57 and 41 at 0.35, 59 and 43 at 0.3, 63 and 44 at 0.2;
 * twelve open documents, 4,000 keystrokes, two seeds: 37.2 and 40.0 keys saved with 25 and 21 wrong characters, then 38.1
 * and 40.3 with 28 and 23, 38.4 and 39.6 with 30 and 28, 39.1 and 39.9 with 33 and 33, 38.7 and 38.8 with 44 and 43. With
 * single files in three languages 31.2, 31.5 and 33.3 keys without it, 28.9, 31.2 and 34.1 at 0.4, with 80 and 85 wrong
 * characters together.
 */
export const MANNERS: Readonly<Record<Mode, Manner>> = {
  eager: { gaps: 0.6, floor: 0.35, copyFloor: 0.7, memoryFloor: 0.5, memoryWhole: 0.4 },
  subtle: { gaps: 2.5, floor: 0.5, copyFloor: 0.9, memoryFloor: 0.65, memoryWhole: 0.5 },
};

/** More often than not the word goes on with another letter. */
const INSIDE_WORD = 1.3;
const LONGEST_WAIT_MS = 1000;
/**
 * A model that answers within this is asked at every key: it costs a tenth of the time between two. With local memory in
 * the replay by the clock, 36.1 keystrokes in 100 were saved with the wait, 39.1 without.
 */
const AT_ONCE_MS = 20;

export interface Moment {
  trigger: "automatic" | "manual";
  /** The user's own setting; null leaves it to the rhythm. */
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
export function waitBeforeAsking(moment: Moment): number {
  const { trigger, configuredMs, mode, typicalMs, responseMs, last } = moment;
  if (trigger === "manual") {
    return 0;
  }
  if (configuredMs !== null) {
    return Math.max(0, configuredMs);
  }
  if (mode === "eager" && responseMs > 0 && responseMs <= AT_ONCE_MS) {
    return 0;
  }
  const wanted = typicalMs * MANNERS[mode].gaps * (/[\p{L}\p{N}_]/u.test(last) ? INSIDE_WORD : 1);
  return Math.min(LONGEST_WAIT_MS, Math.max(0, wanted - responseMs));
}
