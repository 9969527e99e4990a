/** The limit beyond which a document is not sent to another process while somebody types. */

/**
 * In UTF-16 units. Sending a document occupies the thread that all extensions share, for up to 15 ms per million units;
 * a delay of 50 ms is noticeable.
 */
export const MAX_LENGTH = 2_000_000;

export const TOO_LARGE = "This file is too large for Sterna (more than two million characters).";
