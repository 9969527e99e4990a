/**
 * Prefills ahead of need: the prompt of the place where typing is likely to go on next. At the lowest priority,
 * and only while nothing else is to be done; what a request cuts short goes on after it, behind what is cached by then.
 */

import type { LoadedModel } from "../backend/loadedModel.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import { GREEDY, Priority } from "../native.ts";

const NO_TOKENS = new Uint32Array();

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
   * @param build called after the wait; the prompt.
   * @param andThen runs when all of it is computed.
   */
  warm(
    uri: string,
    model: LoadedModel,
    idleMs: number,
    build: () => Uint32Array,
    andThen: (signal: AbortSignal) => Promise<void> = async () => {},
  ): void {
    this.#current.abort();
    this.#current = new AbortController();
    this.#uri = uri;
    const { signal } = this.#current;
    void this.#run(model, idleMs, build, signal)
      .then(() => (signal.aborted ? undefined : andThen(signal)))
      .catch(() => {
        // Nobody waits for it: the request for that place will say what is wrong.
      });
  }

  async #run(model: LoadedModel, idleMs: number, build: () => Uint32Array, signal: AbortSignal): Promise<void> {
    if (!(await this.#clock.wait(idleMs, signal))) {
      return;
    }
    const tokens = build();
    const start = () =>
      model.native.generate({
        tokens,
        maxTokens: 0,
        sampling: GREEDY,
        stop: [],
        stopTokens: NO_TOKENS,
        priority: Priority.warm,
      });
    let isDone = false;
    while (!isDone && !signal.aborted) {
      const { kind, result } = await this.#scheduler.warm(start, signal);
      this.#tokens += result?.prefilledTokens ?? 0;
      if (kind === "done") model.speed.observe(result);
      isDone = kind === "done";
    }
  }
}
