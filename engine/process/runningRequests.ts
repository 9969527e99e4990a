/** Counts the requests of a kind that are being answered, so that less urgent work can wait until there are none. */
export class RunningRequests {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** Counts a request until its answer has settled, and returns that answer. */
  async count<Result>(answer: Promise<Result>): Promise<Result> {
    this.#count++;
    try {
      return await answer;
    } finally {
      this.#count--;
      if (this.#count === 0) for (const proceed of [...this.#waiting]) proceed();
    }
  }

  /** Resolves when no request is running, or when this many milliseconds have passed. */
  async ended(limitMs: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const proceed = () => {
        clearTimeout(timer);
        this.#waiting.delete(proceed);
        resolve();
      };
      const timer = setTimeout(proceed, limitMs);
      this.#waiting.add(proceed);
    });
  }
}
