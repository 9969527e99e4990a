/**
 * Computes a prompt in advance for the place where typing is likely to continue. This has the lowest priority and runs
 * only while there is nothing else to do. When a request interrupts it, it starts again afterwards, and what it had
 * computed is found in the cache.
 */

import type { Answer, Prepared } from "../backend/backend.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";

export class Warmer {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  #current = new AbortController();
  /** The document whose prompt is being computed. */
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

  /** Stops the work for a document, or whatever is being computed. */
  cancel(uri = this.#uri): void {
    if (uri === this.#uri) {
      this.#current.abort();
    }
  }

  /**
   * Computes a prompt, and gives up the previous one.
   *
   * @param uri of the document.
   * @param idleMs how long to wait first.
   * @param prepare called after the wait; builds the prompt.
   * @param andThen runs when all of it has been computed.
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
        // Nobody waits for this. If the error comes again, the request for that place reports it.
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
