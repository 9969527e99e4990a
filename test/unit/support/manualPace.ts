/** Holds a fake model at every token until the test allows it. */
export class ManualPace {
  #allowed = 0;
  #waiting: (() => void)[] = [];

  /** Lets the model generate this many more tokens. */
  allow(count: number): void {
    this.#allowed += count;
    for (; this.#allowed > 0 && this.#waiting.length > 0; this.#allowed--) this.#waiting.shift()?.();
  }

  /** Resolves when the next token may be generated. */
  next(): Promise<void> {
    if (this.#allowed > 0) {
      this.#allowed--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
