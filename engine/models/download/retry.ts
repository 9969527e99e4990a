/** When a broken transfer is tried again. */

/** What went wrong with one attempt. */
export interface Failure {
  /** Status of the answer, where there was one. */
  status?: number;
  /** Seconds or an HTTP date. */
  retryAfter?: string;
  message: string;
  /** Of a connection that failed, as Node names it. */
  code?: string;
}

export type Decision = { kind: "retry"; afterMs: number } | { kind: "give-up"; message: string };

/** Attempts without a new byte after which it is given up. */
const MOST_ATTEMPTS = 6;
/** Whoever is asked to wait for longer is told so instead of being left waiting. */
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * @param fruitless attempts in a row, this one included, that brought no new byte
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
  // 0 after progress: a connection that broke after an hour is simply opened again.
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
