/** Decides whether and when a broken transfer is tried again. */

/** What went wrong with one attempt. */
export interface Failure {
  /** HTTP status of the answer, if there was one. */
  status?: number;
  /** The Retry-After header: seconds or an HTTP date. */
  retryAfter?: string;
  message: string;
  /** Node's error code, when the connection failed. */
  code?: string;
}

export type Decision = { kind: "retry"; afterMs: number } | { kind: "give-up"; message: string };

/** Attempts in a row without a new byte after which the transfer is given up. */
const MOST_ATTEMPTS = 6;
/** Longest wait in milliseconds. If the server asks for more, the user is told instead of being left waiting. */
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * @param fruitless number of attempts in a row, including this one, that brought no new byte
 * @param now milliseconds since the epoch
 */
export function decide(failure: Failure, fruitless: number, now: number): Decision {
  const { status, message } = failure;
  if (status !== undefined && status !== 408 && status !== 429 && status < 500) return giveUp(message);
  if (fruitless >= MOST_ATTEMPTS) {
    return giveUp(`${message} It was tried ${fruitless} times; try again later.`);
  }
  const asked = failure.retryAfter === undefined ? undefined : waitAsked(failure.retryAfter, now);
  if (asked !== undefined && asked > LONGEST_WAIT_MS) {
    const minutes = Math.ceil(asked / 60_000);
    return giveUp(`${message} The server asks to come back in ${minutes} minutes.`);
  }
  // After progress the wait is 0: a connection that broke after an hour is simply opened again.
  const backoff = fruitless === 0 ? 0 : 1000 * 2 ** (fruitless - 1);
  return { kind: "retry", afterMs: Math.max(asked ?? 0, backoff) };
}

export function giveUp(message: string): Decision & { kind: "give-up" } {
  return { kind: "give-up", message };
}

/** Milliseconds that a Retry-After header asks for; undefined when it cannot be understood. */
export function waitAsked(header: string, now: number): number | undefined {
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
