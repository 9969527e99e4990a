/**
 * Prefills ahead of need: the prompt of the place where typing is likely to go on next. At the lowest priority,
 * and only while nothing else is to be done; what a request cuts short goes on after it, from what is cached by then.
 */

import type { Answer, Prepared } from "../backend/backend.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";

export class Warmer {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  #current = new AbortController();
  /** The document whose prompt is being warmed. */
  #uri = "";
  #tokens = 0;

  constructor(scheduler: Scheduler, clock: Clock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Tokens computed so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Gives up what is being warmed: of one document, or whatever it is. */
  cancel(uri = this.#uri): void {
    if (uri === this.#uri) {
      this.#current.abort();
    }
  }

  /**
   * Warms a prompt, and gives up the one before.
   *
   * @param uri of the document.
   * @param idleMs to wait before.
   * @param prepare called after the wait; builds the prompt.
   * @param andThen runs when all of it is computed.
   */
  warm(
    uri: string,
    idleMs: number,
    prepare: () => Prepared<Answer>,
    andThen: (signal: AbortSignal) => Promise<void> = async () => {},
  ): void {
    this.#current.abort();
    this.#current = new AbortController();
    this.#uri = uri;
    const { signal } = this.#current;
    void this.#run(idleMs, prepare, signal)
      .then(() => (signal.aborted ? undefined : andThen(signal)))
      .catch(() => {
        // Nobody waits for it: the request for that place will say what is wrong.
      });
  }

  async #run(idleMs: number, prepare: () => Prepared<Answer>, signal: AbortSignal): Promise<void> {
    if (!(await this.#clock.wait(idleMs, signal))) {
      return;
    }
    const start = prepare();
    let isDone = false;
    while (!isDone && !signal.aborted) {
      const { kind, result } = await this.#scheduler.warm(() => start(), signal);
      this.#tokens += result?.prefilledTokens ?? 0;
      isDone = kind === "done";
    }
  }
}
