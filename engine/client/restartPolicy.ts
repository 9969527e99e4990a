/**
 * Decides whether and when a crashed engine is started again: after growing pauses, and at most three times a minute.
 */

export type Decision =
  | { kind: "restart"; afterMs: number }
  /** It would only crash again, so the user has to restart it. */
  | { kind: "give-up"; crashes: number };

/**
 * Milliseconds before the first, second and third restart within the window. The first is short, because the user is
 * typing.
 */
const DELAYS_MS = [200, 800, 2000];
const WINDOW_MS = 60_000;

export class RestartPolicy {
  #crashes: number[] = [];

  /** @param now milliseconds of a monotonic clock. */
  crashed(now: number): Decision {
    this.#crashes = [...this.#crashes.filter((time) => now - time < WINDOW_MS), now];
    const afterMs = DELAYS_MS[this.#crashes.length - 1];
    return afterMs === undefined ? { kind: "give-up", crashes: this.#crashes.length } : { kind: "restart", afterMs };
  }

  /** Forgets the crashes: the user restarts the engine. */
  reset(): void {
    this.#crashes = [];
  }
}
