/** What replays and evaluations take for granted, so that they come out the same on every machine. */

/** The speed of a prefill in tokens per second by which prompts are sized. */
export const ASSUMED_SPEED = 1000;
/** Memory of the repository's index in bytes. */
export const INDEX_BYTES = 512 * 1024 * 1024;
