/** Documents that are too large to be sent to another process while somebody types. */

/**
 * UTF-16 units. Sending a document occupies the thread that all extensions share, for up to 15 ms per million of them; a
 * user notices 50 ms.
 */
export const MAX_LENGTH = 2_000_000;

export const TOO_LARGE = "This file is too large for Sterna (more than two million characters).";
