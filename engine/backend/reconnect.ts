/**
 * Retries what has failed for a temporary reason, with growing pauses, for as long as somebody asks for it: a server
 * that starts after the editor, is loading its model, or is out of reach for a while.
 */
import type { Clock } from "../clock.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The fewest milliseconds between two attempts, even if somebody asks. */
const SHORTEST_PAUSE_MS = 1_000;
/** When nobody has asked for this many milliseconds, the next attempt waits until somebody does. */
const ASKED_MS = 600_000;

export class Reconnect {
  readonly #clock: Clock;
  #asked = Number.NEGATIVE_INFINITY;
  #wake = () => {};
  #attempt: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Tries until it has succeeded.
   *
   * @param attempt true when it has succeeded, false to try again; never rejects
   * @param signal ends it between two attempts
   */
  async run(attempt: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    this.#asked = this.#clock.now();
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const tried = attempt();
      this.#attempt = tried.then(() => {});
      if (await tried) return;
      await this.#pause(pause, signal);
    }
  }

  /**
   * Notes that somebody needs what failed, and makes the next attempt come soon.
   * @returns resolves when the current attempt, or the next one, has ended, whether it succeeded or not
   */
  ask(): Promise<void> {
    this.#asked = this.#clock.now();
    this.#wake();
    return Promise.resolve().then(() => this.#attempt);
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!(await this.#clock.wait(SHORTEST_PAUSE_MS, signal))) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    const left = milliseconds - SHORTEST_PAUSE_MS;
    const isAsked = () => this.#clock.now() - this.#asked < ASKED_MS;
    // Nobody has asked for a long time, so the next attempt waits until somebody does.
    if (isAsked()) await this.#clock.wait(left, either);
    if (!isAsked() && !either.aborted) {
      await new Promise<void>((resolve) => either.addEventListener("abort", () => resolve(), { once: true }));
    }
    this.#wake = () => {};
  }
}
